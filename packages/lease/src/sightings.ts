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

/**
 * What was seen last, for a try that follows another one. Forgetting one, as happens to the oldest of many,
 * only makes its time start anew. Who waits must not rely on it: where many wait, all would forget in turn.
 */
export class Sightings {
  readonly #seen = new Map<string, Sighting>();
  readonly #limit: number;

  /** @param limit - how many are remembered: the default takes some megabytes. */
  constructor(limit = 16_384) {
    this.#limit = limit;
  }

  get(key: string): Sighting | undefined {
    return this.#seen.get(key);
  }

  set(key: string, sighting: Sighting): void {
    this.#seen.delete(key);
    this.#seen.set(key, sighting);
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > this.#limit && oldest !== undefined) this.#seen.delete(oldest);
  }

  delete(key: string): void {
    this.#seen.delete(key);
  }
}
