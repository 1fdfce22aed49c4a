import { type Clock, isNoriKVError, type KvStore } from '@norikv/store';
import { scheduleFaults } from '../../src/explore-schedules.js';
import {
  createMemoryStore,
  type ExploreOptions,
  exploreSchedules,
  type MemoryStore,
  type RaceEnd,
  type ScheduleFault,
  type ScheduleWorld,
  seededRandom,
  withLyingServer,
} from '../../src/index.js';

export { sleep as pause } from '../../src/in-flight.js';

const { NORIKV_TEST_LOAD, NORIKV_TEST_SEED } = process.env;

/** All that can go wrong in a schedule for a process that makes one call after the other. */
export const allFaults: readonly ScheduleFault[] = scheduleFaults.filter((fault) => fault !== 'slow-reply');

export const load: number = Number(NORIKV_TEST_LOAD ?? 1);

/** How many faults a schedule may have. */
export const maxFaults: number = load > 1 ? 3 : 1;

/**
 * Runs a scenario under every schedule, and returns how many there are. With a load above 1 there are more faults, and too
 * many schedules: 1,000 for each of it are drawn at random. If one fails, `NORIKV_TEST_SEED` repeats it.
 */
export async function everySchedule<Store extends KvStore = MemoryStore>(
  scenario: (world: ScheduleWorld<Store>) => Promise<void>,
  options: ExploreOptions<Store> = {},
): Promise<number> {
  if (load <= 1) return (await exploreSchedules(scenario, { maxSchedules: 1_000_000, ...options })).schedules;
  const seed = Number(NORIKV_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  try {
    return (await exploreSchedules(scenario, { ...options, ...drawn(1_000 * load, seed) })).schedules;
  } catch (error) {
    throw new Error(`NORIKV_TEST_SEED=${seed}: ${error}`, { cause: error });
  }
}

/** For a race that is too large for all schedules: how many are drawn, and from where. */
export function drawn(
  maxSchedules: number,
  seed = 1,
): Required<Pick<ExploreOptions, 'random' | 'maxSchedules'>> {
  return { random: seededRandom(seed), maxSchedules };
}

/** Takes what a call may fail with for an answer. All else is a mistake, or an assertion that failed. */
export function unlessFault(error: unknown): undefined {
  if (!isNoriKVError(error)) throw error;
}

/** Whether a program ended with an answer. */
export function isTold(end: RaceEnd<unknown> | undefined): boolean {
  return end?.status === 'fulfilled';
}

/** What a program returned; undefined if it failed or crashed. */
export function answerOf<Result>(end: RaceEnd<Result> | undefined): Result | undefined {
  return end?.status === 'fulfilled' ? end.value : undefined;
}

/** A store that takes conditions, and forgets them: schedules must notice. */
export function createCarelessStore(clock: Clock): KvStore {
  return withoutConditions(createMemoryStore({ clock }));
}

/** The same around another one. */
export function withoutConditions(store: KvStore): KvStore {
  const { capabilities } = store;
  return withLyingServer(store, { ignores: ['ifNotExists', 'ifMatchVersion'], capabilities });
}
