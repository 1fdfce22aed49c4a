import { type Key, stringToBytes } from '@norikv/store';

const mask64 = (1n << 64n) - 1n;
const prime1 = 0x9e3779b185ebca87n;
const prime2 = 0xc2b2ae3d27d4eb4fn;
const prime3 = 0x165667b19e3779f9n;
const prime4 = 0x85ebca77c2b2ae63n;
const prime5 = 0x27d4eb2f165667c5n;
const jumpMultiplier = 2862933555777941757n;
const stripeBytes = 32;

/** XXH64 of a key with seed 0: what every NoriKV server and client hashes keys with. */
export function xxhash64(key: Key): bigint {
  const bytes = typeof key === 'string' ? stringToBytes(key) : key;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let hash = prime5;
  if (bytes.length >= stripeBytes) {
    const lanes: [bigint, bigint, bigint, bigint] = [wrap(prime1 + prime2), prime2, 0n, wrap(-prime1)];
    for (; at + stripeBytes <= bytes.length; at += stripeBytes) {
      lanes[0] = round(lanes[0], view.getBigUint64(at, true));
      lanes[1] = round(lanes[1], view.getBigUint64(at + 8, true));
      lanes[2] = round(lanes[2], view.getBigUint64(at + 16, true));
      lanes[3] = round(lanes[3], view.getBigUint64(at + 24, true));
    }
    hash = wrap(rotate(lanes[0], 1n) + rotate(lanes[1], 7n) + rotate(lanes[2], 12n) + rotate(lanes[3], 18n));
    for (const lane of lanes) hash = wrap((hash ^ round(0n, lane)) * prime1 + prime4);
  }
  hash = wrap(hash + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8) {
    hash = wrap(rotate(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * prime1 + prime4);
  }
  if (at + 4 <= bytes.length) {
    hash = wrap(rotate(hash ^ wrap(BigInt(view.getUint32(at, true)) * prime1), 23n) * prime2 + prime3);
    at += 4;
  }
  for (; at < bytes.length; at += 1) {
    hash = wrap(rotate(hash ^ wrap(BigInt(view.getUint8(at)) * prime5), 11n) * prime1);
  }
  hash = wrap((hash ^ (hash >> 33n)) * prime2);
  hash = wrap((hash ^ (hash >> 29n)) * prime3);
  return hash ^ (hash >> 32n);
}

/**
 * Jump consistent hash: the bucket, 0 to `buckets - 1`, of a hash.
 *
 * Divides before it multiplies, as the servers do: the other order rounds differently.
 */
export function jumpConsistentHash(hash: bigint, buckets: number): number {
  let key = wrap(hash);
  let bucket = 0;
  let next = 0;
  while (next < buckets) {
    bucket = next;
    key = wrap(key * jumpMultiplier + 1n);
    next = Math.floor((bucket + 1) * (2 ** 31 / (Number(key >> 33n) + 1)));
  }
  return bucket;
}

/** The shard of a key, of 1,024 by default. */
export function getShardForKey(key: Key, totalShards = 1_024): number {
  return jumpConsistentHash(xxhash64(key), totalShards);
}

function wrap(value: bigint): bigint {
  return value & mask64;
}

function rotate(value: bigint, bits: bigint): bigint {
  return wrap(value << bits) | (value >> (64n - bits));
}

function round(lane: bigint, input: bigint): bigint {
  return wrap(rotate(wrap(lane + input * prime2), 31n) * prime1);
}
