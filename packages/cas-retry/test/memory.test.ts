import { type Entry, VersionMismatchError } from '@norikv/store';
import { countCalls, createMemoryStore } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { collectGarbage } from '../../testkit/test/collect-garbage.js';
import { createUpdater, type Updater, write } from '../src/index.js';
import { increment, numberCodec } from './simulation.js';

const keys = Number(process.env.NORIKV_LEAK_KEYS ?? 200_000);

/** Keeps the last few keys only, so that what grows is the updater. */
function forgetfulStore(): Parameters<typeof createUpdater>[0] {
  const entries = new Map<string, Entry>();
  let index = 0n;
  return {
    capabilities: { putVersionUsable: true, ttl: 'none', maxValueBytes: 2 ** 20 } as never,
    find: async (key) => entries.get(String(key)) ?? null,
    get: async () => Promise.reject(new Error('find is used')),
    async put(key, value, options) {
      const entry = entries.get(String(key));
      if (options?.ifMatchVersion && entry?.version !== options.ifMatchVersion)
        throw new VersionMismatchError('lost');
      index += 1n;
      const version = { term: 1n, index };
      entries.set(String(key), { value: value as Uint8Array, version });
      if (entries.size > 100) entries.clear();
      return version;
    },
    delete: async () => false,
  };
}

async function touch(updater: Updater, from: number, to: number): Promise<void> {
  for (let key = from; key < to; key += 1) await increment(updater, `key-${key}`);
}

it(`${keys} distinct keys through one updater leave memory flat`, { timeout: 300_000 }, async () => {
  const updater = createUpdater(forgetfulStore());
  await touch(updater, 0, 20_000);
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  await touch(updater, 20_000, keys);
  collectGarbage();
  const perKey = (process.memoryUsage().heapUsed - before) / keys;
  // Remembering every key would cost several hundred bytes each; a floating heap costs a few.
  expect(perKey).toBeLessThan(100);
});

it('large records are remembered up to a bound', async () => {
  const updater = createUpdater(forgetfulStore());
  const large = {
    encode: (size: number) => new Uint8Array(size),
    decode: (bytes: Uint8Array) => bytes.length,
  };
  const before = process.memoryUsage().arrayBuffers;
  for (let key = 0; key < 200; key += 1) await updater.update(`large-${key}`, large, () => write(900_000, 0));
  collectGarbage();
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(150 * 2 ** 20);
  expect(await updater.update('large-199', large, (size = 0) => write(size, size))).toBe(900_000);
});

it('what a record remembers of operations counts towards that bound', async () => {
  const store = countCalls(createMemoryStore());
  const updater = createUpdater(store);
  const answer = 'x'.repeat(60_000);
  for (let key = 0; key < 400; key += 1) {
    await updater.update(`key-${key}`, numberCodec, () => write(1, answer), { opId: 'op' });
  }
  const before = store.calls.total;
  await increment(updater, 'key-399');
  expect(store.calls.total - before).toBe(1);
  await increment(updater, 'key-0');
  expect(store.calls.total - before).toBe(3);
});

it('all stores of a process share that bound', async () => {
  const [first, second] = [countCalls(createMemoryStore()), createMemoryStore()];
  await increment(createUpdater(first), 'key');
  for (let key = 0; key < 4_096; key += 1) await increment(createUpdater(second), `key-${key}`);
  const before = first.calls.total;
  await increment(createUpdater(first), 'key');
  expect(first.calls.total - before).toBe(2);
});

it('what is remembered keeps no store in memory', async () => {
  const used = async (): Promise<WeakRef<object>> => {
    const store = createMemoryStore();
    await increment(createUpdater(store), 'key');
    return new WeakRef(store);
  };
  const stores = await Promise.all(Array.from({ length: 20 }, used));
  await expect
    .poll(() => {
      collectGarbage();
      return stores.filter((store) => store.deref()).length;
    })
    .toBeLessThan(5);
});
