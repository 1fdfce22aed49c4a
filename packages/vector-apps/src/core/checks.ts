import type { Clock } from '@norikv/store';
import { checkAtOnce, checkClock, checkOptions, checkString, refuse } from '@norikv/store/checks';

/** @throws InvalidArgumentError unless the value is a number in the range. */
export function checkNumber(name: string, value: number, least: number, most: number): number {
  if (Number.isFinite(value) && value >= least && value <= most) return value;
  return refuse(name, value, `a number from ${least} to ${most}`);
}

/** Whether a value is an object or an array. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** @throws InvalidArgumentError unless the value is an object; `undefined` is one without properties. */
export function checkObject(name: string, value: unknown): void {
  if (value === undefined || (isObject(value) && !Array.isArray(value))) return;
  refuse(name, value, 'an object, or leave it out');
}

/**
 * @param own - names of the options beside the limits of every call.
 * @throws InvalidArgumentError unless they are an object of options that are known; see `checkObject`.
 */
export function checkCall(options: object, own: readonly string[]): void {
  checkOptions(options, [...own, 'signal', 'timeoutMs']);
}

/** @throws InvalidArgumentError unless each value is a boolean, or left out. */
export function checkFlags(flags: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(flags)) {
    if (value !== undefined && typeof value !== 'boolean') refuse(name, value, 'true or false');
  }
}

/** @throws InvalidArgumentError unless each value is a function, or left out. */
export function checkFunctions(functions: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(functions)) {
    if (value !== undefined && typeof value !== 'function')
      refuse(name, value, 'a function, or leave it out');
  }
}

/**
 * What a filter answers. A promise would pass for true, and let everything through.
 *
 * @throws InvalidArgumentError if the filter is an asynchronous function.
 */
export function checkAnswer(answer: boolean): boolean {
  return checkAtOnce('what filter answers', answer, 'true or false, at once');
}

/** @throws InvalidArgumentError unless the value is an iterable, and no string. */
export function checkIterable(name: string, value: unknown): void {
  if (isObject(value) && (Symbol.iterator in value || Symbol.asyncIterator in value)) return;
  refuse(name, value, 'an array or another iterable, also an async one');
}

/** Options that all classes have. */
export interface SharedOptions {
  readonly namespace?: string | undefined;
  readonly prefix?: string | undefined;
  readonly unsafeAllowNonAtomicCas?: boolean | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
}

/**
 * @param own - names of the options that the class has beside these.
 * @throws InvalidArgumentError if one of them is wrong, one is misspelt, or there are no options at all.
 */
export function checkShared(options: SharedOptions, own: readonly string[]): void {
  checkOptions(options, [...own, 'namespace', 'unsafeAllowNonAtomicCas', 'clock', 'random']);
  const { namespace = 'default', prefix = '', unsafeAllowNonAtomicCas, clock, random } = options;
  checkString('namespace', namespace);
  if (namespace === '') refuse('namespace', namespace, 'a string with something in it, or leave it out');
  checkString('prefix', prefix);
  checkFlags({ unsafeAllowNonAtomicCas });
  checkFunctions({ random });
  if (clock !== undefined) checkClock(clock);
}
