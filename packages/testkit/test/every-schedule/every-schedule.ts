import type { KvStore } from '@norikv/store';
import { scheduleFaults } from '../../src/explore-schedules.js';
import { type RaceEnd, type ScheduleFault, withLyingServer } from '../../src/index.js';

/** All that can go wrong in a schedule. */
export const allFaults: readonly ScheduleFault[] = scheduleFaults;

export const load: number = Number(process.env.NORIKV_TEST_LOAD ?? 1);

/** How many faults a schedule may have, as the load says. */
export const maxFaults: number = load > 1 ? 2 : 1;

/** Whether a program ended with an answer. */
export function isTold(end: RaceEnd<unknown> | undefined): boolean {
  return end?.status === 'fulfilled';
}

/** What a program returned; undefined if it failed or crashed. */
export function answerOf<Result>(end: RaceEnd<Result> | undefined): Result | undefined {
  return end?.status === 'fulfilled' ? end.value : undefined;
}

/** A store that takes conditions, and forgets them: schedules must notice. */
export function withoutConditions(store: KvStore): KvStore {
  const { capabilities } = store;
  return withLyingServer(store, { ignores: ['ifNotExists', 'ifMatchVersion'], capabilities });
}
