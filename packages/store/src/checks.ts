import { stringToBytes } from './bytes.js';
import { type Clock, systemClock } from './clock.js';
import { InvalidArgumentError } from './errors.js';
import type { KvStore } from './kv-store.js';
import { isPromise, quiet } from './listeners.js';

/** A value as an error names it: "5" and 5n are not 5, and a promise is not what it gives. Of text the beginning. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 64));
  if (typeof value === 'bigint') return `${value}n`;
  return Object(value) === value ? Object.prototype.toString.call(value) : String(value);
}

/**
 * Refuses an argument.
 *
 * @param use - what to use instead, after "use".
 * @param Refusal - the class of the error. Default `InvalidArgumentError`.
 * @throws always: what the argument is, and what to use instead.
 */
export function refuse(
  name: string,
  value: unknown,
  use: string,
  Refusal: new (message: string) => Error = InvalidArgumentError,
): never {
  throw new Refusal(`${name} is ${shown(value)}; use ${use}`);
}

/** @throws InvalidArgumentError unless the value is a whole number in the range. Both ends belong to it. */
export function checkWhole(
  name: string,
  value: unknown,
  least = 1,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  if (Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most) return Number(value);
  const range = most < Number.MAX_SAFE_INTEGER ? ` from ${least} to ${most}` : `, at least ${least}`;
  return refuse(name, value, `a whole number${range}`);
}

/** @throws InvalidArgumentError unless the value is a string. */
export function checkString(name: string, value: unknown): string {
  return typeof value === 'string' ? value : refuse(name, value, 'a string');
}

/** @throws InvalidArgumentError unless the value is well-formed text of 1 to so many bytes. */
export function checkText(name: string, value: unknown, maxBytes: number): string {
  const use = `well-formed text of 1 to ${maxBytes} bytes`;
  if (typeof value !== 'string' || value === '' || !value.isWellFormed()) return refuse(name, value, use);
  const { length } = stringToBytes(value);
  return length <= maxBytes ? value : refuse(`${name}, ${length} bytes long,`, value, use);
}

/** @throws InvalidArgumentError unless the value is one of those allowed. */
export function checkOneOf(name: string, value: unknown, allowed: readonly unknown[]): void {
  if (!allowed.includes(value)) refuse(name, value, allowed.map(shown).join(' or '));
}

/** @throws InvalidArgumentError unless the value is a function. */
export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') refuse(name, value, 'a function');
}

/** @throws InvalidArgumentError unless the value is a store: a promise of one would fail in the first call. */
export function checkStore(store: KvStore): void {
  if (typeof store?.put !== 'function') refuse('store', store, 'an open store, awaited');
}

/** @throws InvalidArgumentError naming the method of a clock that is missing: it would be missed in the middle of a call. */
export function checkClock(clock: Clock): void {
  for (const name of Object.keys(systemClock) as (keyof Clock)[])
    checkFunction(`clock.${name}`, clock?.[name]);
}

/**
 * Checks what a function gave that must answer at once.
 *
 * @throws InvalidArgumentError for a promise.
 */
export function checkAtOnce<Answer>(name: string, answer: Answer, use = 'what it resolves to'): Answer {
  if (!isPromise(answer)) return answer;
  quiet(answer);
  return refuse(name, answer, use);
}

/** @throws InvalidArgumentError unless the function gives a number from 0 to below 1. */
export function draw(random: () => number): number {
  const share = checkAtOnce('random()', random());
  return share >= 0 && share < 1 ? share : refuse('random()', share, 'a number from 0 to below 1');
}

/**
 * Checks options. Anything else in their place would be taken for no options, and nobody would learn of it.
 *
 * @throws InvalidArgumentError unless the value is an object, and no array.
 */
export function checkObject<Options>(name: string, value: Options): Options {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  return refuse(name, value, value === undefined ? 'an object' : 'an object, or leave it out');
}

/**
 * Checks the names of options: one that is misspelt would do nothing, in silence.
 *
 * @param what - what a name is, such as "an option of create".
 * @throws InvalidArgumentError for a name that is not known.
 */
export function checkNames(what: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) refuse(what, name, known.join(', '));
  }
}

/**
 * Checks that options are an object whose names are all known.
 *
 * @param name - what the options are called, such as "tls". Default: "options".
 * @throws InvalidArgumentError if not.
 */
export function checkOptions<Options>(options: Options, known: readonly string[], name?: string): Options {
  checkObject(name ?? 'options', options);
  checkNames(name === undefined ? 'an option' : `an option of ${name}`, Object(options), known);
  return options;
}
