import type { Clock } from '@norikv/store';

const leastWidthMs = 60_000;
const keysPerLease = 1_000;
const spareMs = 10_000;
/** Etcd grants no lease that is longer: 285 years. */
const longestLeaseSeconds = 9_000_000_000;

interface Bucket {
  readonly id: Promise<bigint>;
  /** What the wall clock is ahead of the monotonic one; it leaps when the machine was suspended. */
  readonly offsetMs: number;
  readonly endsAtMs: number;
  keys: number;
}

/**
 * The leases by which etcd collects expired records. They decide nothing: each one outlives the records tied to
 * it, whichever client's clock is asked.
 *
 * Records that expire at about the same time share a lease. How long "about" is grows with the time to live, so
 * that a process holds few leases whatever it writes.
 */
export class Leases {
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #grant: (ttlSeconds: number) => Promise<bigint>;
  readonly #buckets = new Map<string, Bucket>();

  /** @param grant - asks etcd for a lease. */
  constructor(clock: Clock, maxClockSkewMs: number, grant: (ttlSeconds: number) => Promise<bigint>) {
    this.#clock = clock;
    this.#graceMs = 2 * maxClockSkewMs + spareMs;
    this.#grant = grant;
  }

  /** The lease for a record that lives so long from now. */
  leaseFor(ttlMs: number): Promise<bigint> {
    const nowMs = this.#clock.monotonic();
    const widthMs = Math.max(
      leastWidthMs,
      leastWidthMs * 2 ** Math.floor(Math.log2(ttlMs / leastWidthMs / 4)),
    );
    const endsAtMs = Math.ceil((nowMs + ttlMs) / widthMs) * widthMs;
    const name = `${widthMs} ${endsAtMs}`;
    const bucket = this.#buckets.get(name);
    if (bucket && bucket.keys < keysPerLease && this.#isSound(bucket)) {
      bucket.keys += 1;
      return bucket.id;
    }
    this.#prune(nowMs);
    return this.#open(name, nowMs, endsAtMs).id;
  }

  /** Forgets all leases, after etcd has said that it no longer has one of them. */
  forget(): void {
    this.#buckets.clear();
  }

  #open(name: string, nowMs: number, endsAtMs: number): Bucket {
    const id = this.#grant(
      Math.min(Math.ceil((endsAtMs - nowMs + this.#graceMs) / 1_000), longestLeaseSeconds),
    );
    const bucket = { id, offsetMs: this.#clock.now() - nowMs, endsAtMs, keys: 1 };
    this.#buckets.set(name, bucket);
    id.catch(() => {
      if (this.#buckets.get(name) === bucket) this.#buckets.delete(name);
    });
    return bucket;
  }

  /** Whether no suspension has eaten into the lease's time unseen. */
  #isSound({ offsetMs }: Bucket): boolean {
    const leapMs = this.#clock.now() - this.#clock.monotonic() - offsetMs;
    return Math.abs(leapMs) < spareMs / 2;
  }

  #prune(nowMs: number): void {
    for (const [name, { endsAtMs }] of this.#buckets) {
      if (endsAtMs < nowMs) this.#buckets.delete(name);
    }
  }
}
