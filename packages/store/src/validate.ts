import { stringToBytes } from './bytes.js';
import { checkObject, refuse } from './checks.js';
import { InvalidArgumentError } from './errors.js';
import type { DeleteOptions, Key, PutOptions, Value } from './kv-store.js';
import { isZeroVersion, type Version } from './version.js';

/** Sizes an engine accepts. */
export interface SizeLimits {
  readonly maxKeyBytes: number;
  readonly maxValueBytes: number;
}

/** When a write may happen. */
export type Condition =
  | { readonly kind: 'always' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'version'; readonly version: Version };

const always: Condition = { kind: 'always' };
const absent: Condition = { kind: 'absent' };

/**
 * The bytes of a key, copied.
 *
 * @throws InvalidArgumentError if it is empty, too long, or a string that is not well-formed Unicode (two
 * such strings could become the same bytes).
 */
export function keyToBytes(key: Key, limits: SizeLimits): Uint8Array {
  const bytes = toBytes('key', key);
  if (bytes.length === 0 || bytes.length > limits.maxKeyBytes) {
    throw new InvalidArgumentError(
      `key has ${bytes.length} bytes; use 1 to ${limits.maxKeyBytes} (or its hash)`,
    );
  }
  return bytes;
}

/**
 * The bytes of a value, copied.
 *
 * @throws InvalidArgumentError if it is too long, or a string that is not well-formed Unicode.
 */
export function valueToBytes(value: Value, limits: SizeLimits): Uint8Array {
  const bytes = toBytes('value', value);
  if (bytes.length > limits.maxValueBytes) {
    throw new InvalidArgumentError(
      `value has ${bytes.length} bytes; use at most ${limits.maxValueBytes}, or several keys`,
    );
  }
  return bytes;
}

/**
 * The condition a put or delete carries. `ifMatchVersion {0, 0}` means absent.
 *
 * @throws InvalidArgumentError if it asks for two things at once or for something that is no version.
 */
export function conditionOf(options: PutOptions & DeleteOptions = {}): Condition {
  checkObject('options', options);
  const { ifNotExists, ifMatchVersion: version } = options;
  if (version === undefined || version === null) return ifNotExists ? absent : always;
  if (ifNotExists) {
    throw new InvalidArgumentError('ifNotExists and ifMatchVersion exclude each other; pass one');
  }
  const { term, index } = version;
  if (typeof term !== 'bigint' || typeof index !== 'bigint') {
    throw new InvalidArgumentError(
      'ifMatchVersion must be a version from get or put: {term, index} as bigint',
    );
  }
  // A copy: the write may come later, and the object is the caller's.
  return isZeroVersion(version) ? absent : { kind: 'version', version: { term, index } };
}

/**
 * Checks a duration.
 *
 * @throws InvalidArgumentError unless it is a whole number of milliseconds, at least 1, or undefined.
 */
export function checkDurationMs(name: string, durationMs: number | undefined): void {
  if (durationMs === undefined || (Number.isSafeInteger(durationMs) && durationMs >= 1)) return;
  refuse(name, durationMs, 'a whole number of milliseconds, at least 1, or leave it out');
}

function toBytes(name: string, input: string | Uint8Array): Uint8Array {
  if (input instanceof Uint8Array) return new Uint8Array(input);
  if (typeof input !== 'string') refuse(name, input, 'a string or a Uint8Array');
  if (!input.isWellFormed()) {
    throw new InvalidArgumentError(`${name} is not well-formed Unicode (lone surrogate); pass bytes`);
  }
  return stringToBytes(input);
}
