import type { Codec } from '@norikv/cas-retry';
import { bytesToString, stringToBytes } from '@norikv/store';

/**
 * What is stored for a lease. It survives release and expiry, because the epoch does. No time in it is
 * ever compared with a clock: others watch how long it stays unchanged.
 */
export interface LeaseRecord {
  /** Label of the holder, for people; null once released. */
  readonly holder: string | null;
  /** Names one acquisition: who holds the lease is decided by this, never by the label. */
  readonly tenure: string;
  /** Grows by at least one with every acquisition, and never for another reason: the fencing token. */
  readonly epoch: bigint;
  /** Grows with every write of a tenure, so that others see that it is alive. */
  readonly seq: number;
  /** How long the record must stay unchanged before others may take the lease. */
  readonly ttlMs: number;
  /** The holder's wall clock when it acquired, for people. */
  readonly since: number;
}

/** The longest delay a timer keeps. */
export const longestMs: number = 2 ** 31 - 1;

export const leaseCodec: Codec<LeaseRecord> = {
  encode: (record) => stringToBytes(JSON.stringify({ v: 1, ...record, epoch: String(record.epoch) })),
  decode(bytes) {
    const { v, epoch, ...rest } = JSON.parse(bytesToString(bytes));
    if (v !== 1 || !/^[0-9]+$/.test(epoch) || !isRest(rest)) throw new TypeError('not a lease record');
    return { ...rest, epoch: BigInt(epoch) };
  },
};

function isRest(rest: Record<string, unknown>): rest is Omit<LeaseRecord, 'epoch'> & typeof rest {
  const { holder, tenure, seq, ttlMs, since } = rest;
  return (
    (holder === null || typeof holder === 'string') &&
    typeof tenure === 'string' &&
    isWhole(seq, 0) &&
    isWhole(ttlMs, 1) &&
    ttlMs <= longestMs &&
    typeof since === 'number'
  );
}

function isWhole(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}
