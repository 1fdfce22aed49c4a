import { expect, it } from 'vitest';
import { runSchedule, type ScheduleResult } from './simulation/schedule.js';

const { CI, NORIKV_FAULT_BUDGET_SECONDS } = process.env;
const schedules = CI ? 40_000 : 1_000;
const budgetMs = Number(NORIKV_FAULT_BUDGET_SECONDS ?? 0) * 1_000;
const firstSeed = budgetMs > 0 ? Date.now() % 1e9 : 1;

it(`keeps every promise in ${schedules} random schedules`, { timeout: 1_800_000 + budgetMs }, async () => {
  const total = { acknowledged: 0, unknown: 0, rejected: 0, crashes: 0 };
  const endsAt = performance.now() + budgetMs;
  for (let seed = firstSeed; seed < firstSeed + schedules || performance.now() < endsAt; seed += 1) {
    const result = await runSchedule(seed, seed % 2 === 0).catch((cause: unknown) => {
      throw new Error(`seed ${seed}, ${seed % 2 === 0 ? 'with' : 'without'} feed`, { cause });
    });
    for (const key of ['acknowledged', 'unknown', 'rejected', 'crashes'] as const) total[key] += result[key];
  }
  // The schedules are worth something only if all of this happens in them.
  for (const count of Object.values(total)) expect(count).toBeGreaterThan(schedules / 10);
});

it('does the same for the same seed', async () => {
  const runs: ScheduleResult[] = [];
  for (let run = 0; run < 2; run += 1) runs.push(await runSchedule(4));
  expect(runs[1]).toEqual(runs[0]);
});
