import { type ErrorFacts, NoriKVError } from '@norikv/store';
import type { RecordedEvent } from './events/event-types.js';
import type { ExpectedVersion } from './events/expected.js';

/** Facts of a {@link StreamConflictError}. */
export interface StreamConflictFacts extends ErrorFacts {
  readonly aggregateId: string;
  readonly expected: ExpectedVersion;
  readonly version: number;
  readonly events: readonly RecordedEvent[];
  readonly wasDeleted?: boolean | undefined;
}

/** The stream is not where the caller expected it. Nothing was appended. */
export class StreamConflictError extends NoriKVError {
  static override readonly code: string = 'STREAM_CONFLICT';
  readonly aggregateId: string;
  readonly expected: ExpectedVersion;
  /** The stream's current version; 0 if it is deleted. */
  readonly version: number;
  /** What came after the expected version: the first 100 of those events. */
  declare readonly events: readonly RecordedEvent[];
  /** Whether the stream was deleted after the expected version: `events` then go on from nothing. */
  readonly wasDeleted: boolean;
  constructor(message: string, facts: StreamConflictFacts) {
    super(message, facts);
    this.aggregateId = facts.aggregateId;
    this.expected = facts.expected;
    this.version = facts.version;
    // Not enumerable: the data of events must not get into logs.
    Object.defineProperty(this, 'events', { value: facts.events });
    this.wasDeleted = facts.wasDeleted ?? false;
  }
}

/** The stream is archived or tombstoned and takes no events. Nothing was appended. */
export class StreamClosedError extends NoriKVError {
  static override readonly code: string = 'STREAM_CLOSED';
}

/** A commit id or an event id came back with other content. Nothing was appended. */
export class IdReusedError extends NoriKVError {
  static override readonly code: string = 'ID_REUSED';
}

/** An event has more than 8 MiB, or a commit more than 64 MiB. Nothing was appended. */
export class EventTooLargeError extends NoriKVError {
  static override readonly code: string = 'EVENT_TOO_LARGE';
}

/** An event does not fit its schema; `issues` says where. Nothing was appended. */
export class EventInvalidError extends NoriKVError {
  static override readonly code: string = 'EVENT_INVALID';
  readonly issues: readonly string[];
  constructor(message: string, facts: ErrorFacts & { readonly issues?: readonly string[] } = {}) {
    super(message, facts);
    this.issues = facts.issues ?? [];
  }
}

/** Another consumer has taken over the checkpoint. This one must stop. */
export class CheckpointLostError extends NoriKVError {
  static override readonly code: string = 'CHECKPOINT_LOST';
}

/** A consumer has parked as many events as it may, and has stopped before one more. None is lost. */
export class ParkingFullError extends NoriKVError {
  static override readonly code: string = 'PARKING_FULL';
}

/** The key of a subject was deleted: what was written about it cannot be read, and nothing more can be written. */
export class SubjectErasedError extends NoriKVError {
  static override readonly code: string = 'SUBJECT_ERASED';
}
