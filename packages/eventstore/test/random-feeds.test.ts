import { seededRandom } from '@norikv/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runSchedule } from './random-feeds/schedule.js';

const { NORIKV_FAULT_BUDGET_SECONDS, NORIKV_TEST_LOAD } = process.env;
const budgetSeconds = Number(NORIKV_FAULT_BUDGET_SECONDS ?? 0);
const schedules = Math.ceil(5 * Number(NORIKV_TEST_LOAD ?? 1));
const timeoutMs = (budgetSeconds + 300) * 1_000;

/** A seed decides also where packages have taken `Math.random` for themselves. */
const chance = vi.hoisted(() => {
  const source = { next: Math.random };
  Math.random = () => source.next();
  return source;
});

describe('random schedules of appends, changes of streams, consumers and projections that start, stop and die', () => {
  beforeEach(() => {
    // Encrypting is real work, for which virtual time does not wait.
    vi.spyOn(crypto.subtle, 'importKey').mockImplementation(async () => ({}) as never);
    vi.spyOn(crypto.subtle, 'encrypt').mockImplementation(async (_cipher, _key, data) => data as never);
    vi.spyOn(crypto.subtle, 'decrypt').mockImplementation(async (_cipher, _key, data) => data as never);
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('bring every event to every group, in order, and once into each list', {
    timeout: timeoutMs,
  }, async () => {
    const until = performance.now() + budgetSeconds * 1_000;
    for (let seed = 1; seed <= schedules || performance.now() < until; seed += 1) {
      chance.next = seededRandom(seed);
      expect((await runSchedule(seed)).broken, `seed ${seed}`).toEqual([]);
    }
  });
});
