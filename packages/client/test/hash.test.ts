import { describe, expect, it } from 'vitest';
import { getShardForKey, jumpConsistentHash, xxhash64 } from '../src/index.js';
import vectors from './hash-vectors.json' with { type: 'json' };

describe('the hash vectors every NoriKV client shares', () => {
  it('are 15 keys and 7 hashes', () => {
    expect(vectors.key_hash_vectors).toHaveLength(15);
    expect(vectors.jump_hash_vectors).toHaveLength(7);
  });

  it.each(vectors.key_hash_vectors)('key "$key"', (vector) => {
    expect(xxhash64(vector.key)).toBe(BigInt(vector.xxhash64));
    expect(xxhash64(Buffer.from(vector.key_hex, 'hex'))).toBe(BigInt(vector.xxhash64));
    expect(getShardForKey(vector.key)).toBe(vector.shard_1024);
    expect(getShardForKey(vector.key, 256)).toBe(vector.shard_256);
  });

  it.each(vectors.jump_hash_vectors)('hash $hash', (vector) => {
    expect(jumpConsistentHash(BigInt(vector.hash), 100)).toBe(vector.buckets_100);
    expect(jumpConsistentHash(BigInt(vector.hash), 1_024)).toBe(vector.buckets_1024);
  });
});

it('hashes a view into a larger buffer as the bytes it shows', () => {
  const bytes = Buffer.from('..hello..').subarray(2, 7);
  expect(xxhash64(bytes)).toBe(xxhash64('hello'));
});
