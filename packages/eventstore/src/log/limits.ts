import { InvalidArgumentError, type KvStore } from '@norikv/store';
import { checkWhole } from '@norikv/store/checks';

/** Bytes after encoding. Each is a fixed share of what the store takes, so that a head always fits. */
export interface Limits {
  /** The tail is sealed when it is longer. New logs keep it in their head, so all writers agree. */
  readonly rollBytes: number;
  /** A longer commit is written in parts. */
  readonly inlineBytes: number;
  /** The tail is never longer. */
  readonly tailBytes: number;
  /** All snapshots in a head. */
  readonly snapshotBytes: number;
  /** One part of a commit in parts. */
  readonly partBytes: number;
}

/** For each name that a record remembers: a quarter of it at most is taken by names of 128 letters. */
const bytesOfName = 1_024;

/** Longest single event. */
export const maxEventBytes: number = 8 * 2 ** 20;

/** Longest commit. */
export const maxCommitBytes: number = 64 * 2 ** 20;

/** The longest value that a store takes. */
export function valueBytesOf({ capabilities }: KvStore): number {
  return capabilities?.maxValueBytes ?? 2 ** 20;
}

/** For values of 1 MiB: 64, 256, 512, 128 and 512 KiB. */
export function limitsOf(store: KvStore, rollBytes?: number): Limits {
  const budget = valueBytesOf(store);
  if (rollBytes !== undefined) checkWhole('rollBytes', rollBytes, 1, budget / 4);
  return {
    rollBytes: rollBytes ?? Math.floor(budget / 16),
    inlineBytes: Math.floor(budget / 4),
    tailBytes: Math.floor(budget / 2),
    snapshotBytes: Math.floor(budget / 8),
    partBytes: Math.floor(budget / 2),
  };
}

/**
 * How many commits a head remembers by name: 256, and fewer where they would take too much of a small value.
 *
 * @throws InvalidArgumentError for more than fit.
 */
export function operationWindowOf(store: KvStore, given?: number): number {
  const most = Math.max(1, Math.floor(valueBytesOf(store) / bytesOfName));
  const operationWindow = given ?? Math.min(256, most);
  if (operationWindow <= most) return operationWindow;
  throw new InvalidArgumentError(
    `operationWindow is ${operationWindow}; use at most ${most}: each name takes room in the stream's record`,
  );
}
