import type { Capabilities, KvStore } from '@norikv/store';

/** A store under test. */
export interface ConformanceTarget {
  readonly store: KvStore;
  /** Other handles on the same data (other clients, connections or processes). Races are spread over all. */
  readonly peers?: readonly KvStore[] | undefined;
  /** Closes the store and releases all it holds. Called at least once, and again by some tests. */
  close(): Promise<void>;
}

/** What the suite needs of a test runner: `it` of Vitest, Jest, Mocha and `node:test` fits. */
export interface TestRunner {
  /** Groups tests. */
  describe(name: string, body: () => void): unknown;
  readonly it: TestFunction;
}

/** Defines a test. `it` of `node:test` takes no time limit: give one by `--test-timeout`. */
export interface TestFunction {
  (name: string, body: () => Promise<void>, timeoutMs?: number): unknown;
  /** Reports a test that cannot run. */
  skip(name: string, body: () => Promise<void>): unknown;
}

/** Numbers the contract leaves to the engine. */
export interface ConformanceExpectations {
  /** How many milliseconds later than the contract's 20 an `exact` expiry may be noticed on this machine. Default 0. */
  readonly ttlToleranceMs?: number | undefined;
  /** How late a `coarse` expiry may be, in milliseconds. Default 2,000. */
  readonly coarseTtlMs?: number | undefined;
  /** How long an idempotency key is remembered, in milliseconds; tested with `advance`. Default: not tested. */
  readonly idempotencyWindowMs?: number | undefined;
  /** Whether `stale_ok` reads of one handle never go back in time. Default false. */
  readonly monotonicStaleReads?: boolean | undefined;
}

/** A test of a group that only the engine's own package can write. */
export interface ProvidedTest {
  readonly name: string;
  /** Rejects if the test fails. */
  run(): Promise<void>;
}

/** Options of `defineConformance`. */
export interface ConformanceOptions<Target extends ConformanceTarget = ConformanceTarget> extends TestRunner {
  /** What the store must declare: what it declares not to have is tested to be refused. */
  readonly capabilities: Capabilities;
  /** Opens a store; once for each test. It may hold data of earlier tests: every test has keys of its own. */
  readonly createStore: () => Promise<Target>;
  /** Closes the store in order and opens the same data again. */
  readonly reopen?: ((target: Target) => Promise<Target>) | undefined;
  /** Ends the process that owns the data without warning (`kill -9`) and opens the same data again. */
  readonly kill?: ((target: Target) => Promise<Target>) | undefined;
  /** Moves the store's fake clock. Without it the suite waits in real time. */
  readonly advance?: ((ms: number, target: Target) => Promise<void>) | undefined;
  /** Steps the store's wall clock, back if negative. */
  readonly jumpWallClock?: ((ms: number, target: Target) => void | Promise<void>) | undefined;
  readonly expectations?: ConformanceExpectations | undefined;
  /** Further tests by number of group: groups 20, 26 and 27 consist of nothing else. */
  readonly provided?: Readonly<Record<number, readonly ProvidedTest[]>> | undefined;
  /** Groups that cannot apply, by number, each with the reason. They are reported as skipped. */
  readonly notApplicable?: Readonly<Record<number, string>> | undefined;
  /** Share of the full load (64 writers, 10,000 calls, ...) to run, above 0 to 1. Default 1. */
  readonly load?: number | undefined;
  /** Time limit of each test in milliseconds, handed to `it`. Default 120,000. */
  readonly testTimeoutMs?: number | undefined;
}
