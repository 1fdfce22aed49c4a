import { CorruptRecordError } from '@norikv/cas-retry';
import { AlreadyExistsError, type Entry, isNoriKVError, type Key, VersionMismatchError } from '@norikv/store';
import type { Usage } from './tenant-record.js';

/** One byte before each value says whether it is counted against the limits. */
const flags = { uncounted: 0, counted: 1 } as const;

/** A value as a managed tenant's part of the store keeps it. */
export function wrap(value: Uint8Array, isCounted: boolean): Uint8Array {
  const bytes = new Uint8Array(value.length + 1);
  bytes[0] = isCounted ? flags.counted : flags.uncounted;
  bytes.set(value, 1);
  return bytes;
}

/** The tenant's view of an entry. @throws CorruptRecordError for one that this version does not know. */
export function unwrap({ value, version }: Entry, key: Key | undefined): Entry {
  const [flag] = value;
  if (flag === flags.uncounted || flag === flags.counted) return { value: value.slice(1), version };
  throw new CorruptRecordError(
    'The value is not in the form of a tenant; if a newer version wrote it upgrade, else look at it by hand',
    { key },
  );
}

/** What an entry counts for. */
export function countOf(entry: Entry | null): Usage {
  const isCounted = entry?.value[0] === flags.counted;
  return { keys: isCounted ? 1 : 0, bytes: isCounted ? entry.value.length - 1 : 0 };
}

/** An error with the tenant's view of the entry it carries. */
export function unwrapError(error: unknown): unknown {
  const { actual } = error as { actual?: Entry | null };
  if (!isNoriKVError(error) || !actual) return error;
  const { code, outcome, retryable, key, message } = error;
  const facts = { code, outcome, retryable, key, actual: unwrap(actual, key) };
  if (code === 'ALREADY_EXISTS') return new AlreadyExistsError(message, facts);
  const { expected } = error as VersionMismatchError;
  return new VersionMismatchError(message, { ...facts, expected });
}
