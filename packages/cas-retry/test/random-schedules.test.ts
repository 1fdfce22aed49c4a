import { describe, expect, it } from 'vitest';
import { runSchedule } from './random-schedule.js';

const budgetSeconds = Number(process.env.NORIKV_FAULT_BUDGET_SECONDS ?? 0);
const schedules = 300 * Number(process.env.NORIKV_TEST_LOAD ?? 1);
const timeoutMs = (budgetSeconds + 120) * 1_000;

describe('random schedules of faults, operation ids, signals, deadlines and removals', () => {
  it('apply what is answered once, what is refused never, and show it to all who look later', {
    timeout: timeoutMs,
  }, async () => {
    const outcomes = new Map<string, number>();
    const until = performance.now() + budgetSeconds * 1_000;
    for (let seed = 1; seed <= schedules || performance.now() < until; seed += 1) {
      const { broken, calls } = await runSchedule(seed);
      expect(broken, `seed ${seed}`).toEqual([]);
      for (const { kind, outcome } of calls) {
        const what = `${kind} ${outcome}`;
        outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
      }
    }
    const kinds = ['add', 'take', 'look'];
    const all = kinds.flatMap((kind) => [`${kind} answered`, `${kind} not-applied`]);
    expect([...outcomes.keys()]).toEqual(expect.arrayContaining([...all, 'add unknown', 'take unknown']));
  });
});
