import { checkFunction, checkNames } from '@norikv/store/checks';
import { Failure } from './assertions.js';
import type { TestRunner } from './options.js';

/** What every suite needs. */
interface SuiteOptions extends TestRunner {
  readonly createStore: unknown;
}

/** @throws InvalidArgumentError for an option that is misspelt, and without a test runner or a store. */
export function checkSuite(options: SuiteOptions, names: readonly string[]): void {
  checkNames('an option', options, names);
  checkFunction('describe', options.describe);
  checkFunction('it', options.it);
  checkFunction('it.skip', options.it.skip);
  checkFunction('createStore', options.createStore);
}

/** Sets the time limit of what `it` made: Mocha takes none as an argument. */
export function limitTime(test: unknown, timeoutMs: number): void {
  (test as { readonly timeout?: (ms: number) => unknown } | undefined)?.timeout?.(timeoutMs);
}

/** Runs a test. What it finds says of which group it is: the runner of Node prints the name of the test alone. */
export async function inGroup(group: string, test: () => Promise<void>): Promise<void> {
  try {
    await test();
  } catch (error) {
    if (!(error instanceof Failure)) throw new Failure(`${group}: ${String(error)}`, { cause: error });
    const message = `${group}: ${error.message}`;
    // Not another error: this one says where it was found.
    error.stack = String(error.stack).replace(error.message, () => message);
    error.message = message;
    throw error;
  }
}
