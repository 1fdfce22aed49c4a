import { InvalidArgumentError } from '@norikv/store';
import { shown } from '@norikv/store/checks';

type Replacer = (this: Readonly<Record<string, unknown>>, key: string, value: unknown) => unknown;

/** @throws InvalidArgumentError for what JSON would lose: what it alters by `toJSON`, such as dates, is fine. */
export function toJson(value: unknown, what: string): string {
  return jsonWith(refuseLoss, value, what);
}

/**
 * The JSON of state that is kept and gone on from.
 *
 * @throws InvalidArgumentError for what would come back as something else, such as dates.
 */
export function stateToJson(state: unknown, name: string): string {
  return jsonWith(refuseChange, state, `The state of "${name}"`);
}

function jsonWith(replacer: Replacer, value: unknown, what: string): string {
  let json: string | undefined;
  let cause: unknown;
  try {
    json = JSON.stringify(value, replacer);
  } catch (error) {
    cause = error;
  }
  if (json !== undefined) return json;
  const detail = cause instanceof Error ? `: ${cause.message}` : '';
  throw new InvalidArgumentError(`${what} cannot be written as JSON; nothing was written${detail}`, {
    cause,
  });
}

/** JSON would turn these into null or {}, or leave them out, without a word. */
function refuseLoss(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const original = this[key];
  const isLost =
    (typeof value === 'number' && !Number.isFinite(value)) ||
    (value === null && original !== null) ||
    (value === undefined && Array.isArray(this)) ||
    typeof value === 'function' ||
    typeof value === 'bigint' ||
    typeof value === 'symbol' ||
    (typeof value === 'object' && value !== null && !isJsonObject(value));
  return isLost ? refuse(key, original) : value;
}

function refuseChange(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const original = this[key];
  const isObject = typeof original === 'object' && original !== null;
  return isObject && !isPlain(original) ? refuse(key, original) : refuseLoss.call(this, key, value);
}

function refuse(key: string, original: unknown): never {
  const what = ['object', 'bigint'].includes(typeof original) ? shown(original) : String(original);
  const where = key === '' ? 'it' : `"${key}"`;
  throw new TypeError(`${where} is ${what}; use null, text, numbers, booleans, arrays or plain objects`);
}

function isJsonObject(value: object): boolean {
  return Array.isArray(value) || tagOf(value) === '[object Object]';
}

/** Lists, and objects of no class; also from another realm, which has an `Object` of its own. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype) === null;
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}
