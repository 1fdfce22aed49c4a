import type { LeaseRecord } from './lease-record.js';

/** The holder of a lease, as its record tells. */
export interface Leader {
  readonly owner: string;
  readonly token: bigint;
  /** The holder's wall clock when it acquired, in milliseconds since the epoch. For people only. */
  readonly since: number;
}

/** Null if the lease is free. A holder that died is named until another one takes over. */
export function leaderOf(record: LeaseRecord | undefined): Leader | null {
  if (record === undefined || record.holder === null) return null;
  return { owner: record.holder, token: record.epoch, since: record.since };
}
