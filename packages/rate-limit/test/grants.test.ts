import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { RateLimiter, type RateLimiterOptions } from '../src/index.js';
import { admitted, times } from './processes.js';

const limit = { maxRequests: 5, windowMs: 60_000 };
const daily = { maxRequests: 50, windowMs: 86_400_000 };

function setup(options: RateLimiterOptions = {}) {
  const clock = new FakeClock();
  const store = createMemoryStore({ clock });
  const limiter = new RateLimiter(store, { clock, ...options });
  const other = new RateLimiter(store, { clock });
  const take = (count: number) => Promise.all(times(count, () => limiter.checkLimit('a', limit)));
  const remaining = async (): Promise<number> => (await other.peek('a', limit)).remaining;
  return { clock, limiter, other, take, remaining };
}

describe('a refund brings nothing back', () => {
  it('for a peek', async () => {
    const { limiter, take, remaining } = setup();
    await take(4);
    await limiter.refund('a', limit, await limiter.peek('a', limit));
    expect(await remaining()).toBe(1);
  });

  it('for a copy of a result, or for the result of another limiter', async () => {
    const { limiter, other, take, remaining } = setup();
    const [granted] = await take(4);
    if (!granted) throw new Error('nothing was granted');
    await limiter.refund('a', limit, { ...granted });
    await limiter.refund('a', limit, JSON.parse(JSON.stringify(granted)));
    await other.refund('a', limit, granted);
    expect(await remaining()).toBe(1);
    await limiter.refund('a', limit, granted);
    expect(await remaining()).toBe(2);
  });

  it('for what was granted before a reset that others have pushed out of the memory', async () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter(createMemoryStore({ clock }), { clock, maxIdentifiers: 2 });
    const before = await limiter.checkLimit('a', limit);
    for (const identifier of ['a', 'b', 'c']) await limiter.reset(identifier);
    await limiter.checkLimit('a', limit);
    await limiter.refund('a', limit, before);
    expect((await limiter.peek('a', limit)).remaining).toBe(4);
  });

  it('for what was granted before a reset', async () => {
    const { limiter, take, remaining } = setup();
    const before = await take(5);
    await limiter.reset('a');
    expect(admitted(await take(6))).toBe(5);
    for (const granted of before) await limiter.refund('a', limit, granted);
    expect(await remaining()).toBe(0);
  });

  it.each([
    ['that shared a write', {}],
    ['that were handed out from a chunk', { chunk: 5 }],
  ])('for permits %s and came back by themselves', async (_, options) => {
    const { clock, limiter, other, take, remaining } = setup(options);
    const granted = [...(await take(1)), ...(await take(4))];
    // Four are back by now, and somebody else has them.
    await clock.advance(48_000);
    for (const _ of times(4, () => 0)) expect((await other.checkLimit('a', limit)).allowed).toBe(true);
    for (const each of granted) await limiter.refund('a', limit, each);
    expect(await remaining()).toBe(1);
  });

  it('to another identifier or other limits: it is refused', async () => {
    const { limiter } = setup();
    const granted = await limiter.checkLimit('a', [limit, daily]);
    for (const wrong of [
      limiter.refund('b', [limit, daily], granted),
      limiter.refund('a', daily, granted),
      limiter.refund('a', [daily, limit], granted),
    ]) {
      await expect(wrong).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    await limiter.refund('a', [limit, daily], granted);
    const { limits } = await limiter.peek('a', [limit, daily]);
    expect(limits.map(({ remaining }) => remaining)).toEqual([5, 50]);
  });
});

describe('a result that one caller changes', () => {
  it('stays what it is for the others, and for the memory', async () => {
    const { limiter, take } = setup();
    const [, , , , granted, denied, other] = await take(7);
    await limiter.block('b', 60_000);
    const blocked = await limiter.checkLimit('b', limit);
    for (const parts of [granted?.limits, granted?.grants, denied?.limits, blocked.limits]) {
      expect(Object.isFrozen(parts)).toBe(true);
    }
    expect(() => Object.assign(denied ?? {}, { retryAfterMs: 0 })).toThrow(TypeError);
    expect(() => Object.assign(denied?.limits[0] ?? {}, { retryAfterMs: 0 })).toThrow(TypeError);
    expect(() => Object.assign(blocked.limits[0] ?? {}, { remaining: 9 })).toThrow(TypeError);
    expect(other?.retryAfterMs).toBe(12_000);
    expect(await limiter.checkLimit('a', limit)).toMatchObject({ allowed: false, retryAfterMs: 12_000 });
  });
});
