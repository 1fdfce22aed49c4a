import { bytesToString, type KvStore } from '@norikv/store';
import { countCalls, createMemoryStore, FakeClock, seededRandom } from '@norikv/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CachedClient } from '../src/index.js';
import { engines, type OpenEngine } from './engines.js';

interface UserProfile {
  readonly id: string;
  readonly name: string;
}

const parse = (bytes: Uint8Array): UserProfile => JSON.parse(bytesToString(bytes)) as UserProfile;
const ada = { id: '123', name: 'Ada' };

const load = Number(process.env.NORIKV_TEST_LOAD ?? 1);

describe.each(engines)('CachedClient on $name', ({ open }) => {
  let engine: OpenEngine;

  beforeEach(async () => {
    engine = await open();
  });
  afterEach(() => engine.close());

  it('works as the documentation shows', async () => {
    const cache = new CachedClient<UserProfile>(engine.store, 60_000, 1_000);
    await cache.put('user:123', ada, (profile) => JSON.stringify(profile));
    expect(await cache.get('user:123', parse)).toEqual(ada);
    cache.invalidate('user:123');
    expect(await cache.get('user:123', parse)).toEqual(ada);
    expect(cache.getStats()).toEqual({ size: 1, maxSize: 1_000, ttlMs: 60_000 });
    cache.invalidateAll();
    expect(cache.getStats().size).toBe(0);
    expect(await cache.delete('user:123')).toBe(true);
    expect(await cache.delete('user:123')).toBe(false);
    await expect(cache.get('user:123', parse)).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
  });

  it('reads the store only when memory does not know, or not lately', async () => {
    const store = countCalls(engine.store);
    const cache = new CachedClient<UserProfile>(store, 1_000, 10, { clock: engine.clock });
    await cache.put('key', ada, JSON.stringify);
    await Promise.all([cache.get('key', parse), cache.get('key', parse)]);
    expect(store.calls.get).toBe(0);
    await engine.clock.advance(1_000);
    await Promise.all([cache.get('key', parse), cache.get('key', parse)]);
    expect(store.calls.get).toBe(1);
  });
});

describe('CachedClient', () => {
  it('drops what was least recently used, not what is oldest', async () => {
    const store = countCalls(createMemoryStore());
    const cache = new CachedClient<UserProfile>(store, 60_000, 2);
    await cache.put('a', ada, JSON.stringify);
    await cache.put('b', ada, JSON.stringify);
    await cache.get('a', parse);
    await cache.put('c', ada, JSON.stringify);
    store.reset();
    await cache.get('a', parse);
    expect(store.calls.total).toBe(0);
    await cache.get('b', parse);
    expect(store.calls.total).toBe(1);
  });

  it('keeps what was put as it was then, whatever its caller does to it later', async () => {
    const store = countCalls(createMemoryStore());
    const users = new CachedClient<{ name: string }>(store);
    const user = { name: 'Ada' };
    const putting = users.put('user', user, JSON.stringify);
    user.name = 'Eve';
    await putting;
    user.name = 'Mallory';
    expect(await users.get('user', parse)).toEqual({ name: 'Ada' });
    const bytes = Buffer.from('Ada');
    const blobs = new CachedClient<Uint8Array>(store);
    const written = blobs.put('bytes', bytes, (value) => value);
    bytes.fill(0);
    await written;
    expect(bytesToString(await blobs.get('bytes', (stored) => stored))).toBe('Ada');
    expect(bytesToString((await store.get('bytes')).value)).toBe('Ada');
    expect(store.calls.get).toBe(1);
  });

  it('gives what was put as it will be given later, to all who read it the same', async () => {
    const store = createMemoryStore();
    const cache = new CachedClient<{ at: string }>(store);
    await cache.put('key', { at: new Date(0) as never }, JSON.stringify);
    const read = (bytes: Uint8Array): { at: string } => JSON.parse(bytesToString(bytes));
    const [one, other] = await Promise.all([cache.get('key', read), cache.get('key', read)]);
    expect(one).toEqual({ at: '1970-01-01T00:00:00.000Z' });
    expect(other).toBe(one);
  });

  it('refuses a serializer that gives a promise, which ends no process', async () => {
    const later = async (): Promise<never> => Promise.reject(new Error('later'));
    const cache = new CachedClient<number>(createMemoryStore());
    await expect(cache.put('key', 1, later as never)).rejects.toThrow('serializer() is [object Promise]');
    expect(cache.getStats().size).toBe(0);
  });

  it('keeps nothing that does not parse', async () => {
    const store = createMemoryStore();
    await store.put('key', 'no JSON');
    const cache = new CachedClient<UserProfile>(store);
    await expect(cache.get('key', parse)).rejects.toThrow(SyntaxError);
    expect(cache.getStats().size).toBe(0);
  });

  it('refuses a parser that gives a promise, and keeps nothing of it', async () => {
    const store = createMemoryStore();
    await store.put('key', '1');
    const cache = new CachedClient<number>(store);
    const later = async (): Promise<never> => Promise.reject(new Error('later'));
    await expect(cache.get('key', later as never)).rejects.toThrow(
      'parser() is [object Promise]; use what it resolves to',
    );
    expect(cache.getStats().size).toBe(0);
    expect(await cache.get('key', (bytes) => Number(bytesToString(bytes)))).toBe(1);
  });

  it('refuses sizes and times that make no sense', () => {
    const misspelt = { time: new FakeClock() } as never;
    expect(() => new CachedClient(createMemoryStore(), 1, 1, misspelt)).toThrow('an option is "time"');
    const store = createMemoryStore();
    expect(() => new CachedClient(store, 0)).toThrow('ttlMs is 0');
    expect(() => new CachedClient(store, 1, 1.5)).toThrow('maxSize is 1.5');
    expect(() => new CachedClient(store, 1, 2 ** 53 - 1)).toThrow('use a whole number from 1 to 16777216');
    expect(() => new CachedClient(store, 1, 1, { clock: {} as never })).toThrow(
      'clock.monotonic is undefined; use',
    );
  });

  it('never gives a value older than the last acknowledged own write, in random interleavings', async () => {
    const clock = new FakeClock();
    const parseNumber = (bytes: Uint8Array): number => Number(bytesToString(bytes));
    const schedule = async (seed: number): Promise<void> => {
      const random = seededRandom(seed);
      const below = (limit: number): number => Math.floor(random() * limit);
      const store: KvStore = createMemoryStore({ clock, latencyMs: () => below(20) });
      await store.put('key', '0');
      const cache = new CachedClient<number>(store, 60_000, 10, { clock });
      let next = 0;
      let floor = 0;
      const actor = async (): Promise<void> => {
        for (let step = 0; step < 4; step += 1) {
          await new Promise<void>((resolve) => clock.startTimer(resolve, below(10)));
          const least = floor;
          if (random() < 0.4) {
            // Two writes at once may be applied in either order: one writer alone raises the floor.
            if (next > floor) continue;
            next += 1;
            const value = next;
            await cache.put('key', value, String);
            floor = value;
          } else {
            expect(await cache.get('key', parseNumber)).toBeGreaterThanOrEqual(least);
          }
        }
      };
      await Promise.all([actor(), actor(), actor()]);
      expect(await cache.get('key', parseNumber)).toBe(next);
    };
    for (let batch = 0; batch < 20 * load; batch += 1) {
      const seeds = Array.from({ length: 100 }, (_, position) => batch * 100 + position);
      await clock.run(Promise.all(seeds.map(schedule)));
    }
  });

  it('does not guess which of two writes at once was the last', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const wait = (ms: number): Promise<void> => new Promise((resolve) => clock.startTimer(resolve, ms));
    // Applied first and answered last, and the other way round.
    const times = [
      [1, 99],
      [50, 1],
    ];
    const store: KvStore = {
      ...memory,
      async put(...call) {
        const [before = 0, after = 0] = times.shift() ?? [];
        await wait(before);
        const version = await memory.put(...call);
        await wait(after);
        return version;
      },
    };
    const cache = new CachedClient<number>(store, 60_000, 10, { clock });
    await clock.run(Promise.all([cache.put('key', 1, String), cache.put('key', 2, String)]));
    expect(await clock.run(cache.get('key', (bytes) => Number(bytesToString(bytes))))).toBe(2);
  });
});

it('CachedClient joins no read that began longer ago than its time', async () => {
  const clock = new FakeClock();
  const store = countCalls(createMemoryStore({ clock, latencyMs: 150 }));
  await clock.run(store.put('key', JSON.stringify(ada)));
  const cache = new CachedClient<UserProfile>(store, 100, 10, { clock });
  const reads = [cache.get('key', parse)];
  await clock.advance(99);
  reads.push(cache.get('key', parse));
  await clock.advance(1);
  reads.push(cache.get('key', parse));
  expect(await clock.run(Promise.all(reads))).toEqual([ada, ada, ada]);
  // The third had to be read again; the first two share one read, which is no answer to who comes after it.
  expect(store.calls.get).toBe(2);
});

it('CachedClient forgets what a write may have changed, before and after it', async () => {
  const clock = new FakeClock();
  const memory = createMemoryStore({ clock });
  let fails = true;
  const store = countCalls({
    ...memory,
    async put(...call) {
      const version = await memory.put(...call);
      if (fails) throw new Error('the reply was lost');
      return version;
    },
  });
  const cache = new CachedClient<UserProfile>(store, 1_000, 10, { clock });
  await memory.put('key', JSON.stringify(ada));
  expect(await cache.get('key', parse)).toEqual(ada);
  const grace = { id: '123', name: 'Grace' };
  await expect(cache.put('key', grace, JSON.stringify)).rejects.toThrow('the reply was lost');
  expect(await cache.get('key', parse)).toEqual(grace);
  fails = false;
  await cache.put('key', ada, JSON.stringify);
  store.reset();
  expect(await cache.get('key', parse)).toEqual(ada);
  expect(store.calls.total).toBe(0);
});
