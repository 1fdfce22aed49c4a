import { InvalidArgumentError } from '@norikv/store';
import { checkNames, refuse } from '@norikv/store/checks';
import type { Group, Suite } from './group.js';
import { groups } from './groups.js';
import type { ConformanceExpectations, ConformanceOptions, ConformanceTarget } from './options.js';
import { checkSuite, inGroup, limitTime } from './runner.js';
import { TargetTrial, type Trial } from './trial.js';

const optionNames: readonly (keyof ConformanceOptions)[] = [
  'describe',
  'it',
  'capabilities',
  'createStore',
  'reopen',
  'kill',
  'advance',
  'jumpWallClock',
  'expectations',
  'provided',
  'notApplicable',
  'load',
  'testTimeoutMs',
];

const expectationNames: readonly (keyof ConformanceExpectations)[] = [
  'ttlToleranceMs',
  'coarseTtlMs',
  'idempotencyWindowMs',
  'monotonicStaleReads',
];

/**
 * Defines the conformance suite of the store contract: 29 numbered groups, for any engine and any runner.
 *
 * What the store declares not to have is tested to fail closed: refused with `UnsupportedError` and nothing
 * written. What cannot be tested without a hook is reported through `it.skip`, by name and reason.
 *
 * @example
 * ```ts
 * import { createMemoryStore, defineConformance, FakeClock } from '@norikv/testkit';
 * import { describe, it } from 'vitest';
 *
 * const clock = new FakeClock();
 * defineConformance({
 *   describe,
 *   it,
 *   capabilities: createMemoryStore().capabilities,
 *   async createStore() {
 *     const store = createMemoryStore({ clock });
 *     return { store, close: () => store.close() };
 *   },
 *   advance: (ms) => clock.advance(ms),
 * });
 * ```
 *
 * @throws InvalidArgumentError if an option is wrong. Tests that find a fault reject with an `Error`.
 */
export function defineConformance<Target extends ConformanceTarget>(
  options: ConformanceOptions<Target>,
): void {
  const { capabilities, load, expectations = {}, provided, notApplicable } = options;
  checkSuite(options, optionNames);
  if (!capabilities) refuse('capabilities', capabilities, 'what the store is expected to declare');
  checkNames('an expectation', expectations, expectationNames);
  const groupNumbers = groups.map(({ number }) => String(number));
  checkNames('a group', { ...provided, ...notApplicable }, groupNumbers);
  if (load !== undefined && !(load > 0 && load <= 1)) {
    throw new InvalidArgumentError(`load is ${load}; use a share of the full load, above 0 to 1`);
  }
  for (const group of groups) {
    options.describe(titleOf(group), () => defineGroup(group, options));
  }
}

function defineGroup<Target extends ConformanceTarget>(
  group: Group,
  options: ConformanceOptions<Target>,
): void {
  const { it, testTimeoutMs = 120_000 } = options;
  const define = (name: string, body: () => Promise<void>): void =>
    limitTime(it(name, body, testTimeoutMs), testTimeoutMs);
  const skip = (name: string, reason: string): void => {
    it.skip(`${name} (not applicable: ${reason})`, async () => {});
  };
  const notApplicable = options.notApplicable?.[group.number];
  if (notApplicable !== undefined) {
    skip(group.name, notApplicable);
    return;
  }
  const suite: Suite = {
    capabilities: options.capabilities,
    expectations: options.expectations ?? {},
    can: {
      reopen: options.reopen !== undefined,
      kill: options.kill !== undefined,
      advance: options.advance !== undefined,
      jumpWallClock: options.jumpWallClock !== undefined,
    },
    test: (name, body) => define(name, () => inGroup(titleOf(group), () => onNewStore(options, body))),
    skip,
  };
  group.define?.(suite);
  const provided = options.provided?.[group.number] ?? [];
  for (const { name, run } of provided) define(name, run);
  if (group.onlyProvided !== undefined && provided.length === 0) skip(group.name, group.onlyProvided);
}

function titleOf({ number, name }: Group): string {
  return `${number} ${name}`;
}

async function onNewStore<Target extends ConformanceTarget>(
  options: ConformanceOptions<Target>,
  body: (trial: Trial) => Promise<void>,
): Promise<void> {
  const trial = new TargetTrial(options, await options.createStore());
  try {
    await body(trial);
  } finally {
    await trial.close();
  }
}
