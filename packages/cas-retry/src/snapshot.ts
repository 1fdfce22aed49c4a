import { type Entry, type Key, type Version, versionsEqual } from '@norikv/store';
import { absentEnvelope, decodeEnvelope, type Envelope } from './envelope.js';

/** What a key held at one moment. */
export interface Snapshot {
  /** Undefined if the key was absent. A tombstone has a version. */
  readonly version: Version | undefined;
  readonly envelope: Envelope;
  /** Bytes of the stored value. */
  readonly bytes: number;
}

export function snapshotOf(key: Key, entry: Entry | null): Snapshot {
  if (!entry) return { version: undefined, envelope: absentEnvelope, bytes: 0 };
  const { version, value } = entry;
  return { version, envelope: decodeEnvelope(key, value), bytes: value.length };
}

export function sameVersion(left: Snapshot, right: Snapshot): boolean {
  if (!left.version || !right.version) return left.version === right.version;
  return versionsEqual(left.version, right.version);
}
