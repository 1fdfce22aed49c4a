import { type Entry, type Key, type Version, versionsEqual } from '@norikv/store';
import { absentEnvelope, decodeEnvelope, type Envelope } from './envelope.js';

/** What a key held at one moment. */
export interface Snapshot {
  /** Undefined if the key was absent. A tombstone has a version. */
  readonly version: Version | undefined;
  readonly envelope: Envelope;
}

export function snapshotOf(key: Key, entry: Entry | null): Snapshot {
  if (!entry) return { version: undefined, envelope: absentEnvelope };
  return { version: entry.version, envelope: decodeEnvelope(key, entry.value) };
}

export function sameVersion(left: Snapshot, right: Snapshot): boolean {
  if (!left.version || !right.version) return left.version === right.version;
  return versionsEqual(left.version, right.version);
}
