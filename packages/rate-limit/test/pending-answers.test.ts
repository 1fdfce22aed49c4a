import { describe, expect, it } from 'vitest';
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
});
