/**
 * Names one write of one key.
 *
 * Opaque: compare with {@link versionsEqual} and never order, parse or build one. A version never repeats
 * for a key, not even after the key was deleted and created again.
 */
export interface Version {
  readonly term: bigint;
  readonly index: bigint;
}

/** Whether two versions name the same write. */
export function versionsEqual(left: Version, right: Version): boolean {
  return left.term === right.term && left.index === right.index;
}

/** Whether a version is the wire's `{term: 0, index: 0}`, which as a condition means "must not exist". */
export function isZeroVersion(version: Version): boolean {
  return version.term === 0n && version.index === 0n;
}
