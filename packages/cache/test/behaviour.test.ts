import { find } from '@norikv/store';
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { type Cache, type CacheOptions, createCache } from '../src/index.js';
import { Space } from '../src/place.js';
import { engines, type OpenEngine } from './engines.js';

interface User {
  readonly name: string;
}

describe.each(engines)('createCache on $name', ({ open }) => {
  let engine: OpenEngine;

  beforeEach(async () => {
    engine = await open();
  });
  afterEach(() => engine.close());

  const start = <Value = unknown>(options: CacheOptions<Value> = {}): Cache<Value> =>
    createCache<Value>(engine.store, { clock: engine.clock, ttlMs: 1_000, ...options });

  /** A load that is slower than a `softTimeoutMs` of 50, and whose caller got the `old` value for that. */
  const givenUp = async (cache: Cache<unknown>): Promise<DeferredLoad> => {
    const load = deferredLoad();
    const answer = cache.getOrSet('key', load.loader);
    await load.started;
    await engine.clock.advance(50);
    expect(await answer).toBe('old');
    return load;
  };

  it('gives what was set, loaded, and nothing else, in every process', async () => {
    const [one, other] = [start<User>(), start<User>()];
    expect(await one.get('7')).toBeUndefined();
    expect(await one.set('7', { name: 'Ada' })).toBe(true);
    expect(await other.get('7')).toEqual({ name: 'Ada' });
    expect(await other.getOrSet('7', () => ({ name: 'Grace' }))).toEqual({ name: 'Ada' });
    expect(await other.getOrSet('8', async ({ key }) => ({ name: `user ${key}` }))).toEqual({
      name: 'user 8',
    });
    expect(await one.get('8')).toEqual({ name: 'user 8' });
  });

  it('lets a value whose load fails leave the store when it would have', async () => {
    const cache = start({ graceMs: 5_000 });
    await cache.set('key', 1);
    const { storeKey } = new Space([]).place('key', 'cache', 16, 1_024);
    await engine.clock.advance(1_000);
    expect(await cache.getOrSet('key', () => Promise.reject(new Error('down')))).toBe(1);
    expect(await find(engine.store, storeKey)).not.toBeNull();
    await engine.clock.advance(5_500);
    expect(await find(engine.store, storeKey)).toBeNull();
  });

  it('forgets a value when its ttl is over', async () => {
    const cache = start();
    await cache.set('key', 1, { ttlMs: 500 });
    await engine.clock.advance(499);
    expect(await cache.get('key')).toBe(1);
    await engine.clock.advance(1);
    expect(await cache.get('key')).toBeUndefined();
    expect(await cache.getOrSet('key', () => 2)).toBe(2);
  });

  it('does not make a value younger by reading it into another memory', async () => {
    const [one, other] = [start(), start()];
    await one.set('key', 1);
    await engine.clock.advance(900);
    expect(await other.get('key')).toBe(1);
    await engine.clock.advance(100);
    expect(await other.get('key')).toBeUndefined();
  });

  it('hands out the same kind of value from a load, memory and the store, and nobody can change it', async () => {
    const cache = start<unknown>();
    const own = { at: new Date(0), list: [{ deep: true }], none: undefined };
    const loaded = await cache.getOrSet('key', () => own);
    expect(loaded).toEqual({ at: '1970-01-01T00:00:00.000Z', list: [{ deep: true }] });
    expect(await cache.get('key')).toEqual(loaded);
    expect(await start().get('key')).toEqual(loaded);
    expect(Object.isFrozen((loaded as typeof own).list[0])).toBe(true);
    expect(Object.isFrozen(own)).toBe(false);
  });

  it('tells null, false and the empty text from nothing', async () => {
    const cache = start();
    for (const value of [null, false, '', 0]) {
      await cache.set('key', value);
      expect(await cache.get('key')).toBe(value);
      expect(await cache.getOrSet('key', () => 'loaded')).toBe(value);
    }
  });

  it('gives the type of the cache, not that of one loader', async () => {
    const flags = start<boolean>();
    await flags.set('beta', true);
    const flag = await flags.getOrSet('beta', () => false);
    expect(flag).toBe(true);
    expectTypeOf(flag).toEqualTypeOf<boolean>();
    const users = start<User | null>();
    expectTypeOf(await users.getOrSet('7', () => null)).toEqualTypeOf<User | null>();
    expectTypeOf(await users.getOrSet('8', () => undefined)).toEqualTypeOf<User | null | undefined>();
    expectTypeOf(await start().getOrSet('9', () => 5)).toEqualTypeOf<number>();
    const wrapped = <Value>(cache: Cache<Value>, load: () => Promise<Value>): Promise<Value> =>
      cache.getOrSet('10', load);
    expectTypeOf(await wrapped(flags, async () => false)).toEqualTypeOf<boolean>();
    expectTypeOf(start).returns.toEqualTypeOf<Cache>();
    expectTypeOf(createCache).parameter(1).toEqualTypeOf<CacheOptions | undefined>();
  });

  it('keeps "there is none" for negativeTtlMs, or not at all', async () => {
    const [off, on] = [start({ prefix: 'off' }), start({ prefix: 'on', negativeTtlMs: 100 })];
    let loads = 0;
    const none = (): undefined => {
      loads += 1;
    };
    for (const cache of [off, on]) for (let call = 0; call < 3; call += 1) await cache.getOrSet('key', none);
    expect(loads).toBe(4);
    await engine.clock.advance(100);
    expect(await on.getOrSet('key', () => 'now there is')).toBe('now there is');
    await expect(off.set('key', undefined)).rejects.toThrow('negativeTtlMs');
    expect(await on.set('key', undefined)).toBe(true);
    expect(await on.getOrSet('key', () => 'not asked')).toBeUndefined();
  });

  it('serves a value past its ttl at once while it is loaded anew, once', async () => {
    const cache = start({ staleWhileRevalidateMs: 500 });
    await cache.getOrSet('key', () => 'old');
    await engine.clock.advance(1_200);
    const load = deferredLoad();
    expect(await cache.getOrSet('key', load.loader)).toBe('old');
    expect(await cache.getOrSet('key', load.loader)).toBe('old');
    expect(await cache.get('key')).toBeUndefined();
    await load.started;
    await load.finish('new');
    expect(load.calls).toBe(1);
    await eventually(async () => expect(await cache.get('key')).toBe('new'));
  });

  it('reports a load in the background that fails when even the stale time is over', async () => {
    const errors: unknown[] = [];
    const onEvent: CacheOptions<unknown>['onEvent'] = (event) => errors.push(event);
    const cache = start({ staleWhileRevalidateMs: 500, onEvent });
    await cache.getOrSet('key', () => 'old');
    await engine.clock.advance(1_200);
    const load = deferredLoad();
    expect(await cache.getOrSet('key', load.loader)).toBe('old');
    await load.started;
    await engine.clock.advance(1_000);
    const error = new Error('source down');
    await load.finish(Promise.reject(error));
    await eventually(async () =>
      expect(errors).toContainEqual({ kind: 'load-error', namespace: [], key: 'key', error }),
    );
  });

  it('serves a stale value from the store, too, to a process that never had it', async () => {
    await start({ staleWhileRevalidateMs: 500 }).getOrSet('key', () => 'old');
    await engine.clock.advance(1_200);
    const cache = start({ staleWhileRevalidateMs: 500 });
    expect(await cache.getOrSet('key', () => 'new')).toBe('old');
    await eventually(async () => expect(await cache.get('key')).toBe('new'));
    expect(cache.getStats().staleHits).toBe(1);
  });

  it('lets a value within its grace stand in for a load that fails, and does not try at every call', async () => {
    const cache = start({ graceMs: 5_000, retryAfterMs: 300 });
    await cache.getOrSet('key', () => 'old');
    await engine.clock.advance(1_500);
    let attempts = 0;
    const fail = (): never => {
      attempts += 1;
      throw new Error('source down');
    };
    expect(await cache.getOrSet('key', fail)).toBe('old');
    expect(await cache.getOrSet('key', fail)).toBe('old');
    expect(attempts).toBe(1);
    await engine.clock.advance(300);
    expect(await cache.getOrSet('key', fail)).toBe('old');
    expect(attempts).toBe(2);
    await engine.clock.advance(4_200);
    await expect(cache.getOrSet('key', fail)).rejects.toThrow('source down');
  });

  it('passes the error of a loader on, keeps nothing, and loads again at once', async () => {
    const [one, other] = [start(), start()];
    const fail = (): never => {
      throw new Error('source down');
    };
    await expect(one.getOrSet('key', fail)).rejects.toThrow('source down');
    expect(await other.getOrSet('key', () => 'fine')).toBe('fine');
    expect(one.getStats()).toMatchObject({ loadErrors: 1, loads: 0 });
  });

  it('gives a slow load up for a value within its grace after softTimeoutMs, and keeps what it gives', async () => {
    const cache = start({ graceMs: 5_000, softTimeoutMs: 50 });
    await cache.getOrSet('key', () => 'old');
    await engine.clock.advance(1_500);
    const load = await givenUp(cache);
    expect(await cache.getOrSet('key', load.loader)).toBe('old');
    await load.finish('new');
    await eventually(async () => expect(await cache.get('key')).toBe('new'));
    expect(load.calls).toBe(1);
  });

  it('gives no value whose grace is over by softTimeoutMs: then the load is waited for, and its error is thrown', async () => {
    const fail = (): Promise<never> => Promise.reject(new Error('source down'));
    for (const [end, given] of [
      [() => 'new', 'new'],
      [fail, 'source down'],
    ] as const) {
      const cache = start({ prefix: given, graceMs: 1_000, softTimeoutMs: 50 });
      await cache.getOrSet('key', () => 'old');
      await engine.clock.advance(1_970);
      const load = deferredLoad();
      const answer = cache.getOrSet('key', load.loader).catch(({ message }: Error) => message);
      await load.started;
      await engine.clock.advance(50);
      await load.finish(end());
      expect(await answer).toBe(given);
    }
  });

  it('keeps what is stale when a load in the background fails, early, late or given up for its slowness', async () => {
    const errors: string[] = [];
    const onEvent: CacheOptions<unknown>['onEvent'] = ({ kind }) => errors.push(kind);
    const times = { staleWhileRevalidateMs: 500, graceMs: 5_000, softTimeoutMs: 50, retryAfterMs: 10 };
    const cache = start({ ...times, onEvent });
    await cache.getOrSet('key', () => 'old');
    await engine.clock.advance(1_100);
    const fail = (): Promise<never> => Promise.reject(new Error('source down'));
    expect(await cache.getOrSet('key', fail)).toBe('old');
    await eventually(async () => expect(errors.filter((kind) => kind === 'load-error')).toHaveLength(1));
    await engine.clock.advance(1_100);
    const load = await givenUp(cache);
    await load.finish(Promise.reject(new Error('source down')));
    await eventually(async () => expect(errors.filter((kind) => kind === 'load-error')).toHaveLength(2));
    await eventually(async () => {
      await engine.clock.advance(10);
      expect(await cache.getOrSet('key', () => 'new')).toBe('new');
    });
  });

  it('does not ask a source that fails at every call, given up for its slowness either, nor for a get meanwhile', async () => {
    const cache = start({ graceMs: 60_000, softTimeoutMs: 50, retryAfterMs: 5_000 });
    await cache.getOrSet('key', () => 'old');
    await engine.clock.advance(1_500);
    const load = await givenUp(cache);
    expect(await cache.get('key')).toBeUndefined();
    await load.finish(Promise.reject(new Error('source down')));
    await eventually(async () => expect(cache.getStats().loadErrors).toBe(1));
    for (let call = 0; call < 3; call += 1) {
      expect(await cache.get('key')).toBeUndefined();
      expect(await cache.getOrSet('key', () => 'new')).toBe('old');
    }
    await eventually(async () => {
      await engine.clock.advance(5_000);
      expect(await cache.getOrSet('key', () => 'new')).toBe('new');
    });
  });

  it('aborts a load after hardTimeoutMs, and another process need not wait for its lease', async () => {
    const cache = start({ hardTimeoutMs: 200 });
    const load = deferredLoad();
    const answer = cache.getOrSet('key', load.loader);
    const caught = answer.catch((error: unknown) => error);
    await load.started;
    await engine.clock.advance(200);
    expect(await caught).toMatchObject({ code: 'LOAD_TIMEOUT', name: 'LoadTimeoutError', retryable: true });
    expect(load.signal?.aborted).toBe(true);
    await load.finish('too late');
    expect(await start().getOrSet('key', () => 'next')).toBe('next');
  });

  it('loads early in the background after a share of the ttl', async () => {
    const cache = start({ earlyRefresh: 0.8 });
    await cache.getOrSet('key', () => 'old');
    await engine.clock.advance(799);
    expect(await cache.getOrSet('key', () => 'not yet')).toBe('old');
    await engine.clock.advance(1);
    expect(await cache.getOrSet('key', () => 'new')).toBe('old');
    expect(await cache.getOrSet('key', () => 'once is enough')).toBe('old');
    await eventually(async () => expect(await cache.get('key')).toBe('new'));
    await engine.clock.advance(700);
    expect(await cache.get('key')).toBe('new');
  });

  it('does not ask a source that fails at every call, early in the background either', async () => {
    const cache = start({ ttlMs: 1_000_000, earlyRefresh: 0.01, retryAfterMs: 200 });
    await cache.getOrSet('key', () => 'old');
    await engine.clock.advance(10_000);
    let attempts = 0;
    const fail = (): never => {
      attempts += 1;
      throw new Error('source down');
    };
    expect(await cache.getOrSet('key', fail)).toBe('old');
    await eventually(async () => expect(cache.getStats().loadErrors).toBe(1));
    for (let call = 0; call < 20; call += 1) {
      expect(await cache.getOrSet('key', fail)).toBe('old');
      await nextTurn();
    }
    expect(attempts).toBe(1);
    await eventually(async () => {
      await engine.clock.advance(200);
      expect(await cache.getOrSet('key', fail)).toBe('old');
      expect(attempts).toBeGreaterThan(1);
    });
  });

  it('serves nothing stale once a load has said that there is none, or gave what cannot be kept', async () => {
    for (const value of [undefined, { size: 1n }]) {
      const cache = start({ staleWhileRevalidateMs: 5_000, prefix: `gone ${value}` });
      await cache.getOrSet('key', () => 'old');
      await engine.clock.advance(1_200);
      expect(await cache.getOrSet<unknown>('key', () => value)).toBe('old');
      await eventually(async () => expect(cache.getStats().entries).toBe(0));
      expect(await cache.getOrSet<unknown>('key', () => value)).toBe(value);
    }
  });

  it('shortens ttls at random by ttlJitter at most', async () => {
    for (const [random, livesMs] of [
      [0, 1_000],
      [0.5, 900],
      [0.999_999, 800],
    ] as const) {
      const cache = start({ ttlJitter: 0.2, random: () => random, prefix: `jitter ${random}` });
      await cache.set('key', 1);
      await engine.clock.advance(livesMs - 1);
      expect(await cache.get('key')).toBe(1);
      await engine.clock.advance(2);
      expect(await cache.get('key')).toBeUndefined();
    }
  });

  it('invalidates by tag, over all namespaces', async () => {
    const cache = start();
    const users = cache.namespace('users');
    await cache.set('page', 1, { tags: ['home', 'user 7'] });
    await users.getOrSet('7', () => 2, { tags: ['user 7'] });
    await users.set('8', 3, { tags: ['user 8'] });
    await cache.invalidateTags(['user 7']);
    expect([await cache.get('page'), await users.get('7'), await users.get('8')]).toEqual([
      undefined,
      undefined,
      3,
    ]);
    await cache.set('page', 4, { tags: ['home', 'user 7'] });
    expect(await start().get('page')).toBe(4);
  });

  it('clears a namespace with those inside it, and no other', async () => {
    const cache = start();
    const [a, b] = [cache.namespace('a'), cache.namespace('a').namespace('b')];
    const write = async (): Promise<void> => {
      for (const [number, each] of [cache, a, b, cache.namespace('ab')].entries())
        await each.set('key', number);
    };
    const read = (): Promise<unknown[]> =>
      Promise.all([cache, a, b, cache.namespace('ab')].map((each) => each.get('key')));
    await write();
    expect(await read()).toEqual([0, 1, 2, 3]);
    await b.clear();
    expect(await read()).toEqual([0, 1, undefined, 3]);
    await write();
    await a.clear();
    expect(await read()).toEqual([0, undefined, undefined, 3]);
    await write();
    await cache.clear();
    expect(await read()).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('bounds how long other processes answer from memory after an invalidation', async () => {
    const [one, other] = [
      start({ maxStalenessMs: 400, ttlMs: 60_000 }),
      start({ maxStalenessMs: 400, ttlMs: 60_000 }),
    ];
    const invalidations = [
      () => one.delete('key'),
      () => one.set('key', 'new'),
      () => one.clear(),
      () => one.invalidateTags(['tag']),
    ];
    for (const invalidate of invalidations) {
      await one.getOrSet('key', () => 'old', { tags: ['tag'] });
      expect(await other.get('key')).toBe('old');
      await invalidate();
      expect(await one.get('key')).not.toBe('old');
      await engine.clock.advance(401);
      expect(await other.get('key')).not.toBe('old');
      await one.delete('key');
      await engine.clock.advance(401);
    }
  });

  it('says whether a delete removed something', async () => {
    const cache = start();
    await cache.set('key', 1);
    expect(await cache.delete('key')).toBe(true);
    expect(await cache.delete('key')).toBe(false);
  });

  it('does not keep what was loaded while the key was deleted, but loads it again', async () => {
    const [one, other] = [start(), start()];
    const load = deferredLoad();
    const answer = one.getOrSet('key', load.loader);
    await load.started;
    await other.delete('key');
    await load.finish('old');
    await load.startedAgain;
    await load.finish('new');
    expect(await answer).toBe('new');
    expect(await other.get('key')).toBe('new');
    expect(one.getStats().lostFills).toBe(1);
  });

  it('takes a value that was set while it loaded', async () => {
    const [one, other] = [start(), start()];
    const load = deferredLoad();
    const answer = one.getOrSet('key', load.loader);
    await load.started;
    await other.set('key', 'set');
    await load.finish('loaded');
    expect(await answer).toBe('set');
  });
});

interface DeferredLoad {
  readonly loader: (context: { signal: AbortSignal }) => Promise<unknown>;
  readonly started: Promise<void>;
  readonly startedAgain: Promise<void>;
  calls: number;
  signal: AbortSignal | undefined;
  /** Ends the load that runs, and lets what follows happen. */
  finish(value: unknown): Promise<void>;
}

/** A loader that ends when the test says so. */
function deferredLoad(): DeferredLoad {
  let end: (value: unknown) => void = () => {};
  const starts: (() => void)[] = [];
  const started = new Promise<void>((resolve) => starts.push(resolve));
  const startedAgain = new Promise<void>((resolve) => starts.push(resolve));
  const load: DeferredLoad = {
    loader({ signal }) {
      load.calls += 1;
      load.signal = signal;
      starts[load.calls - 1]?.();
      return new Promise((resolve) => {
        end = resolve;
      });
    },
    started,
    startedAgain,
    calls: 0,
    signal: undefined,
    async finish(value) {
      end(value);
      await nextTurn();
    },
  };
  return load;
}

/** Lets what was begun in the background go on. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Looks until it holds: a background load of a real engine takes a moment. */
function eventually(look: () => Promise<void>): Promise<void> {
  return vi.waitFor(look, { interval: 5, timeout: 20_000 });
}
