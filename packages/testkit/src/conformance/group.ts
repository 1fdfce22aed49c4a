import type { Capabilities } from '@norikv/store';
import type { ConformanceExpectations } from './options.js';
import type { Trial } from './trial.js';

/** What a group sees of the suite it defines its tests in. */
export interface Suite {
  readonly capabilities: Capabilities;
  readonly expectations: ConformanceExpectations;
  /** Which hooks the suite was given. */
  readonly can: {
    readonly reopen: boolean;
    readonly kill: boolean;
    readonly advance: boolean;
    readonly jumpWallClock: boolean;
  };
  test(name: string, body: (trial: Trial) => Promise<void>): void;
  /** Reports a test that cannot apply. */
  skip(name: string, reason: string): void;
}

/** One numbered part of the suite. */
export interface Group {
  readonly number: number;
  readonly name: string;
  /** Defines the tests; a group without it consists of provided tests only, for the reason given. */
  readonly define?: (suite: Suite) => void;
  readonly onlyProvided?: string;
}
