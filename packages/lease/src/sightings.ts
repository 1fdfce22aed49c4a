import type { LeaseRecord } from './lease-record.js';

const rememberedKeys = 1_024;

interface Sighting {
  readonly record: LeaseRecord;
  readonly at: number;
}

/**
 * Since when each record has been seen unchanged, on this process's monotonic clock. Forgetting one, as
 * happens to the oldest of many, only makes a wait start anew.
 */
export class Sightings {
  readonly #seen = new Map<string, Sighting>();

  /** Call when the reply that held the record has come: its write was applied before that. */
  note(key: string, record: LeaseRecord, now: number): void {
    const known = this.#seen.get(key);
    this.#seen.delete(key);
    this.#seen.set(key, known && isSameWrite(known.record, record) ? known : { record, at: now });
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= rememberedKeys) return;
      this.#seen.delete(oldest);
    }
  }

  forget(key: string): void {
    this.#seen.delete(key);
  }

  /** How long a record must still stay as it is before it may be taken. */
  remainingMs(key: string, now: number): number {
    const known = this.#seen.get(key);
    return known ? known.at + known.record.ttlMs - now : Number.POSITIVE_INFINITY;
  }

  /** Whether exactly this record has been seen for the whole of its time. */
  hasRunOut(key: string, record: LeaseRecord, now: number): boolean {
    const known = this.#seen.get(key);
    return known !== undefined && isSameWrite(known.record, record) && this.remainingMs(key, now) <= 0;
  }
}

function isSameWrite(left: LeaseRecord, right: LeaseRecord): boolean {
  return left.epoch === right.epoch && left.tenure === right.tenure && left.seq === right.seq;
}
