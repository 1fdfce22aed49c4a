import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NoriKVClient } from '@norikv/client';
import { bytesEqual, type Capabilities, errorCode, stringToBytes, versionsEqual } from '@norikv/store';

/** What a probe saw. */
export type Observed = 'kept' | 'broken' | 'refused';

/** A test of one guarantee on a live server. */
export interface Probe {
  /** `values`: what every store keeps, declared or not. */
  readonly guarantee:
    | Exclude<keyof Capabilities, 'engine' | 'maxKeyBytes' | 'maxValueBytes' | 'durableAck'>
    | 'values';
  readonly what: string;
  run(client: NoriKVClient): Promise<Observed>;
}

const racers = 16;
const ttlMs = 400;
const coarseTtlMs = 3_000;
const removals = 40;
const removalPauseMs = 250;

/** Every probe, in order. */
export const probes: readonly Probe[] = [
  {
    guarantee: 'values',
    what: 'bytes come back, and an empty value exists',
    run: (client) =>
      withKey(client, async (key) => {
        const bytes = Uint8Array.from({ length: 256 }, (_, place) => place);
        await client.put(key, bytes);
        const isSame = bytesEqual((await client.get(key)).value, bytes);
        await client.put(key, '');
        const isEmpty = (await client.find(key))?.value.length === 0;
        await client.delete(key);
        return verdict(isSame && isEmpty && (await client.find(key)) === null);
      }),
  },
  {
    guarantee: 'putVersionUsable',
    what: 'a put answers with the version the next get shows',
    run: (client) =>
      withKey(client, async (key) => {
        const version = await client.put(key, 'value');
        return verdict(versionsEqual(version, (await client.get(key)).version));
      }),
  },
  {
    guarantee: 'linearizableReads',
    what: 'a read sees the write acknowledged before it',
    run: (client) =>
      withKey(client, async (key) => {
        for (let round = 0; round < racers; round++) {
          await client.put(key, `${round}`);
          const { value } = await client.get(key, { consistency: 'linearizable' });
          if (!bytesEqual(value, stringToBytes(`${round}`))) return 'broken';
        }
        return 'kept';
      }),
  },
  {
    guarantee: 'createIfAbsent',
    what: `of ${racers} creates at once one wins`,
    run: (client) =>
      withKey(client, (key) =>
        race((value) => client.put(key, value, { ifNotExists: true }), 'ALREADY_EXISTS'),
      ),
  },
  {
    guarantee: 'atomicCas',
    what: `of ${racers} conditional puts at once one wins, and a stale one never`,
    run: (client) =>
      withKey(client, async (key) => {
        for (let round = 0; round < 4; round++) {
          await client.put(key, 'start');
          const { version } = await client.get(key);
          const put = (value: string): Promise<unknown> =>
            client.put(key, value, { ifMatchVersion: version });
          const seen = await race(put, 'VERSION_MISMATCH');
          if (seen !== 'kept') return seen;
          if ((await refusedWith(put('stale'))) !== 'VERSION_MISMATCH') return 'broken';
        }
        return 'kept';
      }),
  },
  {
    guarantee: 'deleteCas',
    what: 'a delete with a stale version deletes nothing',
    run: (client) =>
      withKey(client, async (key) => {
        await client.put(key, 'first');
        const { version } = await client.get(key);
        await client.put(key, 'second');
        const code = await refusedWith(client.delete(key, { ifMatchVersion: version }));
        if ((await client.find(key)) === null) return 'broken';
        if (code === 'UNSUPPORTED') return 'refused';
        const { version: current } = await client.get(key);
        return verdict(
          code === 'VERSION_MISMATCH' && (await client.delete(key, { ifMatchVersion: current })),
        );
      }),
  },
  {
    guarantee: 'ttl',
    what: `a key with ${ttlMs} ms to live is there before and gone after`,
    run: (client) =>
      withKey(client, async (key) => {
        const startedAt = performance.now();
        await client.put(key, 'value', { ttlMs });
        const isThere = (await client.find(key)) !== null || performance.now() - startedAt >= ttlMs;
        const patienceMs = client.capabilities?.ttl === 'coarse' ? coarseTtlMs : ttlMs;
        await sleep(ttlMs + patienceMs);
        return verdict(isThere && (await client.find(key)) === null);
      }),
  },
  {
    guarantee: 'idempotency',
    what: 'a put repeated with its id answers as before and writes nothing',
    run: (client) =>
      withKey(client, async (key) => {
        const idempotencyKey = randomUUID();
        const first = await client.put(key, 'first', { idempotencyKey });
        await client.put(key, 'between');
        const again = await client.put(key, 'again', { idempotencyKey });
        const { value } = await client.get(key);
        return verdict(versionsEqual(first, again) && bytesEqual(value, stringToBytes('between')));
      }),
  },
  {
    guarantee: 'vector',
    what: 'a vector is found as its own nearest neighbour',
    async run(client) {
      const namespace = `norikv-doctor-${randomUUID()}`;
      await client.vectorCreateIndex(namespace, 2, 'euclidean');
      try {
        await client.vectorInsert(namespace, 'near', [0, 1]);
        await client.vectorInsert(namespace, 'far', [5, 5]);
        const { matches } = await client.vectorSearch(namespace, [0, 1], 1);
        return verdict(matches[0]?.id === 'near');
      } finally {
        await insist(() => client.vectorDropIndex(namespace));
      }
    },
  },
];

/** Whether an answer did not come, or not for now, which shows nothing. */
export function isUnanswered(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'DEADLINE_EXCEEDED' || code === 'UNAVAILABLE' || code === 'RESOURCE_EXHAUSTED';
}

function verdict(isKept: boolean): Observed {
  return isKept ? 'kept' : 'broken';
}

async function withKey(client: NoriKVClient, probe: (key: string) => Promise<Observed>): Promise<Observed> {
  const key = `norikv-doctor-${randomUUID()}`;
  try {
    return await probe(key);
  } finally {
    await insist(() => client.delete(key));
  }
}

/** What a busy server refuses was not done, and is tried again: nothing is to stay behind. */
async function insist(remove: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await remove();
      return;
    } catch (error) {
      if (errorCode(error) !== 'RESOURCE_EXHAUSTED' || attempt === removals) throw error;
    }
    await sleep(removalPauseMs);
  }
}

/** Exactly one of many at once wins, and the others are told so. */
async function race(put: (value: string) => Promise<unknown>, losing: string): Promise<Observed> {
  const ends = Array.from({ length: racers }, (_, racer) => refusedWith(put(`racer ${racer}`)));
  // None may still be under way when the key is removed.
  await Promise.allSettled(ends);
  const codes = await Promise.all(ends);
  if (codes.every((code) => code === 'UNSUPPORTED')) return 'refused';
  const winners = codes.filter((code) => code === undefined).length;
  const losers = codes.filter((code) => code === losing).length;
  return verdict(winners === 1 && losers === racers - 1);
}

/** The code of the error, or undefined if there is none. */
async function refusedWith(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (isUnanswered(error)) throw error;
    return errorCode(error) ?? 'none';
  }
}
