import { describe, expect, it } from 'vitest';
import { createMemoryStore, FakeClock } from '../src/index.js';
import { runSuite, type SuiteReport } from './collecting-runner.js';
import { createFlawedStore, type Flaw } from './flawed-store.js';

const flagged: Record<Flaw, number> = {
  'cas is not atomic': 1,
  'create is not atomic': 4,
  'versions begin again after a delete': 10,
  'versions begin again when a key has expired': 10,
  'a version is made from the value': 11,
  'keys expire early': 12,
  'keys never expire': 12,
  'an expired key shows its older value': 12,
  'a put keeps the old expiry': 13,
  'an empty value is missing': 18,
  'idempotency keys are not scoped by key': 15,
  'idempotency keys are not scoped by operation': 15,
  'failures are remembered by idempotency key': 15,
  'buffers are shared': 17,
  'delete ignores its condition': 8,
  'delete always answers true': 9,
  'a condition on an absent key holds': 2,
  'keys are cut off': 17,
  'reads are stale': 21,
  'a cancelled put is applied and called not applied': 19,
  'close is ignored': 24,
  'wrong options are taken': 14,
  'a lost create fails without a code': 4,
  'versions are compared as numbers of 32 bits': 28,
};

describe('the conformance suite', () => {
  it('passes a store without a flaw', async () => {
    const report = await suiteOn(undefined);
    expect(report.failures).toEqual([]);
    expect(report.passed.length).toBeGreaterThan(80);
  });

  it.each(Object.entries(flagged))('flags a store where %s in group %i', async (flaw, group) => {
    const report = await suiteOn(flaw as Flaw);
    expect(report.failedGroups).toContain(group);
  });
});

describe('a failure says what was expected, what came instead, and in which group', () => {
  it.each<[Flaw, string]>([
    [
      'a lost create fails without a code',
      '4 a race to create a key: a call that lost the race: expected ALREADY_EXISTS, got Error: exists',
    ],
    ['cas is not atomic', '1 compare-and-swap: no update is lost or made twice: winners: expected 1, got 13'],
  ])('%s', async (flaw, message) => {
    const { failures } = await suiteOn(flaw);
    expect(failures.join('\n')).toContain(message);
  });

  it.each<[string, object, string]>([
    [
      'an absent key is null',
      { get: async () => null, find: undefined },
      'what get answered is no entry; where there is none, get throws KeyNotFoundError',
    ],
    [
      'errors of its own',
      { get: () => Promise.reject({ code: 'KEY_NOT_FOUND' }) },
      '9 delete tells whether the key existed: get: the error has the outcome undefined, not "not-applied"',
    ],
    [
      'a failure',
      { find: () => Promise.reject(new Error('disk full')) },
      '18 an empty value is not a missing key: Error: disk full',
    ],
  ])('%s', async (_name, slip, message) => {
    const memory = createMemoryStore();
    const { failures } = await runSuite({
      capabilities: memory.capabilities,
      createStore: async () => ({ store: { ...memory, ...slip }, close: async () => {} }),
      advance: async () => {},
      notApplicable: Object.fromEntries([1, 12, 21, 22, 25].map((group) => [group, 'not about this'])),
      load: 0.01,
    });
    expect(failures.join('\n')).toContain(message);
  });
});

function suiteOn(flaw: Flaw | undefined): Promise<SuiteReport> {
  const clock = new FakeClock();
  return runSuite({
    capabilities: { ...createMemoryStore().capabilities, engine: 'flawed' },
    async createStore() {
      const store = createFlawedStore(flaw, clock);
      return { store, close: () => store.close() };
    },
    advance: (ms) => clock.advance(ms),
    load: 0.2,
  });
}
