import type { ConformanceOptions, ConformanceTarget, TestRunner } from '../src/index.js';
import { defineConformance } from '../src/index.js';

/** What became of a run of the suite outside any test runner. */
export interface SuiteReport {
  /** Numbers of the groups with a failing test, in order. */
  readonly failedGroups: readonly number[];
  readonly failures: readonly string[];
  readonly passed: readonly string[];
  readonly skipped: readonly string[];
}

/** Runs the conformance suite and collects what fails instead of failing. */
export async function runSuite<Target extends ConformanceTarget>(
  options: Omit<ConformanceOptions<Target>, keyof TestRunner>,
): Promise<SuiteReport> {
  const tests: { readonly group: string; readonly name: string; readonly body: () => Promise<void> }[] = [];
  const skipped: string[] = [];
  let group = '';
  const it = (name: string, body: () => Promise<void>): void => {
    tests.push({ group, name, body });
  };
  defineConformance({
    ...options,
    describe: (name, body) => {
      group = name;
      body();
    },
    it: Object.assign(it, { skip: (name: string) => skipped.push(`${group}: ${name}`) }),
  });
  const failedGroups = new Set<number>();
  const failures: string[] = [];
  const passed: string[] = [];
  for (const test of tests) {
    const name = `${test.group}: ${test.name}`;
    try {
      await test.body();
      passed.push(name);
    } catch (error) {
      failedGroups.add(Number.parseInt(test.group, 10));
      failures.push(`${name}: ${String(error)}`);
    }
  }
  return { failedGroups: [...failedGroups], failures, passed, skipped };
}
