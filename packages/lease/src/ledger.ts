import { createUpdater, type Updater } from '@norikv/cas-retry';
import type { KvStore } from '@norikv/store';
import { type Instant, instantOf } from './instant.js';
import { type LeaseRecord, leaseCodec } from './lease-record.js';
import type { Settings } from './settings.js';
import { type Answer, claim, release, renew } from './transitions.js';

/** Runs the transitions of leases over a store. Every call is bounded in time. */
export class Ledger {
  readonly settings: Settings;
  readonly updater: Updater;

  constructor(store: KvStore, settings: Settings) {
    const { clock, random, requestTimeoutMs } = settings;
    this.settings = settings;
    this.updater = createUpdater(store, {
      clock,
      random,
      attemptTimeoutMs: requestTimeoutMs,
      deadlineMs: 2 * requestTimeoutMs,
    });
  }

  claim(
    key: string,
    tenure: string,
    hasRunOut: (record: LeaseRecord) => boolean,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const { clock, owner, ttlMs, epochFloor } = this.settings;
    return this.updater.update(
      key,
      leaseCodec,
      (current) => {
        const bid = { owner, tenure, ttlMs, epochFloor: epochFloor(), at: instantOf(clock), hasRunOut };
        return claim(current, bid);
      },
      { signal },
    );
  }

  renew(
    key: string,
    tenure: string,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<Instant | 'stolen' | 'deleted'> {
    const { clock } = this.settings;
    return this.updater.update(key, leaseCodec, (current) => renew(current, tenure, instantOf(clock)), {
      deadlineMs,
      signal,
    });
  }

  release(key: string, tenure: string): Promise<boolean> {
    return this.updater.update(key, leaseCodec, (current) => release(current, tenure));
  }

  read(key: string): Promise<LeaseRecord | undefined> {
    return this.updater.read(key, leaseCodec, { timeoutMs: this.settings.requestTimeoutMs });
  }
}
