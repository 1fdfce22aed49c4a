import { type KvStore, requireCapabilities } from '@norikv/store';
import { checkFunction, checkText, checkWhole } from '@norikv/store/checks';
import { Campaigns, type Place } from './campaigns.js';
import type { Election, ElectOptions } from './election.js';
import { ElectionLoop } from './election-loop.js';
import { Entrance } from './entrance.js';
import { type Leader, leaderOf } from './leader.js';
import type { Lease } from './lease.js';
import { Ledger } from './ledger.js';
import type { AcquireOptions, LeasesOptions, RenewalOptions } from './options.js';
import { mostSlots, openSemaphore, type Semaphore } from './semaphore.js';
import { checkRenewal, checkTime, settingsOf } from './settings.js';

/**
 * The leases of one store. Needs no closing: only what is held or waited for has timers.
 *
 * A name has as many bytes as fit into a key. All methods throw `InvalidArgumentError` for bad input and
 * `CorruptRecordError` where the key holds something that is no lease, which is left as it is.
 */
export interface Leases {
  /**
   * Acquires the lease if it is free, or if its holder has not renewed it for the whole of its time while
   * this process watched: repeated calls get there as well as waiting does, for up to 16,384 names at a time.
   * Null if others hold it. A process that is started for one try has seen nothing yet: it gets the lease of a
   * holder that died only by waiting, with {@link acquire}, for longer than `ttlMs`.
   *
   * @throws the store's error if that failed. What a lost reply may have left behind is given back first.
   * @throws OutcomeUnknownError if that could not be done: a lease that nobody holds may stand until it runs out.
   */
  tryAcquire(name: string, options?: RenewalOptions): Promise<Lease | null>;
  /**
   * Acquires the lease, and waits while others hold it. Faults of the store that may pass are waited out.
   *
   * @throws AcquireTimeoutError after `waitMs`.
   * @throws CancelledError when the signal ended the wait.
   * Of both the `outcome` is `unknown` if what a lost reply may have left behind could not be given back; any other
   * error is then the `cause` of an `OutcomeUnknownError`.
   */
  acquire(name: string, options?: AcquireOptions): Promise<Lease>;
  /**
   * Acquires the lease, runs the body, waits for it to end, and gives the lease back.
   *
   * @throws LeaseLostError if the lease was lost meanwhile; `cause` is the body's own error, if it threw.
   * @throws whatever the body throws, and as {@link acquire}.
   */
  withLease<Result>(
    name: string,
    options: AcquireOptions,
    body: (lease: Lease) => Promise<Result> | Result,
  ): Promise<Result>;
  /**
   * Takes part in the election of a leader until stopped.
   *
   * @example
   * ```ts
   * await using election = leases.elect('scheduler', {
   *   lead: async (lease) => {
   *     while (lease.isHeld()) await runNextJob(lease.token, lease.signal);
   *   },
   * });
   * ```
   */
  elect(name: string, options: ElectOptions): Election;
  /**
   * A lease that up to `limit` (1 to 1,000) may hold at a time.
   *
   * @example
   * ```ts
   * await leases.semaphore('exports', 3).withSlot({ waitMs: 60_000 }, ({ signal }) => exportAll(signal));
   * ```
   */
  semaphore(name: string, limit: number): Semaphore;
  /** Who holds the lease, without trying to get it. Null if it is free. One round trip. */
  holder(name: string): Promise<Leader | null>;
}

/**
 * Opens the leases of a store.
 *
 * @throws UnsupportedError if the store does not guarantee what a lease needs.
 * @throws InvalidArgumentError for bad options, also for times that do not fit each other.
 *
 * @example
 * ```ts
 * const leases = createLeases(store, { owner: 'worker-1' });
 * await leases.withLease('nightly-report', { waitMs: 20_000 }, async (lease) => {
 *   const report = await compile({ signal: lease.signal });
 *   await fencedPut(store, 'report', report, lease.token);
 * });
 * ```
 */
export function createLeases(store: KvStore, options: LeasesOptions = {}): Leases {
  return openLeases(store, options, 'createLeases', 'lease:');
}

/** The leases of a store, and what `LeaderElection` needs beside them. */
export interface OpenLeases extends Leases {
  /** @param after - no campaign begins before this has ended. */
  elect(name: string, options: ElectOptions, after?: Promise<unknown>): Election;
}

/** @param user - who needs the guarantees of the store. @param prefix - of the keys of leases. */
export function openLeases(store: KvStore, options: LeasesOptions, user: string, prefix: string): OpenLeases {
  const settings = settingsOf(options);
  requireCapabilities(
    store,
    user,
    ['atomicCas', 'createIfAbsent', 'linearizableReads', 'durableAck'],
    options.unsafeAllowNonAtomicCas,
  );
  const ledger = new Ledger(store, settings);
  const campaigns = new Campaigns(ledger);
  const keyOf = (name: string): string => {
    checkName('name', name, store);
    return prefix + name;
  };
  const placeOf = (name: string): Place => {
    const keys = [keyOf(name)];
    return { name, keys: () => keys };
  };
  const entranceOf = (name: string): Entrance => new Entrance(campaigns, placeOf(name));
  return {
    tryAcquire: async (name, renewal) => entranceOf(name).tryAcquire(renewal),
    acquire: async (name, acquireOptions) => entranceOf(name).acquire(acquireOptions),
    withLease: async (name, acquireOptions, body) => entranceOf(name).work(acquireOptions, body),
    elect(name, electOptions, after) {
      const place = placeOf(name);
      checkRenewal(electOptions, 'lead', 'graceMs', 'signal');
      const { lead, graceMs } = electOptions;
      checkFunction('lead', lead);
      if (graceMs !== undefined) checkTime('graceMs', graceMs, 0);
      // A copy: each term looks at them, and callers use objects again.
      return new ElectionLoop(place, campaigns, settings, { ...electOptions }, after);
    },
    semaphore(name, limit) {
      checkName('name', name, store);
      checkWhole('limit', limit, 1, mostSlots);
      return openSemaphore(name, limit, ledger, campaigns);
    },
    async holder(name) {
      return leaderOf(await ledger.read(keyOf(name)));
    },
  };
}

/** Throws unless every key that is made of the name fits into the store. */
export function checkName(option: string, name: string, { capabilities }: KvStore): void {
  checkText(option, name, (capabilities?.maxKeyBytes ?? 1_024) - 'semaphore/999:'.length);
}
