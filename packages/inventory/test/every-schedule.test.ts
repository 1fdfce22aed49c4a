import { exploreSchedules, type ScheduleFault } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import {
  allFaults as all,
  createCarelessStore,
  drawn,
  everySchedule,
  load,
  maxFaults,
} from '../../testkit/test/every-schedule/every-schedule.js';
import {
  changeOfTwoCalls,
  lastUnitsFarAway,
  orderOfTwoCalls,
  rushOnBuckets,
  splitWhileBuying,
  unitsOnTheirWay,
} from './support/bucket-races.js';
import type { StockRace } from './support/race-world.js';
import * as races from './support/stock-races.js';

const few: readonly ScheduleFault[] = ['lost-reply', 'crash'];

interface Case {
  readonly promise: string;
  readonly race: StockRace;
  readonly faults: readonly ScheduleFault[];
  readonly maxDelays?: number;
}

const cases: readonly Case[] = [
  { promise: 'sells the last unit twice', race: races.lastUnit, faults: all },
  { promise: 'sells twice under one order number', race: races.sameOrderNumber, faults: all },
  { promise: 'ends a reservation in two ways', race: races.oneEnd, faults: few, maxDelays: 1 },
  {
    promise: 'sells a late holder what another has bought',
    race: races.lateHolder,
    faults: all,
    maxDelays: 1,
  },
  { promise: 'keeps a line of an order that fell short', race: races.twoOrders, faults: few },
  { promise: 'answers two calls for one order in two ways', race: races.oneOrder, faults: [] },
  { promise: 'applies a change under an operation id twice', race: races.repeatedChange, faults: all },
  { promise: 'removes an item that somebody has reserved', race: races.removal, faults: all },
  { promise: 'sells an order twice that a split has moved', race: splitWhileBuying, faults: few },
  { promise: 'loses units on their way between buckets', race: unitsOnTheirWay, faults: all },
  { promise: 'hides the last units in a bucket far away', race: lastUnitsFarAway, faults: ['crash'] },
];

for (const { promise, race, faults, maxDelays } of cases) {
  describe(`no schedule ${promise}`, () => {
    it('in memory', { timeout: 60_000 * Math.max(load, 2) }, async () => {
      expect(await everySchedule(race, { faults, maxFaults, maxDelays })).toBeGreaterThan(3);
    });

    it('but on a store that ignores conditions', async () => {
      const onIt = exploreSchedules(race, { createStore: createCarelessStore, maxDelays });
      await expect(onIt).rejects.toThrow('fails');
    });
  });
}

describe('no schedule refuses for want of units', () => {
  it.each([
    ['an order that another call holds', orderOfTwoCalls],
    ['a change that another call has made', changeOfTwoCalls],
  ])('%s', { timeout: 60_000 * Math.max(load, 2) }, async (_what, race) => {
    expect(await everySchedule(race, { faults: ['crash'], maxFaults })).toBeGreaterThan(50);
  });
});

describe('no schedule that is drawn of a rush on buckets loses a unit, or sells it twice', () => {
  const limits = { maxFaults: 3, maxDelays: 1 };

  it('in memory', async () => {
    expect(
      await everySchedule(rushOnBuckets, { faults: all, ...limits, ...drawn(200) }),
    ).toBeGreaterThanOrEqual(200);
  });

  it('but on a store that ignores conditions', async () => {
    const onIt = exploreSchedules(rushOnBuckets, {
      createStore: createCarelessStore,
      ...limits,
      ...drawn(200),
    });
    await expect(onIt).rejects.toThrow('fails');
  });
});
