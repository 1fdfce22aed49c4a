import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Circumstances, emptyTally, type Mutation, simulate, type Tally } from './simulator.js';

const schedules = 100_000 * Number(process.env.NORIKV_TEST_LOAD ?? 1);
const budgetSeconds = Number(process.env.NORIKV_FAULT_BUDGET_SECONDS ?? 0);
const testMs = 1_000 * (1_800 + budgetSeconds);

const violations = [
  'overlaps',
  'repeatedEpochs',
  'staleAccepted',
  'wronglyRefused',
  'revived',
  'lateSignals',
  'illegalWrites',
] as const;

/** Runs schedules until there were enough and the time is up. Throws with the seed of one that went wrong. */
async function explore(circumstances: Circumstances, atLeast: number, seconds: number): Promise<Tally> {
  const tally = emptyTally();
  const until = performance.now() + 1_000 * seconds;
  for (let seed = 1; seed <= atLeast || performance.now() < until; seed += 1) {
    await simulate(seed, circumstances, tally);
    const broken = violations.filter((name) => tally[name] > 0);
    if (broken.length > 0) {
      throw new Error(`seed ${seed}, ${JSON.stringify(circumstances)}: ${broken.join(', ')}`);
    }
  }
  return tally;
}

async function tallyOf(mutation: Mutation, pauses: boolean): Promise<Tally> {
  const tally = emptyTally();
  for (let seed = 1; seed <= 2_000; seed += 1) await simulate(seed, { mutation, pauses }, tally);
  return tally;
}

// Scenario 57 of scenarios.md: crash, loss, duplication, delay, outage, drift of up to 5 %, steps of the wall
// clock by up to an hour. Each schedule lasts two and a half leases.
describe('57: random schedules', () => {
  const { stackTraceLimit } = Error;
  beforeAll(() => {
    Error.stackTraceLimit = 0;
  });
  afterAll(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  it('without pauses: no two holders, no epoch twice', { timeout: testMs }, async () => {
    const tally = await explore({ pauses: false, mutation: 'none' }, schedules * 0.6, budgetSeconds / 2);
    expect(tally.grants).toBeGreaterThan(schedules * 0.6);
  });

  it('with pauses: every stale write is refused', { timeout: testMs }, async () => {
    const tally = await explore({ pauses: true, mutation: 'none' }, schedules * 0.4, budgetSeconds / 2);
    expect(tally.grants).toBeGreaterThan(schedules * 0.4);
    expect(tally.staleWrites).toBeGreaterThan(schedules * 0.02);
    expect(tally.staleAccepted).toBe(0);
  });

  it('are the same for the same seed', { timeout: testMs }, async () => {
    const [one, two] = [await tallyOf('none', true), await tallyOf('none', true)];
    expect(one).toEqual(two);
  });

  describe('with broken code, which they must notice', { timeout: testMs }, () => {
    it('unconditional put: two hold it, epochs repeat, stale writes get through', async () => {
      const tally = await tallyOf('unconditional put', false);
      expect(tally.overlaps).toBeGreaterThan(100);
      expect(tally.repeatedEpochs).toBeGreaterThan(100);
      expect(tally.staleAccepted).toBeGreaterThan(0);
      expect(tally.illegalWrites).toBeGreaterThan(100);
    });

    it('no epoch bump: epochs repeat, stale writes get through', async () => {
      const tally = await tallyOf('no epoch bump', true);
      expect(tally.repeatedEpochs).toBeGreaterThan(100);
      expect(tally.staleAccepted).toBeGreaterThan(0);
    });

    it('negative margin: two hold it', async () => {
      expect((await tallyOf('negative margin', false)).overlaps).toBeGreaterThan(100);
    });
  });
});
