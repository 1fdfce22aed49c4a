import type { Clock } from '@norikv/store';
import type { FakeClock, RaceEnd, RaceProcess, ScheduleFault, ScheduleWorld } from '@norikv/testkit';
import { expect } from 'vitest';
import {
  allFaults,
  drawn,
  everySchedule,
  maxFaults as usualFaults,
} from '../../../testkit/test/every-schedule/every-schedule.js';
import type { VectorKvStore } from '../../src/core/vector-kv-store.js';
import { createScheduledStore, type ScheduledStore, storeOf } from './scheduled-store.js';

/** How one process has a pattern. */
export interface OpenOptions {
  readonly clock: Clock;
  readonly random: () => number;
}

/** What processes do, and what must be true afterwards. */
export interface Story<Pattern> {
  open(store: VectorKvStore, options: OpenOptions): Pattern;
  readonly before?: ((pattern: Pattern) => Promise<unknown>) | undefined;
  readonly race: readonly ((pattern: Pattern, process: RaceProcess) => Promise<unknown>)[];
  /** Whether one of them searches for vectors. */
  readonly isSearched?: boolean;
  /** What can go wrong in a race, once in a schedule. Default: nothing, but everything with a load above 1. */
  readonly faults?: readonly ScheduleFault[];
  /** How often a process is left that could go on. Default: any number. */
  readonly maxSwitches?: number;
  /** How many schedules are drawn, where there are too many to go through all. */
  readonly count?: number;
  after(pattern: Pattern, ends: readonly RaceEnd<unknown>[], store: ScheduledStore): Promise<void>;
}

/** Plays a story under every schedule. */
export async function explore<Pattern extends { initialize(): Promise<void> }>(
  story: Story<Pattern>,
  createStore: (clock: FakeClock) => ScheduledStore = createScheduledStore,
): Promise<void> {
  const play = async (world: ScheduleWorld<ScheduledStore>): Promise<void> => {
    const { clock, store } = world;
    const survivor = story.open(store, { clock, random: () => 0.5 });
    await survivor.initialize();
    await story.before?.(survivor);
    const start = (act: Story<Pattern>['race'][number]) => async (process: RaceProcess) => {
      const seat = storeOf(process, world, story.isSearched ?? false);
      const pattern = story.open(seat.store, { clock: process.clock, random: process.random });
      await pattern.initialize();
      seat.join();
      return act(pattern, process);
    };
    const ends = await world.race(...story.race.map(start));
    await clock.run(() => story.after(survivor, ends, store));
  };
  const { race, faults = allFaults, maxSwitches, count } = story;
  // A race has many schedules without a fault; a process that is alone has one.
  const maxFaults = race.length > 1 && !story.faults ? usualFaults - 1 : usualFaults;
  const bounds = { faults, maxFaults, maxSwitches, ...(count && drawn(count, 7)) };
  expect(await everySchedule(play, { ...bounds, createStore })).toBeGreaterThan(3);
}
