import { createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { CounterBoundError, type CounterBounds, DistributedCounter } from '../src/index.js';
import { startProcesses, times } from './simulation.js';

const bounded = async (value: bigint, bounds: CounterBounds): Promise<DistributedCounter> => {
  const store = createMemoryStore();
  await new DistributedCounter(store, 'n').add(value);
  return new DistributedCounter(store, 'n', { bounds });
};

describe('bounds that reject', () => {
  it('refuse an add that would pass them, with the facts, and apply nothing', async () => {
    const counter = await bounded(48n, { min: 0, max: 50n });
    await expect(counter.add(3)).rejects.toThrow(CounterBoundError);
    await expect(counter.incrementBy(3)).rejects.toMatchObject({
      code: 'COUNTER_BOUND',
      outcome: 'not-applied',
      retryable: false,
      value: 48n,
      delta: 3n,
      bound: 50n,
      message: '48 + 3 would pass the bound 50',
    });
    const refusal = await counter.add(3).catch((error: unknown) => error);
    expect(JSON.parse(JSON.stringify(refusal))).toMatchObject({ code: 'COUNTER_BOUND' });
    await expect(counter.add(-49)).rejects.toMatchObject({ value: 48n, delta: -49n, bound: 0n });
    expect(await counter.value()).toBe(48n);
    expect(await counter.add(2)).toBe(50n);
    expect(await counter.add(-50)).toBe(0n);
  });

  it('may leave one value alone', async () => {
    const counter = await bounded(5n, { min: 5, max: 5n });
    expect(await counter.add(0)).toBe(5n);
    for (const delta of [1, -1]) await expect(counter.add(delta)).rejects.toThrow(CounterBoundError);
  });

  it('let exactly max - min adds of many processes through', async () => {
    const { clock, all } = startProcesses(5, { latencyMs: () => 2 });
    const bounds = { min: -10, max: 40 };
    const counters = all.map(
      ({ store, options }) => new DistributedCounter(store, 'n', { ...options, bounds }),
    );
    await clock.run(Promise.all([counters[0]?.reset(-10)]));
    const adds = counters.flatMap((counter) => times(20, () => counter.increment()));
    const results = await clock.run(Promise.allSettled(adds));
    const sold = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(sold.sort((a, b) => a - b)).toEqual(times(50, (position) => position - 9));
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(refused).toHaveLength(50);
    for (const error of refused) expect(error).toMatchObject({ code: 'COUNTER_BOUND', value: 40n });
  });

  it('never decide on a remembered value', async () => {
    const { all } = startProcesses(2);
    const bounds = { max: 1 };
    const [one, other] = all.map(
      ({ store, options }) => new DistributedCounter(store, 'n', { ...options, bounds }),
    );
    await one?.increment();
    await other?.decrement();
    expect(await one?.increment()).toBe(1);
  });

  it('do not record an operation id that was refused', async () => {
    const counter = await bounded(1n, { max: 1 });
    await expect(counter.add(1, { opId: 'a' })).rejects.toMatchObject({ code: 'COUNTER_BOUND' });
    await counter.decrement();
    expect(await counter.add(1, { opId: 'a' })).toBe(1n);
  });
});

describe('bounds that clamp', () => {
  it('let an add go as far as the bound', async () => {
    const counter = await bounded(8n, { min: 0, max: 10, onBound: 'clamp' });
    expect(await counter.add(5)).toBe(10n);
    expect(await counter.add(5)).toBe(10n);
    expect(await counter.add(-(2n ** 80n))).toBe(0n);
    expect(await counter.decrement()).toBe(0);
  });

  it('record an operation id also where nothing moved', async () => {
    const counter = await bounded(10n, { max: 10, onBound: 'clamp' });
    expect(await counter.add(1, { opId: 'a' })).toBe(10n);
    await counter.add(-5);
    expect(await counter.add(1, { opId: 'a' })).toBe(10n);
    expect(await counter.value()).toBe(5n);
  });
});

describe('a value outside the bounds', () => {
  it('may move towards them and not away', async () => {
    const above = await bounded(60n, { max: 50 });
    await expect(above.add(1)).rejects.toMatchObject({ code: 'COUNTER_BOUND' });
    expect(await above.add(0)).toBe(60n);
    expect(await above.add(-5)).toBe(55n);
    const below = await bounded(1n, { min: 5 });
    await expect(below.add(-1)).rejects.toMatchObject({ code: 'COUNTER_BOUND' });
    expect(await below.add(0)).toBe(1n);
    expect(await below.add(2)).toBe(3n);
  });

  it('is not pulled to them by clamping', async () => {
    const above = await bounded(60n, { max: 50, onBound: 'clamp' });
    expect(await above.add(1)).toBe(60n);
    expect(await above.add(-1)).toBe(59n);
    const below = await bounded(-9n, { min: 0, onBound: 'clamp' });
    expect(await below.add(-1)).toBe(-9n);
    expect(await below.add(4)).toBe(-5n);
  });
});

describe('reset', () => {
  it('keeps to the bounds', async () => {
    const counter = await bounded(3n, { min: 0, max: 10 });
    await expect(counter.reset(11)).rejects.toMatchObject({ code: 'COUNTER_BOUND', bound: 10n });
    await expect(counter.reset(-1n)).rejects.toMatchObject({ code: 'COUNTER_BOUND', bound: 0n });
    expect(await counter.reset(10)).toBe(3n);
    const clamping = await bounded(3n, { max: 10, onBound: 'clamp' });
    await clamping.reset(11);
    expect(await clamping.value()).toBe(10n);
  });

  it('keeps to bounds that leave 0 out, and from wherever the value is', async () => {
    const counter = await bounded(20n, { min: 10, max: 50 });
    for (const to of [undefined, 9, -1n, 51]) {
      const bound = to === 51 ? 50n : 10n;
      await expect(counter.reset(to)).rejects.toMatchObject({ code: 'COUNTER_BOUND', value: 20n, bound });
    }
    expect(await counter.reset(10)).toBe(20n);
    expect(await counter.reset(50)).toBe(10n);
    const above = await bounded(60n, { max: 50 });
    await expect(above.reset(55)).rejects.toMatchObject({ value: 60n, delta: -5n, bound: 50n });
    for (const [to, value] of [
      [0n, 10n],
      [70n, 50n],
      [30n, 30n],
    ] as const) {
      const clamping = await bounded(60n, { min: 10, max: 50, onBound: 'clamp' });
      expect(await clamping.reset(to)).toBe(60n);
      expect(await clamping.value()).toBe(value);
    }
  });
});

describe('bounds that make no sense', () => {
  it.each([
    [{ min: 2, max: 1 }, 'bounds.min is 2n; use at most bounds.max'],
    [{ min: Number.NaN }, 'bounds.min is NaN; use a safe integer or a bigint'],
    [{ max: 0.5 }, 'bounds.max is 0.5; use a safe integer or a bigint'],
    [{ max: 1, onBound: 'wrap' as 'clamp' }, 'onBound is "wrap"; use "reject" or "clamp"'],
    [{ maximum: 50 } as object, 'an option of bounds is "maximum"; use min, max, onBound'],
    [50 as never, 'bounds is 50; use an object, or leave it out'],
    [null as never, 'bounds is null; use an object, or leave it out'],
  ])('are refused by name: %o', (bounds, message) => {
    const make = () => new DistributedCounter(createMemoryStore(), 'n', { bounds });
    expect(make).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', message }));
  });
});
