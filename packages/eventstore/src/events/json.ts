import { InvalidArgumentError } from '@norikv/store';
import { shown } from '@norikv/store/checks';
import { isOfNoClass, keyAltered, keyLeftOut } from './plain-data.js';

type Replacer = (this: Readonly<Record<string, unknown>>, key: string, value: unknown) => unknown;

/** @throws InvalidArgumentError for what JSON would lose: what it alters by `toJSON`, such as dates, is fine. */
export function toJson(value: unknown, what: string): string {
  return jsonWith(refuseLoss, value, what);
}

/**
 * The JSON of state that is kept and gone on from.
 *
 * @throws InvalidArgumentError for what would come back as something else, such as dates and getters.
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

function refuseLoss(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const original = this[key];
  if (isLost(value, original, this)) refuse(key, original);
  if (isObject(value)) refuseKey(key, keyLeftOut(value));
  return value;
}

function refuseChange(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const original = this[key];
  const isChanged = value !== original || (isObject(value) && !isOfNoClass(value));
  if (isChanged || isLost(value, original, this)) refuse(key, original);
  if (isObject(value)) refuseKey(key, keyAltered(value));
  return value;
}

/** JSON would turn these into null or {}, or leave them out, without a word. */
function isLost(value: unknown, original: unknown, holder: unknown): boolean {
  return (
    (typeof value === 'number' && !Number.isFinite(value)) ||
    (value === null && original !== null) ||
    (value === undefined && Array.isArray(holder)) ||
    typeof value === 'function' ||
    typeof value === 'bigint' ||
    typeof value === 'symbol' ||
    (isObject(value) && !isJsonObject(value))
  );
}

function refuse(key: string, original: unknown): never {
  const what = ['object', 'bigint'].includes(typeof original) ? shown(original) : String(original);
  throw new TypeError(
    `${placeOf(key)} is ${what}; use null, text, numbers, booleans, arrays or plain objects`,
  );
}

function refuseKey(key: string, odd: PropertyKey | undefined): void {
  if (odd === undefined) return;
  const property = typeof odd === 'string' ? shown(odd) : String(odd);
  throw new TypeError(
    `${placeOf(key)} has ${property}, which would be lost or altered; use plain properties with text as their names`,
  );
}

function placeOf(key: string): string {
  return key === '' ? 'it' : `"${key}"`;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isJsonObject(value: object): boolean {
  return Array.isArray(value) || Object.prototype.toString.call(value) === '[object Object]';
}
