import type { KvStore, VectorStore } from '@norikv/store';
import type { TestRunner } from '../conformance/options.js';
import { checkSuite, inGroup, limitTime } from '../conformance/runner.js';
import { vectorRefusals } from './refusals.js';
import { vectorSearches } from './searches.js';
import { vectorWrites } from './writes.js';

/** A store with vectors under test. */
export interface VectorConformanceTarget {
  readonly store: KvStore & VectorStore;
  /** Other handles on the same data, which must see what the first one writes. */
  readonly peers?: readonly VectorStore[] | undefined;
  /** Closes the store and releases all it holds. Called at least once, and twice by one test. */
  close(): Promise<void>;
}

/** Options of `defineVectorConformance`. */
export interface VectorConformanceOptions<Target extends VectorConformanceTarget = VectorConformanceTarget>
  extends TestRunner {
  /** Opens a store; once for each test. It may hold data of earlier tests. */
  readonly createStore: () => Promise<Target>;
  /** Closes the store in order and opens the same data again. */
  readonly reopen?: ((target: Target) => Promise<Target>) | undefined;
  /** Time limit of each test in milliseconds, handed to `it`. Default 60,000. */
  readonly testTimeoutMs?: number | undefined;
}

const optionNames: readonly (keyof VectorConformanceOptions)[] = [
  'describe',
  'it',
  'createStore',
  'reopen',
  'testTimeoutMs',
];

/** One test's view of a store of its own. */
export interface VectorTrial {
  /** The store and its peers, one after the other: every handle must do. */
  readonly store: VectorStore;
  readonly hasIdempotency: boolean;
  /** A namespace no other test uses, absent at first. */
  newNamespace(): string;
  /** Closes the data in order and opens it again, if the suite can. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

/** A test of the vector suite. */
export interface VectorTest {
  readonly name: string;
  readonly needs?: 'reopen' | undefined;
  run(trial: VectorTrial): Promise<void>;
}

/**
 * Defines the conformance suite of the vector calls, for any engine and any runner.
 *
 * Distances are compared with the precision of 32-bit floats, which is all a wire carries.
 *
 * @example
 * ```ts
 * defineVectorConformance({
 *   describe,
 *   it,
 *   async createStore() {
 *     const store = createMemoryVectorStore();
 *     return { store, close: () => store.close() };
 *   },
 * });
 * ```
 *
 * @throws InvalidArgumentError if an option is wrong. Tests that find a fault reject with an `Error`.
 */
export function defineVectorConformance<Target extends VectorConformanceTarget>(
  options: VectorConformanceOptions<Target>,
): void {
  checkSuite(options, optionNames);
  const { it, testTimeoutMs = 60_000 } = options;
  const groups: Readonly<Record<string, readonly VectorTest[]>> = {
    'vectors: writes': vectorWrites,
    'vectors: searches': vectorSearches(),
    'vectors: what is refused': vectorRefusals,
  };
  for (const [group, tests] of Object.entries(groups)) {
    options.describe(group, () => {
      for (const test of tests) {
        if (test.needs === 'reopen' && !options.reopen) {
          it.skip(`${test.name} (not applicable: the suite cannot reopen the store)`, async () => {});
        } else {
          const run = (): Promise<void> => inGroup(group, () => runOnNewStore(options, test));
          limitTime(it(test.name, run, testTimeoutMs), testTimeoutMs);
        }
      }
    });
  }
}

async function runOnNewStore<Target extends VectorConformanceTarget>(
  options: VectorConformanceOptions<Target>,
  test: VectorTest,
): Promise<void> {
  let target = await options.createStore();
  const prefix = `conformance-${Math.random().toString(36).slice(2, 12)}`;
  let calls = 0;
  let namespaces = 0;
  try {
    await test.run({
      get store() {
        const handles: readonly VectorStore[] = [target.store, ...(target.peers ?? [])];
        return handles[calls++ % handles.length] ?? target.store;
      },
      hasIdempotency: (target.store.capabilities?.idempotency ?? 'none') !== 'none',
      newNamespace: () => `${prefix}-${++namespaces}`,
      async reopen() {
        if (options.reopen) target = await options.reopen(target);
      },
      close: () => target.close(),
    });
  } finally {
    await target.close();
  }
}
