import { errorCode, isNoriKVError } from '@norikv/store';
import type { Head } from './head.js';
import { corrupt } from './record.js';

/** @throws CorruptRecordError for the head of another log. */
export function checkOwner(head: Head, name: string, key: string): Head {
  if (head.name === name) return head;
  throw corrupt(`belongs to "${head.name}", not to "${name}"`, key);
}

/** Gives a damaged head the message that says what is wrong with it. */
export async function named<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const { cause } = (error ?? {}) as { readonly cause?: unknown };
    if (errorCode(error) !== 'CORRUPT_RECORD' || !isNoriKVError(cause)) throw error;
    throw corrupt(
      cause.message.replace(/^The stored value | It was left as it is\.$/g, '').replace(/\.$/, ''),
      key,
    );
  }
}
