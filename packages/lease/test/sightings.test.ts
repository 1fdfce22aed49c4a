import { describe, expect, it } from 'vitest';
import type { LeaseRecord } from '../src/lease-record.js';
import { hasRunOut, remainingMs, sightingOf } from '../src/sightings.js';

const record: LeaseRecord = { holder: 'a', tenure: 't1', epoch: 3n, seq: 4, ttlMs: 1_000, since: 0 };

describe('a record that is seen', () => {
  it.each<[string, Partial<LeaseRecord>]>([
    ['was renewed', { seq: 5 }],
    ['is of another tenure under the same epoch, as after a record was deleted', { tenure: 't2' }],
    ['is of another epoch', { epoch: 4n }],
  ])('starts its time anew where it %s', (_what, change) => {
    const known = sightingOf(record, undefined, 100);
    const changed = { ...record, ...change };
    expect(sightingOf(changed, known, 900)).toEqual({ record: changed, since: 900 });
    expect(hasRunOut(changed, known, 5_000)).toBe(false);
  });

  it('has run out once it was seen unchanged for the whole of its time', () => {
    const known = sightingOf(record, undefined, 100);
    expect(sightingOf({ ...record }, known, 900)).toBe(known);
    expect([remainingMs(known, 1_099), hasRunOut(record, known, 1_099)]).toEqual([1, false]);
    expect([remainingMs(known, 1_100), hasRunOut({ ...record }, known, 1_100)]).toEqual([0, true]);
    expect(hasRunOut(record, undefined, 5_000)).toBe(false);
  });
});
