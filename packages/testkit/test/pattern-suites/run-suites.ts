import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type * as FastCheck from 'fast-check';
import { beforeEach, expect, it, vi } from 'vitest';
import type * as Testkit from '../../src/index.js';
import { CallsUnderWay } from './calls-under-way.js';
import { insteadOfMemory, type StoreKind } from './instead-of-memory.js';
import { type LeftOut, leftOutEverywhere } from './left-out.js';

/** The pattern packages, and where each lists the stores its suites run on: the memory store is the first. */
const storeLists = {
  'cas-retry': {},
  counter: {},
  inventory: { 'support/stores.ts': 'stores', 'support/timeline.ts': 'timelines' },
  lease: { 'world.ts': 'stores' },
  session: { 'engines.ts': 'engines' },
  'rate-limit': { 'engines.ts': 'engines' },
  eventstore: { 'engines.ts': 'engines' },
  cache: { 'engines.ts': 'engines' },
  tenancy: { 'engines.ts': 'engines' },
} as const;

/** A package with suites that can run on any store. */
export type Pattern = keyof typeof storeLists;

// Random schedules and properties: the part of them, and how often, on a store that does real work.
const load = process.env.NORIKV_TEST_LOAD ?? '0.003';
const mostRuns = 20;

/**
 * Runs the suites of a pattern with stores of another kind in place of its memory stores.
 *
 * Time stays virtual: a fake clock waits for the calls under way before it moves on. What is left out is named
 * in `leftOutEverywhere` and `leftOut`; a test that is left out counts as skipped.
 */
export async function runSuites(pattern: Pattern, kind: StoreKind, leftOut: LeftOut = {}): Promise<void> {
  vi.stubEnv('NORIKV_TEST_LOAD', load);
  const calls = new CallsUnderWay();
  vi.doMock(pathOf('testkit/src/index.ts'), async (original) => {
    const testkit = await calls.waitedForByClocksOf(() => original<typeof Testkit>());
    return { ...testkit, createMemoryStore: insteadOfMemory(testkit, calls, kind) };
  });
  vi.doMock('fast-check', async (original) => {
    const { default: fc } = await original<typeof FastCheck>();
    const assert = (
      property: FastCheck.IRawProperty<unknown>,
      parameters: FastCheck.Parameters<unknown> = {},
    ) => fc.assert(property, { ...parameters, numRuns: Math.min(parameters.numRuns ?? mostRuns, mostRuns) });
    return { default: { ...fc, assert } };
  });
  for (const [file, list] of Object.entries(storeLists[pattern])) {
    vi.doMock(pathOf(`${pattern}/test/${file}`), async (original) => {
      const module = await original<Record<string, readonly unknown[]>>();
      return { ...module, [list]: module[list]?.slice(0, 1) };
    });
  }
  const reasons = new Map(Object.entries({ ...leftOutEverywhere[pattern], ...leftOut[pattern] }));
  for (const suite of suitesOf(pattern)) {
    if (!reasons.delete(suite)) await import(pathOf(`${pattern}/test/${suite}`));
  }
  skipTests(reasons);
}

// The bytes of records do not depend on where they are kept. What tries schedules says itself when a store answers.
const ofNoStore = ['golden-records.test.ts', 'every-schedule.test.ts', 'larger-races.test.ts'];

function suitesOf(pattern: Pattern): string[] {
  const suites = readdirSync(pathOf(`${pattern}/test`)).filter((name) => name.endsWith('.test.ts'));
  return suites.filter((name) => !ofNoStore.includes(name));
}

function skipTests(reasons: ReadonlyMap<string, string>): void {
  const met = new Set<string>();
  beforeEach(({ task, skip }) => {
    const reason = reasons.get(task.name);
    if (reason === undefined) return;
    met.add(task.name);
    skip(reason);
  });
  it('what is left out is there', () => {
    expect([...reasons.keys()].filter((name) => !met.has(name))).toEqual([]);
  });
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(`../../../${file}`, import.meta.url));
}
