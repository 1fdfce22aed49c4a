import { describe, expect, it } from 'vitest';
import type { Instant } from '../src/instant.js';
import type { LeaseRecord } from '../src/lease-record.js';
import { claim, release, renew } from '../src/transitions.js';

const held: LeaseRecord = { holder: 'a', tenure: 't1', epoch: 3n, seq: 4, ttlMs: 1_000, since: 7 };
const free: LeaseRecord = { ...held, holder: null };
const at: Instant = { wall: 50, monotonic: 60 };
const bid = { owner: 'b', tenure: 't2', ttlMs: 500, epochFloor: 0n, at, hasRunOut: () => false };

describe('a claim', () => {
  it.each([
    ['nothing is there', undefined, 0n, 1n],
    ['the lease is free', free, 0n, 4n],
    ['its epoch is below the floor', free, 9n, 10n],
    ['its epoch is at the floor', free, 3n, 4n],
    ['nothing is there, above the floor', undefined, 9n, 10n],
  ])('where %s takes the next epoch', (_what, current, epochFloor, epoch) => {
    const record = { holder: 'b', tenure: 't2', epoch, seq: 0, ttlMs: 500, since: 50 };
    expect(claim(current, { ...bid, epochFloor })).toMatchObject({
      kind: 'write',
      state: record,
      result: { grant: { record, at, takenFrom: undefined } },
    });
  });

  it('changes nothing while another one holds it, and takes it over once that has run out', () => {
    expect(claim(held, bid)).toMatchObject({ kind: 'keep', result: { standing: held } });
    expect(claim(held, { ...bid, hasRunOut: (record) => record === held })).toMatchObject({
      kind: 'write',
      result: { grant: { record: { epoch: 4n }, takenFrom: 'a' } },
    });
  });

  it('of a tenure that is there writes it once more', () => {
    const again = { ...held, seq: 5 };
    expect(claim(held, { ...bid, tenure: 't1' })).toMatchObject({
      state: again,
      result: { grant: { record: again, takenFrom: undefined } },
    });
  });
});

describe('a renewal', () => {
  it('counts on, and answers when the write was sent', () => {
    expect(renew(held, 't1', at)).toMatchObject({ kind: 'write', state: { ...held, seq: 5 }, result: at });
  });

  it.each([
    ['deleted', undefined, 't1'],
    ['stolen', held, 't2'],
    ['stolen', free, 't1'],
  ])('of a lease that is %s writes nothing', (answer, current, tenure) => {
    expect(renew(current, tenure, at)).toMatchObject({ kind: 'keep', result: answer });
  });
});

describe('a release', () => {
  it('leaves the epoch', () => {
    expect(release(held, 't1')).toMatchObject({ kind: 'write', state: { ...free, seq: 5 }, result: true });
  });

  it.each([
    ['nothing is there', undefined],
    ['another tenure holds it', { ...held, tenure: 't2' }],
    ['it is free already', free],
  ])('where %s writes nothing', (_what, current) => {
    expect(release(current, 't1')).toMatchObject({ kind: 'keep', result: false });
  });
});
