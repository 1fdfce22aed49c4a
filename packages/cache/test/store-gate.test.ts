import {
  AlreadyExistsError,
  InvalidArgumentError,
  NoriKVError,
  UnavailableError,
  VersionMismatchError,
} from '@norikv/store';
import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { StoreGate } from '../src/store-gate.js';

const down = new UnavailableError('down', { outcome: 'not-applied' });

function gate() {
  const clock = new FakeClock();
  const states: string[] = [];
  const failures: unknown[] = [];
  const own = new StoreGate(createMemoryStore({ clock }), {
    storeTimeoutMs: 1_000,
    breakerFailures: 3,
    breakerMs: 2_000,
    clock,
    onFailure: (error) => void failures.push(error),
    onBreaker: (state) => void states.push(state),
  });
  let calls = 0;
  const send = (answer: () => Promise<unknown>) => () => {
    calls += 1;
    return answer();
  };
  const fail = (error: unknown = down): Promise<unknown> =>
    own.call(send(() => Promise.reject(error))).catch((caught: unknown) => caught);
  const succeed = (): Promise<unknown> => own.call(send(async () => 'answer'));
  return { clock, own, states, failures, send, fail, succeed, calls: () => calls };
}

describe('the way to a store', () => {
  it('is closed after failures in a row, and open again after one call that succeeds', async () => {
    const { clock, states, failures, fail, succeed, calls } = gate();
    for (const _ of [1, 2]) expect(await fail()).toBe(down);
    await succeed();
    for (const _ of [1, 2, 3]) await fail();
    expect([states, failures.length, calls()]).toEqual([['open'], 5, 6]);
    await expect(succeed()).rejects.toMatchObject({ code: 'UNAVAILABLE', outcome: 'not-applied' });
    await clock.advance(1_999);
    await expect(succeed()).rejects.toThrow('is left alone for a while');
    expect(calls()).toBe(6);
    await clock.advance(1);
    expect(await fail()).toBe(down);
    await expect(succeed()).rejects.toThrow('is left alone for a while');
    await clock.advance(2_000);
    expect(await succeed()).toBe('answer');
    expect(await succeed()).toBe('answer');
    expect(states).toEqual(['open', 'closed']);
  });

  it('lets one call look; the others are refused until it has answered', async () => {
    const { clock, own, fail, succeed, send, calls } = gate();
    for (const _ of [1, 2, 3]) await fail();
    await clock.advance(2_000);
    let answer = (): void => {};
    const looking = own.call(send(() => new Promise((resolve) => (answer = () => resolve('answer')))));
    await expect(succeed()).rejects.toThrow('is left alone for a while');
    answer();
    expect(await looking).toBe('answer');
    expect(await succeed()).toBe('answer');
    expect(calls()).toBe(5);
  });

  it.each([
    new VersionMismatchError('other'),
    new AlreadyExistsError('there'),
    new InvalidArgumentError('wrong'),
  ])('takes an answer for no failure: %o', async (error) => {
    const { states, failures, fail, succeed } = gate();
    for (const _ of [1, 2]) await fail();
    expect(await fail(error)).toBe(error);
    for (const _ of [1, 2]) await fail();
    for (const _ of [1, 2, 3, 4]) await fail(error);
    expect(await succeed()).toBe('answer');
    expect([states, failures.length]).toEqual([[], 4]);
  });

  it.each([new NoriKVError('odd', { code: 'ODD' }), new TypeError('bug')])(
    'takes %o for a failure',
    async (error) => {
      const { states, fail } = gate();
      for (const _ of [1, 2, 3]) await fail(error);
      expect(states).toEqual(['open']);
    },
  );

  it('takes a call for failed that does not answer in time', async () => {
    const { clock, own, failures } = gate();
    const waiting = own.call(() => new Promise(() => {}));
    const late = expect(waiting).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'unknown' });
    await clock.advance(1_000);
    await late;
    expect(failures).toHaveLength(1);
  });
});

describe('a call that is insisted on', () => {
  it('is made three times, a bit later each time, also while the store is left alone', async () => {
    const { clock, own, fail, send, calls } = gate();
    for (const _ of [1, 2, 3]) await fail();
    const startedAt = clock.monotonic();
    const insisting = clock.run(
      own.insist(send(() => Promise.reject(down))).catch((error: unknown) => error),
    );
    expect(await insisting).toBe(down);
    expect([calls(), clock.monotonic() - startedAt]).toEqual([6, 25 + 50]);
  });

  it('is made once where another time would not help', async () => {
    const { clock, own, send, calls } = gate();
    for (const error of [new TypeError('bug'), new UnavailableError('no', { retryable: false })]) {
      await expect(clock.run(own.insist(send(() => Promise.reject(error))))).rejects.toBe(error);
    }
    expect(calls()).toBe(2);
  });
});
