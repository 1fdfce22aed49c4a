import { refuse } from '@norikv/store/checks';
import type { Head } from '../log/head.js';

/**
 * Where a stream must be for an append: anywhere, absent (`none`, or 0), present, or at exactly this version.
 */
export type ExpectedVersion = 'any' | 'none' | 'exists' | number;

/** @throws InvalidArgumentError for anything else. */
export function checkExpected(expected: unknown): ExpectedVersion {
  if (expected === 'any' || expected === 'none' || expected === 'exists') return expected;
  if (typeof expected === 'number' && Number.isSafeInteger(expected) && expected >= 0) return expected;
  return refuse('expected', expected, "'any', 'none', 'exists' or a version (a whole number from 0)");
}

/** Whether a stream is there for readers. */
export function isPresent(
  head: Head | undefined,
  { includeArchived = false }: { readonly includeArchived?: boolean | undefined } = {},
): head is Head {
  if (head === undefined || head.last === 0) return false;
  return head.status === 'open' || (includeArchived && head.status === 'archived');
}

/** Whether a stream is where an append expects it. A deleted stream is absent: at 0, whatever its numbering. */
export function isExpected(head: Head, expected: ExpectedVersion): boolean {
  if (expected === 'any') return true;
  if (expected === 'exists') return isPresent(head);
  if (expected === 'none' || expected === 0) return !isPresent(head);
  return head.last === expected && head.status !== 'deleted';
}

/** Whether a stream was deleted after the version expected: what came before does not go on. */
export function wasDeletedAfter(expected: ExpectedVersion, { since = 1 }: Head): boolean {
  return typeof expected === 'number' && expected > 0 && expected < since;
}

/** The version after which an append with this expectation would have put its events. */
export function baseOf(head: Head, expected: ExpectedVersion): number {
  return typeof expected === 'number' && expected > 0 ? expected : head.first - 1;
}
