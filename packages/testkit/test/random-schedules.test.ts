import { find } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import {
  type ExploreOptions,
  exploreSchedules,
  type RaceProcess,
  type ScheduleFault,
  type ScheduleWorld,
  seededRandom,
} from '../src/index.js';
import { addAgainAndAgain, adding, addUnderCondition, numberIn } from './schedules.js';

const faults: readonly ScheduleFault[] = ['lost-reply', 'lost-request', 'crash'];

/** Two processes write two keys each. The orders in which that happened, and what went wrong. */
async function runs(options: ExploreOptions): Promise<readonly string[]> {
  const seen: string[] = [];
  await exploreSchedules(async ({ race, clock }) => {
    let text = '';
    const note = (what: string): void => {
      text += what;
    };
    const twice = async ({ name, store, clock: own }: RaceProcess): Promise<void> => {
      own.startTimer(() => note('t'), 1);
      for (const key of ['a', 'b']) {
        const told = await store.put(key, name).then(
          () => '',
          () => '!',
        );
        note(`${name}${told}`);
      }
    };
    const ends = await race(twice, twice);
    await clock.advance(1);
    const crashed = ends.map(({ status }, process) =>
      status === 'crashed' ? ` ${process + 1} crashed` : '',
    );
    seen.push(text + crashed.join(''));
  }, options);
  return seen;
}

describe('schedules at random', () => {
  it.each<[string, ExploreOptions]>([
    ['without a fault', {}],
    ['with a fault', { faults, maxFaults: 1 }],
    ['with two', { faults, maxFaults: 2 }],
    ['with delays', { maxDelays: 2 }],
    ['with delays and a fault', { faults: ['lost-reply'], maxDelays: 1 }],
    ['with few switches', { maxSwitches: 1, faults: ['lost-reply'] }],
  ])('are all there are, if there are enough, and no others: %s', async (_, limits) => {
    const every = new Set(await runs({ maxSwitches: 100, ...limits }));
    const drawn = await runs({ ...limits, random: seededRandom(1), maxSchedules: every.size * 100 });
    expect([...new Set(drawn)].sort()).toEqual([...every].sort());
  });

  it('are as many as one asks for, or a thousand', async () => {
    const random = seededRandom(1);
    expect(await exploreSchedules(async () => {}, { random, maxSchedules: 7 })).toEqual({ schedules: 7 });
    expect(await exploreSchedules(async () => {}, { random })).toEqual({ schedules: 1_000 });
  });

  it('are the same for the same seed, and others for another', async () => {
    const drawn = (seed: number) =>
      runs({ faults, maxDelays: 1, maxSchedules: 20, random: seededRandom(seed) });
    expect(await drawn(1)).toEqual(await drawn(1));
    expect(await drawn(1)).not.toEqual(await drawn(2));
  });

  it('let a process go on for long as well as by turns', async () => {
    const switches: number[] = [];
    await exploreSchedules(
      async ({ race }) => {
        let order = '';
        const often = async ({ name, store }: RaceProcess): Promise<void> => {
          for (let call = 0; call < 20; call += 1) {
            await find(store, 'n');
            order += name;
          }
        };
        await race(often, often);
        switches.push([...order].filter((name, call) => call > 0 && name !== order[call - 1]).length);
      },
      { random: seededRandom(1), maxSchedules: 200 },
    );
    expect(Math.min(...switches)).toBe(1);
    expect(Math.max(...switches)).toBeGreaterThan(25);
  });

  it('have their faults anywhere, also in races that are longer than the first ones', async () => {
    const places = Array.from({ length: 41 }, () => 0);
    let runs = 0;
    await exploreSchedules(
      async ({ race }) => {
        runs += 1;
        const calls = runs > 1 ? 40 : 2;
        let failed = 40;
        await race(async ({ store }) => {
          for (let call = 0; call < calls; call += 1) await find(store, 'n').catch(() => (failed = call));
        });
        places[failed] = (places[failed] ?? 0) + 1;
      },
      { faults: ['lost-request'], random: seededRandom(1), maxSchedules: 2_000 },
    );
    const early = places.slice(0, 20).reduce((sum, count) => sum + count);
    const late = places.slice(20, 40).reduce((sum, count) => sum + count);
    expect(early + late).toBeGreaterThan(1_900);
    expect(early / late).toBeGreaterThan(0.8);
    expect(early / late).toBeLessThan(1.25);
  });

  it('have as many faults as there are places for, however many they may have', async () => {
    let lost = 0;
    await exploreSchedules(
      async ({ race }) => {
        const ends = await race(({ store }) => find(store, 'n'));
        lost += ends.filter(({ status }) => status === 'rejected').length;
      },
      {
        faults: ['lost-request'],
        maxFaults: Number.MAX_SAFE_INTEGER,
        random: seededRandom(1),
        maxSchedules: 20,
      },
    );
    expect(lost).toBeGreaterThan(5);
  });

  it('find what the first of all schedules do not', async () => {
    const onlyOnce = (add: (process: RaceProcess) => Promise<void>) => async (world: ScheduleWorld) => {
      await world.race(async (process) => {
        await add(process);
        for (let call = 0; call < 40; call += 1) await find(process.store, 'n').catch(() => {});
      });
      const sum = await numberIn(world.store);
      if (sum > 1) throw new Error(`the sum is ${sum}`);
    };
    const limits = { faults, maxFaults: 2, maxSchedules: 1_000 };
    const random = seededRandom(1);
    const wrong = onlyOnce(addAgainAndAgain);
    await expect(exploreSchedules(wrong, limits)).rejects.toThrow('the first 1000 passed');
    await expect(exploreSchedules(wrong, { ...limits, random })).rejects.toThrow(
      /^Schedule \d+ fails: the sum is 2\n {2}1. process/,
    );
    await exploreSchedules(onlyOnce(addUnderCondition), { ...limits, random });
  });

  it('refuse chance that is none', async () => {
    const drawnBy = (random: unknown) =>
      exploreSchedules(adding(addUnderCondition), { random: random as () => number });
    await expect(drawnBy(7)).rejects.toThrow('random is 7');
    await expect(drawnBy(() => 1)).rejects.toThrow('random() is 1');
  });
});
