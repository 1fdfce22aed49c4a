import { type KvStore, ResourceExhaustedError, UnavailableError } from '@norikv/store';
import { createMemoryStore, FakeClock, withFaults } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { type CacheEvent, type CacheOptions, createCache } from '../src/index.js';
import { startFleet } from './fleet.js';

const year = 365 * 24 * 3_600_000;

function start(options: CacheOptions<unknown> = {}) {
  const clock = new FakeClock();
  const store = withFaults(createMemoryStore({ clock }), { clock });
  const events: CacheEvent[] = [];
  const onEvent = (event: CacheEvent): void => {
    events.push(event);
  };
  const cache = createCache(store, { clock, ttlMs: 60_000, onEvent, ...options });
  const kinds = (): string[] => events.map(({ kind }) => kind);
  return { clock, store, cache, events, kinds };
}

describe('a store that does not answer', () => {
  it('is a miss, and never fails a read, a load or a set', async () => {
    const { cache, clock, store, kinds } = start();
    store.faults.outage();
    expect(await clock.run(cache.get('key'))).toBeUndefined();
    expect(await clock.run(cache.getOrSet('key', () => 'loaded'))).toBe('loaded');
    expect(await clock.run(cache.set('key', 'set'))).toBe(false);
    expect(kinds()).toEqual(expect.arrayContaining(['store-error', 'miss', 'load']));
    await expect(cache.getOrSet('other', () => Promise.reject(new Error('source down')))).rejects.toThrow(
      'source down',
    );
  });

  it('makes an invalidation fail: it was not acknowledged', async () => {
    const { cache, clock, store } = start();
    await cache.set('key', 1);
    store.faults.outage();
    for (const invalidate of [
      () => cache.delete('key'),
      () => cache.clear(),
      () => cache.invalidateTags(['tag']),
    ]) {
      const caught = invalidate().catch((error: unknown) => error);
      expect(await clock.run(caught)).toMatchObject({ code: 'UNAVAILABLE' });
    }
  });

  it('is asked three times for an invalidation', async () => {
    const { cache, clock, store } = start();
    await cache.set('key', 1);
    store.faults.next('delete', 'lost-request', 'lost-request');
    store.faults.next('put', 'lost-reply');
    expect(await clock.run(cache.delete('key'))).toBe(true);
    expect(await cache.get('key')).toBeUndefined();
  });

  it('lets what was loaded meanwhile be shared for the bound, unless something was invalidated', async () => {
    const { cache, clock, store } = start({ maxStalenessMs: 500, breakerMs: 10 });
    store.faults.outage();
    expect(await clock.run(cache.getOrSet('key', () => 1))).toBe(1);
    expect(await clock.run(cache.getOrSet('key', () => 2))).toBe(1);
    await clock.advance(501);
    expect(await clock.run(cache.getOrSet('key', () => 3))).toBe(3);
    store.faults.stop();
    await clock.advance(20);
    await clock.run(cache.clear());
    expect(await clock.run(cache.getOrSet('key', () => 4))).toBe(4);
  });

  it('gives values as they are stored, and counts their bytes', async () => {
    const { cache, clock, store } = start({ maxBytes: 1_000 });
    store.faults.outage();
    const loaded = await clock.run(cache.getOrSet('key', () => ({ at: new Date(0) as unknown })));
    expect(loaded).toEqual({ at: '1970-01-01T00:00:00.000Z' });
    expect(Object.isFrozen(loaded)).toBe(true);
    for (let number = 0; number < 20; number += 1) {
      await clock.run(cache.getOrSet(`key ${number}`, () => 'x'.repeat(200)));
    }
    expect(cache.getStats()).toMatchObject({ entries: 4 });
    expect(await clock.run(cache.getOrSet('none', () => 1n))).toBe(1n);
    expect(await clock.run(cache.getOrSet('absent', () => undefined))).toBeUndefined();
  });

  it('ends answers from memory at the bound, or offlineMs later', async () => {
    for (const offlineMs of [0, 5_000]) {
      const { cache, clock, store } = start({ maxStalenessMs: 500, offlineMs });
      await cache.getOrSet('key', () => 'kept');
      store.faults.outage();
      await clock.advance(500);
      expect(await clock.run(cache.get('key'))).toBe('kept');
      await clock.advance(offlineMs);
      expect(await clock.run(cache.get('key'))).toBe('kept');
      await clock.advance(1);
      expect(await clock.run(cache.get('key'))).toBeUndefined();
    }
  });

  it('lets a value in memory within its grace stand in where the source is down as well', async () => {
    const { cache, clock, store } = start({ ttlMs: 100, graceMs: 9_000, offlineMs: 9_000 });
    await cache.getOrSet('key', () => 'kept');
    store.faults.outage();
    await clock.advance(2_000);
    const fail = (): never => {
      throw new Error('source down');
    };
    expect(await clock.run(cache.getOrSet('key', fail))).toBe('kept');
    await clock.advance(8_000);
    await expect(clock.run(cache.getOrSet('key', fail))).rejects.toThrow('source down');
  });

  it.each([0, 600_000])(
    'lets it stand in after one load that failed, also where calls hang (offlineMs %i)',
    async (offlineMs) => {
      const clock = new FakeClock();
      let latencyMs = 0;
      const store = withFaults(createMemoryStore({ clock }), { clock, latencyMs: () => latencyMs });
      const options = { ttlMs: 1_000, graceMs: 600_000, storeTimeoutMs: 3_000, retryAfterMs: 1_000 };
      const cache = createCache(store, { clock, offlineMs, ...options });
      await cache.getOrSet('key', () => 'kept');
      await clock.advance(900);
      await clock.run(cache.get('key'));
      await clock.advance(300);
      latencyMs = 60_000;
      let attempts = 0;
      const fail = (): never => {
        attempts += 1;
        throw new Error('source down');
      };
      const since = clock.monotonic();
      expect(await clock.run(cache.getOrSet('key', fail))).toBe('kept');
      expect({ attempts, waitedMs: clock.monotonic() - since }).toEqual({ attempts: 1, waitedMs: 3_000 });
    },
  );

  it('neither has a source that fails asked at every call, nor keeps what the source says is gone', async () => {
    const { cache, clock, store } = start({
      ttlMs: 100,
      staleWhileRevalidateMs: 9_000,
      offlineMs: 9_000,
      retryAfterMs: 1_000,
    });
    await cache.getOrSet('key', () => 'kept');
    store.faults.outage();
    await clock.advance(2_000);
    let attempts = 0;
    const fail = (): never => {
      attempts += 1;
      throw new Error('source down');
    };
    for (let call = 0; call < 5; call += 1) {
      expect(await clock.run(cache.getOrSet('key', fail))).toBe('kept');
      await clock.advance(100);
    }
    expect(attempts).toBe(1);
    await clock.advance(1_000);
    expect(await clock.run(cache.getOrSet<unknown>('key', () => undefined))).toBe('kept');
    await clock.advance(100);
    expect(await clock.run(cache.getOrSet<unknown>('key', () => undefined))).toBeUndefined();
  });

  it('is left alone after several failures, then looked at by one call', async () => {
    const { cache, clock, store, events, kinds } = start({
      breakerFailures: 3,
      breakerMs: 1_000,
      maxEntries: 0,
    });
    store.faults.outage();
    for (let call = 0; call < 10; call += 1) await clock.run(cache.get(`key ${call}`));
    expect(kinds().filter((kind) => kind === 'store-error').length).toBeLessThanOrEqual(4);
    expect(events).toContainEqual({ kind: 'breaker', state: 'open' });
    await clock.advance(1_000);
    const before = store.faults.injected.outage + store.faults.injected['lost-request'];
    await clock.run(Promise.all([cache.get('a'), cache.get('b'), cache.get('c')]));
    expect(store.faults.injected.outage + store.faults.injected['lost-request'] - before).toBeLessThanOrEqual(
      1,
    );
    store.faults.stop();
    await clock.advance(1_000);
    await clock.run(cache.get('a'));
    const last = events.slice(-2);
    expect(last).toContainEqual({ kind: 'miss', namespace: [], key: 'a' });
    expect(last).toContainEqual({ kind: 'breaker', state: 'closed' });
    expect(await clock.run(cache.set('key', 1))).toBe(true);
  });

  it('is not waited for longer than storeTimeoutMs', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const silent: KvStore = {
      capabilities: memory.capabilities,
      get: () => new Promise(() => {}),
      put: () => new Promise(() => {}),
      delete: () => new Promise(() => {}),
    };
    const cache = createCache(silent, { clock, storeTimeoutMs: 100 });
    const startedAt = clock.monotonic();
    expect(await clock.run(cache.getOrSet('key', () => 1))).toBe(1);
    expect(clock.monotonic() - startedAt).toBe(100);
    await clock.advance(1);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a reply that was lost', () => {
  it('of the lease: it is found in the record', async () => {
    const { cache, clock, store } = start();
    await cache.get('warm');
    store.faults.next('put', 'lost-reply');
    let loads = 0;
    const load = (): number => {
      loads += 1;
      return loads;
    };
    expect(await clock.run(cache.getOrSet('key', load))).toBe(1);
    expect(await clock.run(cache.get('key'))).toBe(1);
    expect(loads).toBe(1);
  });

  it('of the lease, which was not written: the value is loaded, and kept for the bound', async () => {
    const { cache, clock, store } = start();
    await cache.get('warm');
    store.faults.next('put', 'lost-request');
    expect(await clock.run(cache.getOrSet('key', () => 1))).toBe(1);
    expect(await clock.run(cache.get('key'))).toBe(1);
  });

  it('of the lease, which was not written, since another was first: what that one wrote counts', async () => {
    const memory = createMemoryStore();
    const other = createCache(memory);
    let lost = 0;
    const put: KvStore['put'] = async (...call) => {
      lost += 1;
      if (lost > 1) return memory.put(...call);
      await other.set('key', 'of the other');
      throw new UnavailableError('lost');
    };
    const cache = createCache({ ...memory, put });
    expect(await cache.getOrSet('key', () => 'own')).toBe('of the other');
  });

  it('of the fill: the value is returned, and found in the store', async () => {
    const { cache, clock, store } = start();
    await cache.get('warm');
    store.faults.next('put', undefined, 'lost-reply');
    expect(await clock.run(cache.getOrSet('key', () => 1))).toBe(1);
    expect(await clock.run(cache.get('key'))).toBe(1);
  });

  it('of the fill, which was not written: nobody waits for a loader that is done', async () => {
    const { clock, all } = startFleet(2);
    const [one, other] = all;
    await clock.run(one.cache.get('warm'));
    one.faulty.faults.next('put', undefined, 'lost-request');
    expect(await clock.run(one.cache.getOrSet('key', () => 1))).toBe(1);
    const startedAt = clock.monotonic();
    expect(await clock.run(one.cache.getOrSet('key', () => 2))).toBe(1);
    expect(await clock.run(other.cache.getOrSet('key', () => 3))).toBe(3);
    expect(clock.monotonic() - startedAt).toBeLessThan(1_000);
    await clock.run(other.cache.delete('key'));
    await clock.advance(1_001);
    expect(await clock.run(one.cache.get('key'))).toBeUndefined();
  });

  it('of giving the lease up: the error of the loader counts, and the lease ends by itself', async () => {
    const { cache, clock, store } = start();
    await cache.get('warm');
    store.faults.next('put', undefined, 'lost-request');
    const caught = cache
      .getOrSet('key', () => Promise.reject(new Error('source down')))
      .catch((error) => error);
    expect(await clock.run(caught)).toMatchObject({ message: 'source down' });
    expect(await clock.run(cache.getOrSet('key', () => 2))).toBe(2);
  });
});

describe('a process that died while it loaded', () => {
  it('holds others up until its lease is over, by their own clock', async () => {
    const { clock, all } = startFleet(2, { hardTimeoutMs: 1_000, maxWaitMs: 60_000, skewMs: 3_600_000 });
    const [dead, other] = all;
    dead.cache.getOrSet('key', () => new Promise(() => {})).catch(() => {});
    await clock.advance(1);
    dead.faulty.faults.outage();
    const startedAt = clock.monotonic();
    expect(await clock.run(other.cache.getOrSet('key', () => 'loaded'))).toBe('loaded');
    const waitedMs = clock.monotonic() - startedAt;
    expect(waitedMs).toBeGreaterThan(5_000);
    expect(waitedMs).toBeLessThan(6_500);
  });

  it('holds nobody up longer than maxWaitMs: then the value is loaded and not kept', async () => {
    const { clock, all, memory } = startFleet(2, { hardTimeoutMs: 60_000, maxWaitMs: 300 });
    const [slow, other] = all;
    slow.cache.getOrSet('key', () => new Promise(() => {})).catch(() => {});
    await clock.advance(1);
    expect(await clock.run(other.cache.getOrSet('key', () => 'loaded'))).toBe('loaded');
    expect(clock.monotonic()).toBeLessThan(700);
    expect((await memory.get('cache/v/key')).value.length).toBeLessThan(60);
  });

  it('holds nobody up for whom a value within its grace is there', async () => {
    const { clock, all } = startFleet(2, { ttlMs: 100, graceMs: 60_000 });
    const [slow, other] = all;
    await clock.run(slow.cache.getOrSet('key', () => 'old'));
    await clock.advance(200);
    slow.cache.getOrSet('key', () => new Promise(() => {})).catch(() => {});
    await clock.advance(1);
    expect(await clock.run(other.cache.getOrSet('key', () => 'new'))).toBe('old');
  });
});

describe('a store that takes no writes', () => {
  it('is not asked for ever where it cannot say whether it wrote', async () => {
    const { cache, clock, store } = start();
    await cache.set('stale', 'old', { ttlMs: 1, graceMs: 60_000 });
    await clock.advance(10);
    store.faults.next('put', ...Array.from({ length: 50 }, () => 'lost-request' as const));
    let loads = 0;
    const load = (): number => {
      loads += 1;
      return loads;
    };
    expect(await clock.run(cache.getOrSet('key', load))).toBe(1);
    expect(store.faults.injected['lost-request']).toBe(1);
    expect(await clock.run(cache.getOrSet('stale', load))).toBe(2);
    expect(store.faults.injected['lost-request']).toBe(2);
  });

  it('fails no load', async () => {
    const memory = createMemoryStore();
    const full = { ...memory, put: () => Promise.reject(new ResourceExhaustedError('full')) };
    const cache = createCache(full);
    expect(await cache.getOrSet('key', () => 'loaded')).toBe('loaded');
    expect(await cache.set('key', 'value')).toBe(false);
  });
});

describe('a wall clock that differs', () => {
  it('ends values early where it is ahead, and never makes them younger than new where it is behind', async () => {
    const { clock, all } = startFleet(2, { ttlMs: 10_000, skewMs: 60_000 });
    const [behind, ahead] = all;
    await behind.cache.set('key', 1);
    expect(await ahead.cache.get('key')).toBeUndefined();
    await ahead.cache.set('key', 2);
    expect(await behind.cache.get('key')).toBe(2);
    await clock.advance(10_000);
    expect(await behind.cache.get('key')).toBeUndefined();
  });

  it('that is set back, or ahead and back, makes no value last in memory and hides no invalidation', async () => {
    for (const steps of [[-year], [year, -year]]) {
      const clock = new FakeClock();
      const memory = createMemoryStore({ clock });
      const own = clock.drifted(1);
      const cache = createCache<string>(withFaults(memory), { clock: own, ttlMs: 10_000 });
      const other = createCache<string>(memory, { clock });
      const look = async () => [await cache.get('kept'), await cache.get('deleted')];
      for (const key of ['kept', 'deleted']) await cache.set(key, key);
      expect(await look()).toEqual(['kept', 'deleted']);
      for (const step of steps) {
        own.jumpWallClock(step);
        await look();
      }
      await other.delete('deleted');
      await clock.advance(1_001);
      expect(await look()).toEqual(['kept', undefined]);
      await clock.advance(9_000);
      expect(await look()).toEqual([undefined, undefined]);
    }
  });

  it('does not make a value last that loads that fail write back, where it is behind', async () => {
    const { clock, all } = startFleet(2, { ttlMs: 10_000, skewMs: -3_600_000 });
    const [right, behind] = all;
    const fail = (): never => {
      throw new Error('source down');
    };
    await right.cache.set('key', 1);
    await clock.advance(9_000);
    for (let second = 0; second < 10; second += 1) {
      // The tag is not among its own, so it is loaded anew, and kept for those who ask for none.
      await expect(clock.run(behind.cache.getOrSet('key', fail, { tags: ['tag'] }))).rejects.toThrow(
        'source',
      );
      expect(await behind.cache.get('key')).toBe(1);
      await clock.advance(1_000);
    }
    expect(await behind.cache.get('key')).toBeUndefined();
  });
});
