import { delay } from '@norikv/cas-retry';
import { errorCode } from '@norikv/store';
import { onAbort } from '@norikv/store/on-abort';
import { waitWithin } from '@norikv/store/wait-within';
import type { Campaigns, Place, Refusal } from './campaigns.js';
import { deferred } from './deferred.js';
import type { Election, ElectionHealth, ElectOptions } from './election.js';
import { HeldLease } from './held-lease.js';
import { type Leader, leaderOf } from './leader.js';
import { LeaderFeed } from './leader-feed.js';
import { partOf, type Settings } from './settings.js';
import { endsInGrace, settle } from './work.js';

/** See {@link Election}. */
export class ElectionLoop implements Election {
  readonly ready: Promise<void>;
  readonly #firstTry = deferred<void>();
  readonly #place: Place;
  readonly #campaigns: Campaigns;
  readonly #settings: Settings;
  readonly #options: ElectOptions;
  readonly #stopping = new AbortController();
  readonly #feed = new LeaderFeed();
  readonly #ended: Promise<void>;
  #lease: HeldLease | undefined;
  #isOverrun = false;
  #error: unknown;

  /** @param after - no campaign begins before this has ended. */
  constructor(
    place: Place,
    campaigns: Campaigns,
    settings: Settings,
    options: ElectOptions,
    after: Promise<unknown> = Promise.resolve(),
  ) {
    this.ready = this.#firstTry.promise;
    this.#place = place;
    this.#campaigns = campaigns;
    this.#settings = settings;
    this.#options = options;
    this.#ended = this.#run(after);
  }

  leader(): Leader | null {
    return this.#feed.leader;
  }

  observe(): AsyncIterable<Leader | null> {
    return this.#feed.observe();
  }

  health(): ElectionHealth {
    const role = this.#lease?.isHeld() ? 'leader' : this.#stopping.signal.aborted ? 'stopped' : 'standby';
    return { healthy: !this.#isOverrun, role, error: this.#error };
  }

  stop(): Promise<void> {
    this.#stopping.abort();
    this.#lease?.dismiss();
    return this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #run(after: Promise<unknown>): Promise<void> {
    const { signal } = this.#options;
    if (signal?.aborted) this.#stopping.abort();
    const stopListening = signal && onAbort(signal, () => void this.stop());
    await this.#unlessStopped(after);
    while (!this.#stopping.signal.aborted) await this.#term();
    stopListening?.();
    this.#firstTry.resolve();
    this.#feed.close();
  }

  /** One campaign and, if it is won, one leadership. */
  async #term(): Promise<void> {
    const { autoRenew, renewWhile } = this.#options;
    const { signal } = this.#stopping;
    const onRefusal = ({ standing, error }: Refusal): void => {
      this.#error = error;
      if (error === undefined) this.#show(leaderOf(standing));
      this.#firstTry.resolve();
    };
    try {
      const outcome = await this.#campaigns.run(this.#place, { autoRenew, renewWhile, signal, onRefusal });
      if (outcome instanceof HeldLease) await this.#lead(outcome);
    } catch (error) {
      if (signal.aborted) return;
      this.#settings.onEvent({ kind: 'attempt-failed', name: this.#place.name, error });
      onRefusal({ error });
      await this.#pause();
    }
  }

  async #lead(lease: HeldLease): Promise<void> {
    const { onEvent, owner, ttlMs, clock } = this.#settings;
    const { lead, graceMs = ttlMs } = this.#options;
    const { name, token } = lease;
    if (this.#stopping.signal.aborted) return lease[Symbol.asyncDispose]();
    this.#lease = lease;
    this.#error = undefined;
    this.#show({ owner, token, since: clock.now() });
    void lease.lost.then(() => this.#show(null));
    // A listener that was just told may have stopped it.
    const work = settle(() => (this.#stopping.signal.aborted ? undefined : lead(lease)));
    this.#firstTry.resolve();
    if (!(await endsInGrace(work, lease.lost, graceMs, clock))) {
      lease.letExpire();
      onEvent({ kind: 'overrun', name, token });
      this.#isOverrun = true;
      const isOver = work.then(() => {
        this.#isOverrun = false;
      });
      await this.#unlessStopped(isOver);
      if (this.#isOverrun) return;
    }
    const { error } = await work;
    if (error !== undefined && errorCode(error) !== 'LEASE_LOST') {
      onEvent({ kind: 'lead-failed', name, token, error });
    }
    const isResigning = lease.isHeld();
    await lease[Symbol.asyncDispose]();
    if (isResigning) await this.#pause();
  }

  #show(leader: Leader | null): void {
    if (this.#feed.push(leader)) {
      this.#settings.onEvent({ kind: 'leader-changed', name: this.#place.name, leader });
    }
  }

  /** Waits for work, but not beyond `stop`. In a race with a promise of `stop` each wait would stay in memory until then. */
  async #unlessStopped(work: Promise<unknown>): Promise<void> {
    const { signal } = this.#stopping;
    await settle(() => waitWithin(() => work, { signal, cancelled: (reason) => reason as Error }));
  }

  /** Long enough for every other candidate to look once. */
  async #pause(): Promise<void> {
    const { clock, pollMs, jitter, random } = this.#settings;
    await settle(() => delay(2 * pollMs * (1 + partOf(jitter, random)), this.#stopping.signal, clock));
  }
}
