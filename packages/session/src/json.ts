import type { Codec } from '@norikv/cas-retry';
import { bytesToString, InvalidArgumentError, stringToBytes } from '@norikv/store';

/** Anything JSON can say. */
type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** An object JSON can say. */
export interface JsonObject {
  readonly [name: string]: Json | undefined;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A codec that keeps `__proto__` out, which an assignment elsewhere would turn into a prototype. */
export function safeJsonCodec<State>(check: (parsed: unknown) => State): Codec<State> {
  return {
    encode: (state) => stringToBytes(JSON.stringify(state)),
    decode(bytes) {
      const text = bytesToString(bytes);
      const parsed: unknown = JSON.parse(text);
      // Written in escapes, the name would not show.
      return check(/__proto__|\\u/.test(text) ? withoutProto(parsed) : parsed);
    },
  };
}

/** Parsed JSON without `__proto__`. */
export function withoutProto(parsed: unknown): unknown {
  if (Array.isArray(parsed)) return parsed.map(withoutProto);
  if (!isJsonObject(parsed)) return parsed;
  const kept = Object.entries(parsed).filter(([name]) => name !== '__proto__');
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutProto(value)]));
}

/**
 * A copy of a value, equal to what will come back from the store.
 *
 * @throws InvalidArgumentError naming the place of what would come back as something else, or not at all.
 */
export function copyJson(value: unknown, name: string, maxBytes: number): JsonObject {
  const copy = copyOf(value, name, 0);
  if (!isJsonObject(copy)) refuse(name, described(value), 'an object');
  const bytes = new TextEncoder().encode(JSON.stringify(copy)).length;
  if (bytes > maxBytes) refuse(name, `${bytes} bytes long`, `at most ${maxBytes} (maxDataBytes)`);
  return copy;
}

const deepest = 32;
const jsonValues = 'what JSON can say: objects, arrays, text, finite numbers, booleans, null';

function copyOf(value: unknown, place: string, depth: number): Json {
  if (depth > deepest) refuse(place, `nested deeper than ${deepest}`, 'flatter data');
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value + 0;
  if (Array.isArray(value)) {
    return Array.from(value, (item, index) => copyOf(item, `${place}[${index}]`, depth + 1));
  }
  if (!isPlainObject(value)) refuse(place, described(value), jsonValues);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  if (Object.hasOwn(value, '__proto__')) refuse(place, 'an object with "__proto__"', 'another name');
  return Object.fromEntries(entries.map(([key, item]) => [key, copyOf(item, `${place}.${key}`, depth + 1)]));
}

/**
 * Whether a value is an object of no class, whose properties are all there is to it; also one from another realm,
 * which has an `Object` of its own: test runners have them.
 */
export function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A frozen copy: a change of it would be lost. */
export function frozen<Value>(value: Value): Value;
export function frozen(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(frozen));
  if (!isPlainObject(value)) return value;
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([name, item]) => [name, frozen(item)])));
}

/** What kind of value it is, for a message. */
export function described(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return value === null ? 'null' : `a ${value.constructor?.name}`;
  return typeof value === 'number' ? String(value) : `a ${typeof value}`;
}

function refuse(place: string, what: string, use: string): never {
  throw new InvalidArgumentError(`${place} is ${what}; use ${use}`);
}
