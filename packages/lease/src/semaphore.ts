import { type Codec, jsonCodec, keep, type Transition, write } from '@norikv/cas-retry';
import { draw } from '@norikv/store/checks';
import type { Campaigns } from './campaigns.js';
import { Entrance } from './entrance.js';
import { SemaphoreLimitError } from './errors.js';
import type { Lease } from './lease.js';
import type { Ledger } from './ledger.js';
import type { AcquireOptions, RenewalOptions } from './options.js';

/** At most `limit` holders at a time: that many leases, any of which will do. */
export interface Semaphore {
  readonly name: string;
  readonly limit: number;
  /**
   * A free slot, or null if all are held. Two round trips, and one for each held slot that was in the way; at
   * first use one more, which agrees on the limit.
   * The token of a slot is compared with those of the same slot only: it cannot fence what all slots share.
   *
   * @throws SemaphoreLimitError if the semaphore was made with another limit.
   */
  tryAcquire(options?: RenewalOptions): Promise<Lease | null>;
  /**
   * As {@link tryAcquire}, and waits for a slot, and for faults of the store to pass. Throws
   * `AcquireTimeoutError` or `CancelledError`, as `acquire` of leases does.
   */
  acquire(options?: AcquireOptions): Promise<Lease>;
  /** Acquires a slot, runs the body, waits for it, and gives the slot back. */
  withSlot<Result>(
    options: AcquireOptions,
    body: (lease: Lease) => Promise<Result> | Result,
  ): Promise<Result>;
}

/** The most slots a semaphore may have: each one that is held costs those who look a round trip. */
export const mostSlots = 1_000;

export function openSemaphore(name: string, limit: number, ledger: Ledger, campaigns: Campaigns): Semaphore {
  let agreement: Promise<void> | undefined;
  const agree = (): Promise<void> => {
    agreement ??= ledger.updater
      .update(`semaphore:${name}`, agreementCodec, agreeOn(name, limit))
      .catch((error) => {
        agreement = undefined;
        throw error;
      });
    return agreement;
  };
  const keys = async (): Promise<string[]> => {
    await agree();
    const first = Math.floor(draw(ledger.settings.random) * limit);
    return Array.from({ length: limit }, (_, offset) => `semaphore/${(first + offset) % limit}:${name}`);
  };
  const entrance = new Entrance(campaigns, { name, keys });
  return {
    name,
    limit,
    tryAcquire: (options) => entrance.tryAcquire(options),
    acquire: (options) => entrance.acquire(options),
    withSlot: (options, body) => entrance.work(options, body),
  };
}

interface Agreement {
  readonly v: 1;
  readonly limit: number;
}

const agreementCodec: Codec<Agreement> = jsonCodec((data) => {
  const { v, limit } = data as { readonly v: unknown; readonly limit: unknown };
  if (v !== 1 || typeof limit !== 'number') throw new TypeError('not the record of a semaphore');
  return { v, limit };
});

/** The first user of a semaphore sets its limit; the others must mean the same. */
function agreeOn(name: string, limit: number): Transition<Agreement, void> {
  return (current) => {
    if (current === undefined) return write({ v: 1, limit }, undefined);
    if (current.limit === limit) return keep(undefined);
    throw new SemaphoreLimitError(
      `The semaphore "${name}" has ${current.limit} slots, and ${limit} were asked for. ` +
        'Use one limit everywhere; to change it, use a new name.',
    );
  };
}
