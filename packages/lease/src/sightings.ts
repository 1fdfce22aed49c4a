import type { LeaseRecord } from './lease-record.js';

/** A record, and since when it has been seen unchanged, on this process's monotonic clock. */
export interface Sighting {
  readonly record: LeaseRecord;
  readonly since: number;
}

/** Call when the reply that held the record has come: its write was applied before that. */
export function sightingOf(record: LeaseRecord, known: Sighting | undefined, now: number): Sighting {
  return known && isSameWrite(known.record, record) ? known : { record, since: now };
}

/** How long the record must still stay as it is before it may be taken. */
export function remainingMs({ record, since }: Sighting, now: number): number {
  return since + record.ttlMs - now;
}

/** Whether exactly this record has been seen for the whole of its time. */
export function hasRunOut(record: LeaseRecord, known: Sighting | undefined, now: number): boolean {
  return known !== undefined && isSameWrite(known.record, record) && remainingMs(known, now) <= 0;
}

function isSameWrite(left: LeaseRecord, right: LeaseRecord): boolean {
  return left.epoch === right.epoch && left.tenure === right.tenure && left.seq === right.seq;
}
