import { runSchedule } from './schedule.js';

/** What the oracle says of broken code: the first failure among so many schedules, if there is one. */
export async function firstFailure(schedules: number, withFeed: boolean): Promise<string | undefined> {
  for (let seed = 1; seed <= schedules; seed += 1) {
    const failure = await runSchedule(seed, withFeed).then(
      () => undefined,
      (error: unknown) => String(error),
    );
    if (failure !== undefined) return failure;
  }
  return undefined;
}
