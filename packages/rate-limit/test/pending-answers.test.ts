import { FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { Bursts } from '../src/bursts.js';
import { Denials } from '../src/denials.js';
import { Grants } from '../src/grants.js';
import { limitsOf } from '../src/limit.js';
import { PendingAnswers } from '../src/pending-answers.js';

const untouched = { isOutdated: false, isForgotten: false };

describe('an answer that is on its way', () => {
  it('is outdated when permits come back, and forgotten when its record is reset, by its key alone', () => {
    const pending = new PendingAnswers();
    const [first, second, other] = [pending.follow('a'), pending.follow('a'), pending.follow('b')];
    pending.outdate('a');
    expect([first, second, other]).toEqual([
      { isOutdated: true, isForgotten: false },
      { isOutdated: true, isForgotten: false },
      untouched,
    ]);
    pending.forget('b');
    expect(other).toEqual({ isOutdated: true, isForgotten: true });
  });

  it('is followed until it has ended', () => {
    const pending = new PendingAnswers();
    const [ended, running] = [pending.follow('a'), pending.follow('a')];
    pending.ended('a', ended);
    pending.forget('a');
    expect(ended).toEqual(untouched);
    expect(running.isForgotten).toBe(true);
    pending.ended('a', running);
    pending.outdate('a');
    expect(pending.follow('a')).toEqual(untouched);
  });

  it('leaves no permits for later if its record was reset meanwhile', async () => {
    const clock = new FakeClock();
    let calls = 0;
    let arrive = (): void => {};
    const arrival = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const bursts = new Bursts(
      {
        async update(_, transition) {
          calls += 1;
          await arrival;
          return transition(undefined, clock.now()).result;
        },
      },
      { clock, chunk: 10, chunkHoldMs: 1_000, maxIdentifiers: 10 },
      new Grants(10),
      new Denials(clock, 1_000, 10),
    );
    const limits = limitsOf({ maxRequests: 20, windowMs: 60_000 });
    const taking = bursts.take('a', limits, 1);
    bursts.forget('a');
    arrive();
    await taking;
    for (const asked of [2, 2]) {
      await bursts.take('a', limits, 1);
      expect(calls).toBe(asked);
    }
  });
});
