import {
  type KvStore,
  NoriKVError,
  UnavailableError,
  type Version,
  VersionMismatchError,
} from '@norikv/store';
import { countCalls, createMemoryStore, FakeClock, seededRandom } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { RateLimiter } from '../src/index.js';
import { startProcesses, times } from './processes.js';

const limit = { maxRequests: 20, windowMs: 3_600_000, algorithm: 'fixed-window' } as const;

/** What becomes of a write; `send` gives it to the store. */
type Fate = (send: () => Promise<Version>) => Promise<Version>;

/** A process whose next writes fare as told, and another one. Both took five permits. */
async function setup() {
  const clock = new FakeClock();
  const memory = createMemoryStore({ clock });
  const fates: Fate[] = [];
  const reads = { fail: false };
  const store: KvStore = {
    capabilities: memory.capabilities,
    get: (key, options) =>
      reads.fail
        ? Promise.reject(new NoriKVError('refused', { code: 'UNAUTHENTICATED' }))
        : memory.get(key, options),
    put: (key, value, options) => {
      const send = (): Promise<Version> => memory.put(key, value, options);
      return (fates.shift() ?? ((deliver) => deliver()))(send);
    },
    delete: (key, options) => memory.delete(key, options),
  };
  const counted = countCalls(store);
  const limiter = new RateLimiter(counted, { clock, random: () => 0.5 });
  const other = new RateLimiter(memory, { clock, random: seededRandom(1) });
  const granted = await limiter.checkLimit('a', limit, { cost: 5 });
  await other.checkLimit('a', limit, { cost: 5 });
  await limiter.peek('a', limit);
  /** It lands, and nobody can find out. */
  const unsettled: Fate = async (send) => {
    await send();
    reads.fail = true;
    throw new UnavailableError('lost');
  };
  return {
    fates,
    unsettled,
    reads,
    counted,
    limiter,
    other,
    granted,
    refund: () => clock.run(limiter.refund('a', limit, granted)),
    remaining: async () => (await other.peek('a', limit)).remaining,
  };
}

describe('a refund', () => {
  it('that lost a race is made', async () => {
    const { fates, other, refund, remaining } = await setup();
    for (const _ of times(3, () => 0)) {
      fates.push(async (send) => {
        await other.refund('a', limit);
        return send();
      });
    }
    await refund();
    expect(await remaining()).toBe(18);
  });

  it('that lost a race is made, also where others were refunded long before', async () => {
    const { fates, limiter, other, refund, remaining } = await setup();
    await other.checkLimit('a', limit, { cost: 10 });
    for (const _ of times(12, () => 0)) await other.refund('a', limit);
    await limiter.peek('a', limit);
    fates.push(async (send) => {
      await other.refund('a', limit);
      return send();
    });
    await refund();
    expect(await remaining()).toBe(18);
  });

  it('that lost its races against many other processes is made', async () => {
    const { clock, all } = startProcesses(24, { latencyMs: 3, timeoutMs: 5_000 });
    const [{ limiter: looker }] = all;
    const plenty = { ...limit, maxRequests: 24 };
    const checks = all.map(({ limiter }) => limiter.checkLimit('a', plenty));
    const refunds = all.map(async ({ limiter }, process) =>
      limiter.refund('a', plenty, await checks[process]),
    );
    await clock.run(Promise.all(refunds));
    expect((await clock.run(looker.peek('a', plenty))).remaining).toBe(24);
  });

  it('that landed although its race was called lost is not made again', async () => {
    const { fates, other, refund, remaining } = await setup();
    fates.push(async (send) => {
      await send();
      await other.checkLimit('a', limit);
      await other.refund('a', limit);
      throw new VersionMismatchError('resent by a careless client');
    });
    await refund();
    expect(await remaining()).toBe(15);
  });

  it('whose reply was lost is made once, whether it landed or not', async () => {
    for (const isLanding of [true, false]) {
      const { fates, other, refund, remaining } = await setup();
      fates.push(async (send) => {
        if (isLanding) await send();
        await other.refund('a', limit);
        throw new UnavailableError('lost');
      });
      await refund();
      expect(await remaining()).toBe(16);
    }
  });

  it.each([
    [true, 17],
    [false, 12],
  ])('is not made again where it cannot be told any more (landed: %s)', async (isLanding, expected) => {
    const { fates, other, limiter, granted, refund, remaining } = await setup();
    fates.push(async (send) => {
      if (isLanding) await send();
      await other.checkLimit('a', limit, { cost: 10 });
      for (const _ of times(12, () => 0)) await other.refund('a', limit);
      throw new VersionMismatchError('lost, or not');
    });
    await expect(refund()).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', outcome: 'unknown' });
    await limiter.refund('a', limit, granted);
    expect(await remaining()).toBe(expected);
  });

  it('is not called failed because finding out what became of it failed', async () => {
    const { fates, unsettled, reads, limiter, granted, refund, remaining } = await setup();
    fates.push(unsettled);
    await expect(refund()).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    reads.fail = false;
    await limiter.refund('a', limit, granted);
    expect(await remaining()).toBe(15);
  });

  it('that may have been made leaves no denial in mind', async () => {
    const { fates, unsettled, reads, limiter, other, refund } = await setup();
    await other.checkLimit('a', limit, { cost: 10 });
    expect(await limiter.checkLimit('a', limit)).toMatchObject({ allowed: false, source: 'store' });
    expect(await limiter.checkLimit('a', limit)).toMatchObject({ allowed: false, source: 'memory' });
    fates.push(unsettled);
    await expect(refund()).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    reads.fail = false;
    expect(await limiter.checkLimit('a', limit)).toMatchObject({ allowed: true, source: 'store' });
  });

  it('shares a write with others, and those that come during a write share the next', async () => {
    const { fates, counted, limiter, remaining } = await setup();
    const late: Promise<void>[] = [];
    fates.push((send) => {
      late.push(...times(4, () => limiter.refund('a', limit)));
      return send();
    });
    counted.reset();
    await Promise.all(times(4, () => limiter.refund('a', limit)));
    await Promise.all(late);
    expect(await remaining()).toBe(18);
    expect(counted.calls.put).toBeLessThanOrEqual(3);
  });

  it('that failed does not fail the one that waits for it, and may be made again', async () => {
    const { fates, limiter, refund, remaining } = await setup();
    let waiting: Promise<void> | undefined;
    fates.push(async () => {
      waiting = limiter.refund('a', limit);
      throw new NoriKVError('refused', { code: 'UNAUTHENTICATED' });
    });
    await expect(refund()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await waiting;
    expect(await remaining()).toBe(11);
    await refund();
    expect(await remaining()).toBe(16);
  });

  it('of several identifiers is made for each of them, with the one result, once', async () => {
    const limiter = new RateLimiter(createMemoryStore());
    const account = { identifier: 'account', limits: limit, cost: 3 };
    const address = { identifier: 'address', limits: { ...limit, maxRequests: 7 }, cost: 2 };
    const device = { identifier: 'account', limits: { ...limit, name: 'device' } };
    const left = async (): Promise<number[]> =>
      Promise.all(
        [account, address, device].map(async ({ identifier, limits }) => {
          return (await limiter.peek(identifier, limits)).remaining;
        }),
      );
    const granted = await limiter.checkAll([account, address, device]);
    expect(await left()).toEqual([17, 5, 19]);
    for (const _ of times(2, () => 0)) await limiter.refund('account', account.limits, granted);
    expect(await left()).toEqual([20, 5, 19]);
    for (const _ of times(2, () => 0)) await limiter.refund('address', address.limits, granted);
    expect(await left()).toEqual([20, 7, 19]);
    await expect(limiter.refund('other', limit, granted)).rejects.toThrow('granted is of another identifier');
    await limiter.refund('account', device.limits, granted);
    expect(await left()).toEqual([20, 7, 20]);
  });

  it('of one identifier that was checked twice is made twice, with the one result', async () => {
    const limiter = new RateLimiter(createMemoryStore());
    const account = { identifier: 'a', limits: limit, cost: 3 };
    const left = async (): Promise<number> => (await limiter.peek('a', limit)).remaining;
    const granted = await limiter.checkAll([account, { ...account, cost: 2 }, { ...account, cost: 1 }]);
    for (const remaining of [17, 19, 20, 20]) {
      await limiter.refund('a', limit, granted);
      expect(await left()).toBe(remaining);
    }
  });

  it('of one identifier that was checked twice passes over what was granted before a reset', async () => {
    const memory = createMemoryStore();
    const put = memory.put.bind(memory);
    const limiter = new RateLimiter(memory);
    memory.put = async (key, ...rest) => {
      if (key === 'ratelimit:b') await limiter.reset('a');
      return put(key, ...rest);
    };
    const account = { identifier: 'a', limits: limit };
    const granted = await limiter.checkAll([account, { identifier: 'b', limits: limit }, account]);
    expect((await limiter.peek('a', limit)).remaining).toBe(19);
    await limiter.refund('a', limit, granted);
    expect((await limiter.peek('a', limit)).remaining).toBe(20);
  });

  it('of several identifiers is made where the policy passed the last of them, and not after a denial', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const put = memory.put.bind(memory);
    memory.put = (key, ...rest) =>
      key === 'ratelimit:b' ? Promise.reject(new UnavailableError('down')) : put(key, ...rest);
    const limiter = new RateLimiter(memory, { clock });
    const [a, b] = [
      { identifier: 'a', limits: limit },
      { identifier: 'b', limits: limit },
    ];
    const passed = await clock.run(limiter.checkAll([a, b]));
    expect(passed).toMatchObject({ allowed: true, source: 'fallback' });
    await limiter.refund('a', limit, passed);
    await limiter.refund('b', limit, passed);
    expect((await limiter.peek('a', limit)).remaining).toBe(20);
    await limiter.block('c', 1_000);
    const denied = await limiter.checkAll([a, { identifier: 'c', limits: limit }]);
    await limiter.refund('a', limit, denied);
    expect((await limiter.peek('a', limit)).remaining).toBe(20);
  });

  it('that comes after the end of a window begins no other one', async () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter(createMemoryStore({ clock }), { clock });
    const minute = { ...limit, windowMs: 60_000, name: 'minute' };
    const granted = await limiter.checkLimit('a', [minute, limit]);
    await clock.advance(60_000);
    await limiter.refund('a', [minute, limit], granted);
    await clock.advance(50_000);
    const { limits } = await limiter.checkLimit('a', [minute, limit]);
    expect(limits).toMatchObject([
      { remaining: 19, resetAfterMs: 60_000 },
      { remaining: 19, resetAfterMs: 3_490_000 },
    ]);
  });

  it('brings nothing back after a reset that may have been made', async () => {
    const { unsettled, fates, reads, limiter, other, refund, remaining } = await setup();
    fates.push(unsettled);
    await expect(limiter.reset('a')).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    reads.fail = false;
    await other.checkLimit('a', limit, { cost: 5 });
    await refund();
    expect(await remaining()).toBe(15);
  });
});

describe('a reset', () => {
  it.each([true, false])('whose reply was lost is made once (landed: %s)', async (isLanding) => {
    const { fates, limiter, other, remaining } = await setup();
    fates.push(async (send) => {
      if (isLanding) await send();
      await other.checkLimit('a', limit, { cost: 3 });
      throw new UnavailableError('lost');
    });
    await limiter.reset('a');
    expect(await remaining()).toBe(isLanding ? 17 : 20);
  });

  it('that lost a race against another one is made', async () => {
    const { limiter, other, remaining } = await setup();
    await other.refund('a', limit);
    await limiter.peek('a', limit);
    await other.reset('a');
    await other.checkLimit('a', limit, { cost: 3 });
    await limiter.reset('a');
    expect(await remaining()).toBe(20);
  });

  it('is not made again where it cannot be told any more', async () => {
    const { fates, limiter, other, remaining } = await setup();
    fates.push(async (send) => {
      await send();
      await other.checkLimit('a', limit, { cost: 15 });
      for (const _ of times(12, () => 0)) await other.refund('a', limit);
      throw new UnavailableError('lost');
    });
    await expect(limiter.reset('a')).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', outcome: 'unknown' });
    expect(await remaining()).toBe(17);
  });
});
