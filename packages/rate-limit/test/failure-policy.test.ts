import { getEventListeners } from 'node:events';
import { type KvStore, NoriKVError, UnavailableError, UnsupportedError } from '@norikv/store';
import {
  createMemoryStore,
  FakeClock,
  type FaultCandidate,
  type MemoryStore,
  seededRandom,
  withFaults,
} from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { type RateLimitEvent, RateLimiter, type RateLimiterOptions } from '../src/index.js';
import { admitted, startProcesses, times } from './processes.js';

const limit = { maxRequests: 10, windowMs: 60_000 };

function outage(options: RateLimiterOptions = {}) {
  const clock = new FakeClock();
  const store = withFaults(createMemoryStore({ clock }), { clock });
  store.faults.outage();
  const events: RateLimitEvent[] = [];
  // By chance, so many tries would fit into the time that the budget for them ends first, with another error.
  const random = seededRandom(1);
  const onEvent = (event: RateLimitEvent) => events.push(event);
  const limiter = new RateLimiter(store, { clock, random, onEvent, ...options });
  return { clock, store, events, limiter };
}

/** A store that never answers, and does not keep its time limits. */
function silentStore(): KvStore {
  const silence = (): Promise<never> => new Promise(() => {});
  return { capabilities: createMemoryStore().capabilities, get: silence, put: silence, delete: silence };
}

describe('while the store does not answer', () => {
  it('open lets requests pass, says so, and counts the fallback', async () => {
    const { clock, events, limiter } = outage();
    const result = await clock.run(limiter.checkLimit('a', limit));
    expect(result).toMatchObject({ allowed: true, source: 'fallback', remaining: 10 });
    expect(events).toMatchObject([
      { kind: 'fallback', policy: 'open', error: { code: 'DEADLINE_EXCEEDED' } },
      { kind: 'decision', allowed: true, source: 'fallback' },
    ]);
  });

  it('closed throws an error for a 503, never a denial', async () => {
    const { clock, events, limiter } = outage({ onFailure: 'closed' });
    await expect(clock.run(limiter.checkLimit('a', limit))).rejects.toMatchObject({
      code: 'RATE_LIMIT_UNAVAILABLE',
      statusCode: 503,
      retryable: true,
      outcome: 'unknown',
      cause: { code: 'DEADLINE_EXCEEDED' },
    });
    expect(events).toMatchObject([{ kind: 'fallback', policy: 'closed' }]);
  });

  it('local admits the share of this process, and denies the rest', async () => {
    const { clock, limiter } = outage({ onFailure: 'local', instances: 3 });
    const results = await clock.run(Promise.all(times(10, () => limiter.checkLimit('a', limit))));
    expect(admitted(results)).toBe(3);
    expect(results.at(-1)).toMatchObject({ allowed: false, source: 'fallback', limit: 3 });
    await clock.advance(18_000);
    expect((await clock.run(limiter.checkLimit('a', limit))).allowed).toBe(true);
    expect((await clock.run(limiter.checkLimit('a', limit))).allowed).toBe(false);
  });

  it('local grants nothing that the whole limit has no room for, and at least one at a time', async () => {
    const { clock, limiter } = outage({ onFailure: 'local', instances: 50 });
    const results = await clock.run(Promise.all(times(5, () => limiter.checkLimit('a', limit))));
    expect(admitted(results)).toBe(1);
  });

  it('local says how long its own share takes to come back', async () => {
    const { clock, limiter } = outage({ onFailure: 'local', instances: 4, timeoutMs: 1 });
    const paced = { maxRequests: 100, windowMs: 60_000, burst: 1 };
    const check = () => clock.run(limiter.checkLimit('a', paced));
    await check();
    const { retryAfterMs, windowMs } = await check();
    expect(windowMs).toBe(2_400);
    await clock.advance(retryAfterMs - 10);
    expect((await check()).allowed).toBe(false);
    await clock.advance(10);
    expect((await check()).allowed).toBe(true);
  });

  it.each(['fixed-window', 'sliding-window'] as const)(
    'local keeps the window of a %s',
    async (algorithm) => {
      const { clock, limiter } = outage({ onFailure: 'local', instances: 3 });
      expect(await clock.run(limiter.checkLimit('a', { ...limit, algorithm }))).toMatchObject({
        limit: 3,
        windowMs: 60_000,
      });
    },
  );

  it.each(['damage', 'norikv:9 {}\n'])(
    'a record that cannot be read (%j) is named, until a reset',
    async (text) => {
      const store = createMemoryStore();
      const events: RateLimitEvent[] = [];
      const limiter = new RateLimiter(store, { onFailure: 'closed', onEvent: (event) => events.push(event) });
      await store.put('ratelimit:a', text);
      await expect(limiter.checkLimit('a', limit)).rejects.toMatchObject({
        message: 'The record of the identifier cannot be read. Answer with 503; reset() removes it.',
        statusCode: 503,
        retryable: false,
        outcome: 'not-applied',
        cause: { code: 'CORRUPT_RECORD' },
      });
      expect(events).toMatchObject([
        { kind: 'fallback', error: { code: 'CORRUPT_RECORD', key: 'ratelimit:a' } },
      ]);
      const put = store.put;
      store.put = () => Promise.reject(new UnavailableError('away'));
      await expect(limiter.reset('a')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      store.put = put;
      await limiter.reset('a');
      expect(await limiter.checkLimit('a', limit)).toMatchObject({
        allowed: true,
        source: 'store',
        remaining: 9,
      });
    },
  );

  it('a reset of a record that cannot be read forgets nothing that was counted since', async () => {
    const store = createMemoryStore();
    const limiter = new RateLimiter(store, { onFailure: 'closed' });
    const others = new RateLimiter(
      { ...store, put: (...call) => store.put(...call) },
      { onFailure: 'closed' },
    );
    const first = store.put;
    // Another process is faster, and counts.
    store.put = async (...call) => {
      store.put = first;
      await others.reset('a');
      await others.checkLimit('a', limit);
      return store.put(...call);
    };
    await first('ratelimit:a', 'damage');
    await limiter.reset('a');
    expect((await others.peek('a', limit)).remaining).toBe(9);
  });

  it('a record that cannot be read may be gone when it is reset', async () => {
    const store = createMemoryStore();
    await store.put('ratelimit:a', 'damage');
    let reads = 0;
    const limiter = new RateLimiter({
      ...store,
      find: (...call) => (++reads === 2 ? Promise.resolve(null) : store.find(...call)),
    });
    await limiter.reset('a');
    expect(reads).toBe(2);
  });

  it('an error of any other kind is the store not answering, too', async () => {
    const broken = (): Promise<never> => Promise.reject(new TypeError('broken'));
    const limiter = new RateLimiter({ ...silentStore(), get: broken });
    expect(await limiter.checkLimit('a', limit)).toMatchObject({ allowed: true, source: 'fallback' });
  });

  it('a store that hangs costs a request no more than the timeout', async () => {
    const clock = new FakeClock();
    for (const timeoutMs of [250, 40]) {
      const limiter = new RateLimiter(silentStore(), { clock, ...(timeoutMs !== 250 && { timeoutMs }) });
      const startedAt = clock.monotonic();
      const results = await clock.run(Promise.all(times(20, () => limiter.checkLimit('a', limit))));
      expect(admitted(results)).toBe(20);
      expect(clock.monotonic() - startedAt).toBe(timeoutMs);
    }
  });

  it('a call that hangs does not hold up the checks after it', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const hanging = [new Promise<never>(() => {})];
    const get: KvStore['get'] = (key) => hanging.pop() ?? memory.get(key);
    const limiter = new RateLimiter({ ...silentStore(), get, put: memory.put.bind(memory) }, { clock });
    expect((await clock.run(limiter.checkLimit('a', limit))).source).toBe('fallback');
    expect((await clock.run(limiter.checkLimit('a', limit))).source).toBe('store');
  });

  it('a denial is not made up: nothing is remembered, and the store is asked again', async () => {
    const { clock, store, limiter } = outage({ onFailure: 'local', instances: 10 });
    await clock.run(Promise.all(times(5, () => limiter.checkLimit('a', limit))));
    store.faults.stop();
    expect(await clock.run(limiter.checkLimit('a', limit))).toMatchObject({ allowed: true, source: 'store' });
  });

  it('local forgets with a reset what it counted in an outage before', async () => {
    const { clock, store, limiter } = outage({ onFailure: 'local' });
    await clock.run(limiter.checkLimit('a', limit, { cost: 10 }));
    store.faults.stop();
    await clock.run(limiter.reset('a'));
    store.faults.outage();
    const result = await clock.run(limiter.checkLimit('a', limit));
    expect(result).toMatchObject({ allowed: true, remaining: 9, source: 'fallback' });
  });

  it('a grant of the policy brings nothing back', async () => {
    const { clock, store, limiter } = outage();
    const granted = await clock.run(limiter.checkLimit('a', limit));
    store.faults.stop();
    await clock.run(limiter.checkLimit('a', limit, { cost: 10 }));
    await clock.run(limiter.refund('a', limit, granted));
    expect((await clock.run(limiter.peek('a', limit))).remaining).toBe(0);
  });

  it('peek, refund, block and reset throw: there is nothing to fall back on', async () => {
    const { clock, limiter } = outage();
    const calls: readonly (() => Promise<unknown>)[] = [
      () => limiter.peek('a', limit),
      () => limiter.refund('a', limit),
      () => limiter.block('a', 1_000),
      () => limiter.reset('a'),
    ];
    for (const call of calls) {
      await expect(clock.run(call())).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    }
  });

  it('block and reset wait for the store longer than a check: nothing stands in for them', async () => {
    const { clock, store, limiter } = outage();
    store.faults.outage(2_000);
    await clock.run(limiter.block('a', 60_000));
    expect(await clock.run(limiter.checkLimit('a', limit))).toMatchObject({
      allowed: false,
      source: 'store',
    });
    store.faults.outage(2_000);
    await clock.run(limiter.reset('a'));
    expect(await clock.run(limiter.checkLimit('a', limit))).toMatchObject({ allowed: true, source: 'store' });
  });

  it('a refund that certainly failed may be made again', async () => {
    const memory = createMemoryStore();
    const limiter = new RateLimiter(memory);
    const granted = await limiter.checkLimit('a', limit);
    const { put } = memory;
    memory.put = () => Promise.reject(new NoriKVError('refused', { code: 'UNAUTHENTICATED' }));
    await expect(limiter.refund('a', limit, granted)).rejects.toMatchObject({ outcome: 'not-applied' });
    memory.put = put.bind(memory);
    await limiter.refund('a', limit, granted);
    expect((await limiter.peek('a', limit)).remaining).toBe(10);
  });

  it('checkAll brings back what it took where a later check fails', async () => {
    const clock = new FakeClock();
    const decide = ({ key }: FaultCandidate) => (key === 'ratelimit:b' ? 'lost-request' : undefined);
    const store = withFaults(createMemoryStore({ clock }), { clock, decide });
    const limiter = new RateLimiter(store, { clock, onFailure: 'closed' });
    const checks = clock.run(
      limiter.checkAll([
        { identifier: 'a', limits: limit },
        { identifier: 'b', limits: limit },
      ]),
    );
    await expect(checks).rejects.toMatchObject({ code: 'RATE_LIMIT_UNAVAILABLE' });
    expect((await limiter.peek('a', limit)).remaining).toBe(10);
  });

  it('checkAll goes on where bringing back fails', async () => {
    const clock = new FakeClock();
    let writes = 0;
    const store = withFaults(createMemoryStore({ clock }), {
      clock,
      decide({ operation, key }) {
        if (operation !== 'put' || key !== 'ratelimit:a') return undefined;
        writes += 1;
        return writes > 1 ? 'lost-request' : undefined;
      },
    });
    const limiter = new RateLimiter(store, { clock });
    const one = { maxRequests: 1, windowMs: 60_000 };
    await clock.run(limiter.checkLimit('b', one));
    const result = await clock.run(
      limiter.checkAll([
        { identifier: 'a', limits: limit },
        { identifier: 'b', limits: one },
      ]),
    );
    expect(result).toMatchObject({ allowed: false, limit: 1 });
    expect(writes).toBeGreaterThan(1);
    expect((await clock.run(limiter.peek('a', limit))).remaining).toBe(9);
  });
});

describe('where other processes win until the time is over', () => {
  const contended = (clock: FakeClock): KvStore => {
    const memory = createMemoryStore({ clock, latencyMs: 2 });
    let version = 0;
    return {
      ...silentStore(),
      get: (key) => memory.get(key),
      put: async (key, value, options) => {
        version += 1;
        await memory.put(key, `f:x ${(9e12 + version).toString(36)} 0`);
        return memory.put(key, value, options);
      },
    };
  };

  it.each([
    ['closed', { allowed: false, remaining: 0, retryAfterMs: 250 }],
    ['open', { allowed: true }],
    ['local', { allowed: true, remaining: 9 }],
  ] as const)('%s decides', async (onFailure, expected) => {
    const clock = new FakeClock();
    const limiter = new RateLimiter(contended(clock), { clock, onFailure, random: () => 0.5 });
    const result = await clock.run(limiter.checkLimit('a', limit));
    expect(result).toMatchObject({ ...expected, source: 'fallback' });
  });

  it('closed reports no wait that is longer than the limit', async () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter(contended(clock), { clock, onFailure: 'closed', random: () => 0.5 });
    const short = { maxRequests: 10, windowMs: 100 };
    const result = await clock.run(limiter.checkLimit('a', short));
    expect(result).toMatchObject({ allowed: false, retryAfterMs: 100, source: 'fallback' });
  });
});

describe('what no policy hides', () => {
  it('a call that was cancelled', async () => {
    const { clock, events, limiter } = outage();
    const aborted = AbortSignal.abort(new Error('gone'));
    await expect(limiter.checkLimit('a', limit, { signal: aborted })).rejects.toMatchObject({
      code: 'CANCELLED',
      outcome: 'not-applied',
    });
    const controller = new AbortController();
    const silent = new RateLimiter(silentStore(), { clock });
    const waiting = silent.checkLimit('a', limit, { signal: controller.signal });
    await clock.advance(10);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED', outcome: 'unknown' });
    expect(events).toEqual([]);
  });

  it.each([{}, 'x', 5, { aborted: false }])(
    '%j is no signal, and no reason to let requests pass',
    async (signal) => {
      const limiter = new RateLimiter(createMemoryStore());
      const options = { signal: signal as AbortSignal };
      for (const check of [
        limiter.checkLimit('a', limit, options),
        limiter.checkAll([{ identifier: 'a', limits: limit }], options),
      ]) {
        await expect(check).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      }
      expect((await limiter.peek('a', limit)).resetAfterMs).toBe(0);
    },
  );

  it('options that are null are refused by name', async () => {
    const limiter = new RateLimiter(createMemoryStore());
    await expect(limiter.checkLimit('a', limit, null as unknown as object)).rejects.toThrow(
      'options is null',
    );
    await expect(limiter.refund('a', limit, null as unknown as { cost: 1 })).rejects.toThrow(
      'granted is null',
    );
    await expect(limiter.refund('a', limit, 5 as never)).rejects.toThrow('granted is 5; use a result or');
  });

  it('an option that is misspelt is refused: the request would be cheap', async () => {
    const limiter = new RateLimiter(createMemoryStore());
    const misspelt = { costs: 5 } as object;
    for (const answer of [limiter.checkLimit('a', limit, misspelt), limiter.peek('a', limit, misspelt)]) {
      await expect(answer).rejects.toThrow('an option is "costs"; use cost, signal');
    }
    await expect(
      limiter.checkAll([{ identifier: 'a', limits: limit }], { cost: 5 } as object),
    ).rejects.toThrow('an option is "cost"; use signal');
  });

  it('a signal that does not end is left without listeners', async () => {
    const { signal } = new AbortController();
    const limiter = new RateLimiter(createMemoryStore());
    const waiting = limiter.checkLimit('a', limit, { signal });
    await Promise.resolve();
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    expect((await waiting).allowed).toBe(true);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('a store that cannot do it', async () => {
    const store: KvStore = {
      ...silentStore(),
      get: () => Promise.reject(new UnsupportedError('no reads')),
    };
    await expect(new RateLimiter(store).checkLimit('a', limit)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    });
  });
});

describe('an outcome that is not known', () => {
  /** The next write lands, another one follows, and the reply is lost. */
  function loseNextReply(memory: MemoryStore): void {
    const put = memory.put.bind(memory);
    memory.put = async (key, value, options) => {
      memory.put = put;
      await put(key, value, options);
      await put(key, (await memory.get(key)).value);
      throw new UnavailableError('lost');
    };
  }

  it('of a check costs a permit and grants none', async () => {
    const { clock, memory, all } = startProcesses(1);
    const [{ limiter }] = all;
    await limiter.checkLimit('a', limit);
    loseNextReply(memory);
    expect(await clock.run(limiter.checkLimit('a', limit))).toMatchObject({ allowed: true, remaining: 7 });
  });

  it('is not tried to settle for ever: three times at most', async () => {
    const { clock, memory, all } = startProcesses(1);
    const [{ limiter }] = all;
    let writes = 0;
    const put = memory.put.bind(memory);
    memory.put = async (key, value, options) => {
      writes += 1;
      await put(key, value, options);
      await put(key, (await memory.get(key)).value);
      throw new UnavailableError('lost');
    };
    await expect(clock.run(limiter.block('a', 60_000))).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(writes).toBe(3);
  });

  it('of a refund is settled: it is applied once', async () => {
    const { clock, memory, all } = startProcesses(1);
    const [{ limiter }] = all;
    const granted = await limiter.checkLimit('a', limit);
    await limiter.checkLimit('a', limit, { cost: 5 });
    loseNextReply(memory);
    await clock.run(limiter.refund('a', limit, granted));
    await limiter.refund('a', limit, granted);
    expect((await limiter.peek('a', limit)).remaining).toBe(5);
  });
});
