import { FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { noted } from '../src/noted.js';
import type { RateLimitRecord } from '../src/record.js';
import { patienceMs, spareMs, ttlOf } from '../src/transitions.js';
import { times } from './processes.js';

const record: RateLimitRecord = [['f10/1000', [9_000_000, 1]]];
const others = (...notes: readonly number[]): RateLimitRecord => [...record, ['~', notes]];

/** Makes a change, and, after so long, is asked to make it again on what is there then. */
async function madeAgain(
  first: RateLimitRecord,
  passedMs: number,
  then: RateLimitRecord | undefined,
): Promise<{ answer: boolean; writes: boolean }> {
  const clock = new FakeClock();
  const transition = noted({ clock, random: () => 0.5 }, (state) => state);
  expect(transition(first, clock.now())).toMatchObject({ kind: 'write', result: true });
  await clock.advance(passedMs);
  const { kind, result } = transition(then, clock.now());
  return { answer: result, writes: kind === 'write' };
}

/** As many notes as are kept, from a newest one down. */
const kept = (newest: number): readonly number[] => times(12, (position) => newest - position);

const made = { answer: true, writes: false };
const makes = { answer: true, writes: true };
const unknown = { answer: false, writes: false };

describe('a change that may have been made', () => {
  it.each<[string, RateLimitRecord, number, RateLimitRecord | undefined, object]>([
    ['its own note is there', record, 10, others(7, 50_000), made],
    ['nothing is there', record, 10, undefined, made],
    ['what it saw is there', record, 10, record, makes],
    [
      'others left notes since, and none can have been dropped',
      record,
      10,
      others(...kept(12).slice(1)),
      makes,
    ],
    [
      'others left so many notes that its own may have been dropped',
      record,
      10,
      others(...kept(12)),
      unknown,
    ],
    ['the newest note that it saw is there', others(1), 10, others(...kept(12)), makes],
    ['the newest note that it saw is gone', others(1), 10, others(...kept(13)), unknown],
    ['the record cannot have left the store yet', record, patienceMs + spareMs - 1, record, makes],
    ['the record may have left the store and come again', record, patienceMs + spareMs, record, unknown],
  ])('where %s', async (_what, first, passedMs, then, outcome) => {
    expect(await madeAgain(first, passedMs, then)).toEqual(outcome);
  });
});

it('a record with a note stays as long as somebody may look for it', () => {
  expect(ttlOf(others(1), 10_000_000)).toBe(patienceMs + spareMs);
});
