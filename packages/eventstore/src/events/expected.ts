import { InvalidArgumentError } from '@norikv/store';
import type { Head } from '../log/head.js';

/**
 * Where a stream must be for an append: anywhere, absent (`none`, or 0), present, or at exactly this version.
 */
export type ExpectedVersion = 'any' | 'none' | 'exists' | number;

/** @throws InvalidArgumentError for anything else. */
export function checkExpected(expected: unknown): ExpectedVersion {
  if (expected === 'any' || expected === 'none' || expected === 'exists') return expected;
  if (typeof expected === 'number' && Number.isSafeInteger(expected) && expected >= 0) return expected;
  throw new InvalidArgumentError(
    `expected is ${String(expected)}; use 'any', 'none', 'exists' or a version (a whole number from 0)`,
  );
}

/** Whether a stream is there for readers. */
export function isPresent(head: Head | undefined): head is Head {
  return head !== undefined && head.last > 0 && head.status === 'open';
}

/** Whether a stream is where an append expects it. A deleted stream is absent and keeps its version. */
export function isExpected(head: Head, expected: ExpectedVersion): boolean {
  if (expected === 'any') return true;
  if (expected === 'exists') return isPresent(head);
  if (expected === 'none' || expected === 0) return !isPresent(head);
  return head.last === expected;
}

/** The version after which an append with this expectation would have put its events. */
export function baseOf(head: Head, expected: ExpectedVersion): number {
  return typeof expected === 'number' && expected > 0 ? expected : head.first - 1;
}
