import { type Clock, type Entry, type KvStore, systemClock, UnavailableError } from '@norikv/store';
import { countCalls, createMemoryStore, FakeClock, withFaults } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { type EpochMove, type EpochRecord, movedAtOf, moveForward, overwrite } from '../src/epoch-moves.js';
import { Epochs } from '../src/epochs.js';
import { createCache } from '../src/index.js';
import { NoriKVKeyvStore } from '../src/keyv.js';
import { prove } from '../src/memory-entry.js';
import { Space } from '../src/place.js';
import { decodeRecord, encodeRecord } from '../src/record.js';
import { StoreGate } from '../src/store-gate.js';

function start(maxCells = 2, latencyMs: () => number = () => 1) {
  const clock = new FakeClock();
  const store = withFaults(createMemoryStore({ clock }), { clock, latencyMs });
  const gate = new StoreGate(store, { clock, storeTimeoutMs: 100, breakerFailures: 1_000, breakerMs: 1 });
  const settings = {
    prefix: 'p',
    maxKeyBytes: 1_024,
    maxStalenessMs: 100,
    lifetimeMs: 10_000,
    maxCells,
    clock,
    move: overwrite,
  };
  return { clock, store, gate, epochs: new Epochs(gate, settings) };
}

describe('epochs', () => {
  it('are forgotten, oldest first, and then match nothing until they are looked at again', async () => {
    const { clock, epochs } = start();
    await clock.run(epochs.refresh(['a', 'b']));
    const entry = {
      value: 1,
      answer: Promise.resolve(1),
      bytes: 1,
      freshUntil: 1e9,
      staleUntil: 1e9,
      endsAt: 1e9,
      refreshAt: 1e9,
      epochs: new Map([['a', '0']]),
      asOf: 0,
      calmUntil: 0,
      generation: 0,
    };
    expect(prove(entry, epochs, clock.monotonic(), 100)).toBe('valid');
    await clock.run(epochs.refresh(['c']));
    expect(epochs.known('a')).toBeUndefined();
    expect(epochs.capture(['a', 'c'])).toEqual({ a: '', c: '0' });
    expect(epochs.movedAt('a')).toBeNaN();
    expect(prove(entry, epochs, clock.monotonic(), 100)).toBe('unproven');
    await clock.run(epochs.refresh(['a']));
    expect(prove(entry, epochs, clock.monotonic(), 100)).toBe('valid');
  });

  it('are named by every value: one that lacks that of its cache is none', async () => {
    const store = createMemoryStore();
    await createCache(store).set('key', 1);
    const { storeKey } = new Space([]).place('key', 'cache', 16, 1_024);
    const { body } = decodeRecord((await store.get(storeKey)).value);
    const writeWith = async (epochs = body?.epochs): Promise<unknown> => {
      const changed = body && epochs && { ...body, epochs };
      await store.put(storeKey, encodeRecord({ body: changed, lease: undefined }));
      return createCache(store).get('key');
    };
    expect(await writeWith()).toBe(1);
    expect(await writeWith({})).toBeUndefined();
  });

  it('share the writes of those who wait: a hundred moves at once are two writes', async () => {
    const { clock, epochs, store } = start();
    let puts = 0;
    const { put } = store;
    store.put = (...parameters) => {
      puts += 1;
      return put(...parameters);
    };
    await clock.run(Promise.all(Array.from({ length: 100 }, () => epochs.bump('a'))));
    expect(puts).toBe(2);
  });

  it('are not learnt from a look that a move of this process overlaps', async () => {
    const { clock, epochs } = start();
    const latencies = [20, 1, 1];
    const store = createMemoryStore({ clock, latencyMs: () => latencies.shift() ?? 1 });
    const gate = new StoreGate(store, { clock, storeTimeoutMs: 100, breakerFailures: 9, breakerMs: 1 });
    const settings = {
      prefix: 'p',
      maxKeyBytes: 1_024,
      maxStalenessMs: 5,
      lifetimeMs: 10_000,
      maxCells: 9,
      clock,
      move: overwrite,
    };
    const slow = new Epochs(gate, settings);
    const look = slow.refresh(['a']);
    await clock.advance(15);
    await clock.run(Promise.all([slow.bump('a'), look]));
    await clock.run(epochs.refresh(['a']));
    expect(slow.known('a')).not.toBe('0');
  });

  it('are not forgotten while they are looked at: a late answer must not undo a move of this process', async () => {
    const clock = new FakeClock();
    const latencies = [20, 1, 1];
    const store = createMemoryStore({ clock, latencyMs: () => latencies.shift() ?? 1 });
    const gate = new StoreGate(store, { clock, storeTimeoutMs: 100, breakerFailures: 9, breakerMs: 1 });
    const settings = { prefix: 'p', maxKeyBytes: 1_024, maxStalenessMs: 50, lifetimeMs: 10_000, maxCells: 1 };
    const epochs = new Epochs(gate, { ...settings, clock, move: overwrite });
    const look = epochs.refresh(['a']);
    await clock.advance(15);
    await clock.run(epochs.refresh(['b']));
    await clock.run(epochs.bump('a'));
    const moved = epochs.known('a');
    await clock.run(look);
    expect(moved).not.toBe('0');
    expect(epochs.known('a')).not.toBe('0');
    await clock.run(epochs.refresh(['c']));
    expect(epochs.known('a')).toBeUndefined();
  });

  it('are not learnt by a cell that was forgotten once a later look had failed', async () => {
    const latencies = [70, 1];
    const { clock, epochs, store } = start(1, () => latencies.shift() ?? 1);
    const look = epochs.refresh(['a']);
    await clock.advance(51);
    store.faults.next('get', 'lost-request');
    await expect(clock.run(epochs.refresh(['a'], 50))).rejects.toThrow();
    await clock.run(epochs.refresh(['b']));
    await clock.run(epochs.bump('a'));
    const moved = epochs.known('a');
    await clock.run(look);
    await clock.run(epochs.refresh(['a']));
    expect(epochs.known('a')).toBe(moved);
  });

  it('are unknown after a move whose outcome is unknown, and the next move is made all the same', async () => {
    const { clock, epochs, store } = start();
    await clock.run(epochs.bump('a'));
    store.faults.outage();
    const failed = [epochs.bump('a'), epochs.bump('a')].map((bump) => bump.catch((error: unknown) => error));
    await clock.run(Promise.all(failed));
    expect(epochs.known('a')).toBeUndefined();
    expect(epochs.movedAt('a')).toBeNaN();
    store.faults.stop();
    await clock.run(epochs.bump('a'));
    expect(epochs.known('a')).toBeDefined();
  });

  it('do not let what was invalidated come back where maxTtlMs was longer when it was stored', async () => {
    const clock = new FakeClock();
    const store = createMemoryStore({ clock });
    const dayMs = 86_400_000;
    await createCache(store, { clock, maxTtlMs: 30 * dayMs, ttlMs: 30 * dayMs }).set('key', 'old');
    const cache = createCache(store, { clock, maxTtlMs: dayMs });
    await cache.clear();
    await clock.advance(3 * dayMs);
    expect(await cache.get('key')).toBeUndefined();
    const adapter = { clock, prefix: 'adapter' };
    await new NoriKVKeyvStore(store, adapter).set('key', 'old');
    const keyv = new NoriKVKeyvStore(store, { ...adapter, maxTtlMs: dayMs });
    await keyv.clear();
    await clock.advance(2 * dayMs);
    expect(await keyv.get('key')).toBeUndefined();
  });

  it('do not let it come back either where the load took longer than it is remembered that they moved', async () => {
    const clock = new FakeClock();
    const cache = createCache(createMemoryStore({ clock }), {
      clock,
      ttlMs: 60_000,
      maxTtlMs: 60_000,
      hardTimeoutMs: 10_000_000,
    });
    const loadFor = async (durationMs: number): Promise<unknown> => {
      const load = (): Promise<string> =>
        new Promise((resolve) => clock.startTimer(() => resolve('loaded'), durationMs));
      const loading = cache.getOrSet(`${durationMs}`, load, { tags: ['tag'] });
      await clock.advance(durationMs / 2);
      if (durationMs > 7_000_000) await cache.invalidateTags(['tag']);
      expect(await clock.run(loading)).toBe('loaded');
      return cache.get(`${durationMs}`);
    };
    expect(await loadFor(3_600_000)).toBe('loaded');
    expect(await loadFor(3_600_001)).toBeUndefined();
    expect(await loadFor(7_600_000)).toBeUndefined();
  });

  it('do not let it come back where a machine slept longer than that, and its monotonic clock with it', async () => {
    const clock = new FakeClock();
    let asleepMs = 0;
    const stopped: Clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic() - asleepMs,
      startTimer: (callback, delayMs) => clock.startTimer(callback, delayMs),
    };
    const store = createMemoryStore({ clock });
    const times = { ttlMs: 60_000, maxTtlMs: 60_000 };
    const cache = createCache(store, { ...times, clock: stopped });
    await cache.getOrSet('key', () => 'old', { tags: ['tag'] });
    await createCache(store, { ...times, clock }).invalidateTags(['tag']);
    asleepMs = 3_800_000;
    await clock.advance(asleepMs + 1_001);
    expect(await cache.get('key')).toBeUndefined();
    expect(await cache.getOrSet('key', () => 'new', { tags: ['tag'] })).toBe('new');
  });

  it('leave the store by themselves, later than anything that carries them', async () => {
    const clock = new FakeClock();
    const store = createMemoryStore({ clock });
    const cache = createCache(store, { clock, maxTtlMs: 100_000 });
    await cache.invalidateTags(['tag']);
    await clock.advance(200_000);
    expect(await store.find('cache/e/t/tag')).not.toBeNull();
    await clock.advance(3_600_000);
    expect(await store.find('cache/e/t/tag')).toBeNull();
  });
});

describe('the time of an epoch', () => {
  /** One process moves it and its write takes long; another moves it meanwhile, later. */
  async function moveTwice(move: EpochMove): Promise<{ movedAtMs: number; calls: number }> {
    const clock = new FakeClock();
    const startedAt = clock.now();
    const memory = createMemoryStore({ clock });
    const slow = countCalls(withFaults(memory, { clock, latencyMs: () => (slow.calls.put === 1 ? 200 : 2) }));
    const record = (): EpochRecord => ({ key: 'epoch', nowMs: clock.now(), ttlMs: 10_000 });
    const gateTo = (store: KvStore): StoreGate =>
      new StoreGate(store, { clock, storeTimeoutMs: 1_000, breakerFailures: 9, breakerMs: 1 });
    const earlier = move(gateTo(slow), record());
    await clock.advance(50);
    await move(gateTo(memory), record());
    const moved = await clock.run(earlier);
    expect(moved).toEqual(await memory.get('epoch'));
    return { movedAtMs: movedAtOf(moved) - startedAt, calls: slow.calls.total };
  }

  it('never goes back where it is moved forward, at the cost of a read, and one more after a race', async () => {
    expect(await moveTwice(moveForward)).toEqual({ movedAtMs: 50, calls: 3 });
  });

  it('is moved once for all who move it at once, and again only for a later time', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const store = countCalls(withFaults(memory, { clock, latencyMs: 2 }));
    const move = (nowMs: number): Promise<Entry> => {
      const gate = new StoreGate(store, { clock, storeTimeoutMs: 1_000, breakerFailures: 9, breakerMs: 1 });
      return moveForward(gate, { key: 'epoch', nowMs, ttlMs: 10_000 });
    };
    const same = await clock.run(Promise.all(Array.from({ length: 30 }, () => move(7))));
    expect(new Set(same.map(({ version }) => version.index)).size).toBe(1);
    expect(store.calls).toMatchObject({ put: 30, total: 89 });
    const [, later] = await clock.run(Promise.all([move(8), move(9)]));
    expect(movedAtOf(later)).toBe(9);
    expect(later).toEqual(await memory.get('epoch'));
  });

  it('is not said to have moved where the store is away', async () => {
    const away = (): Promise<never> => Promise.reject(new UnavailableError('away', { retryable: false }));
    const store = Object.assign(createMemoryStore(), { put: away });
    const settings = { clock: systemClock, storeTimeoutMs: 50, breakerFailures: 9, breakerMs: 1 };
    const move = moveForward(new StoreGate(store, settings), { key: 'epoch', nowMs: 1, ttlMs: 10_000 });
    await expect(move).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('may go back where nobody asks for it, for one write', async () => {
    expect(await moveTwice(overwrite)).toEqual({ movedAtMs: 0, calls: 1 });
  });
});
