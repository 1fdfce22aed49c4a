import { type CancelTimer, errorCode } from '@norikv/store';
import { checkAtOnce } from '@norikv/store/checks';
import { deferred } from './deferred.js';
import { LeaseLostError, type LossReason } from './errors.js';
import type { LeaseEvent } from './events.js';
import { elapsedMs, type Instant } from './instant.js';
import type { Lease } from './lease.js';
import type { Ledger } from './ledger.js';
import type { RenewalOptions } from './options.js';
import { checkSpan, partOf } from './settings.js';
import type { Grant } from './transitions.js';

type Facts<Event> = Event extends LeaseEvent ? Omit<Event, 'name' | 'token'> : never;

/** A {@link Lease} from its grant to its end, and the upkeep of its record. */
export class HeldLease implements Lease {
  readonly name: string;
  readonly token: bigint;
  readonly lost: Promise<LossReason>;
  readonly #loss = deferred<LossReason>();
  readonly #key: string;
  readonly #tenure: string;
  readonly #ledger: Ledger;
  readonly #renewWhile: () => boolean;
  readonly #end = new AbortController();
  readonly #upkeep = new AbortController();
  #validFrom: Instant;
  #reason: LossReason | undefined;
  #failure: unknown;
  #renewal: Promise<void> | undefined;
  #releasing: Promise<void> | undefined;
  #cancelDeadline: CancelTimer | undefined;
  #cancelRenewal = (): void => {};

  constructor(name: string, key: string, ledger: Ledger, { record, at }: Grant, options: RenewalOptions) {
    const { autoRenew = true, renewWhile = () => true } = options;
    this.name = name;
    this.token = record.epoch;
    this.lost = this.#loss.promise;
    this.#key = key;
    this.#tenure = record.tenure;
    this.#ledger = ledger;
    this.#renewWhile = renewWhile;
    this.#validFrom = at;
    this.#watchDeadline();
    if (autoRenew) this.#planRenewal(ledger.settings.renewEveryMs - this.#ageMs());
  }

  /** After a standstill other timers may run before the one of the deadline: the look itself must tell. */
  get signal(): AbortSignal {
    this.remainingMs();
    return this.#end.signal;
  }

  remainingMs(): number {
    if (this.#reason !== undefined) return 0;
    const leftMs = this.#leftMs();
    if (leftMs <= 0) this.#lose(this.#failure || this.#renewal ? 'outage' : 'expired');
    return Math.max(0, leftMs);
  }

  isHeld(): boolean {
    return this.remainingMs() > 0;
  }

  assertHeld(needMs = 0): void {
    checkSpan('needMs', needMs);
    const leftMs = this.remainingMs();
    if (this.#reason !== undefined) throw this.#lostError(this.#reason);
    if (leftMs >= needMs) return;
    throw new LeaseLostError(
      `The lease "${this.name}" is held for ${Math.floor(leftMs)} ms more, and ${needMs} ms are needed. ` +
        'Renew it before the step, or make ttlMs longer.',
      { reason: 'expiring' },
    );
  }

  async renew(): Promise<void> {
    this.assertHeld();
    await this.#renewNow();
    this.assertHeld();
    if (!this.#upkeep.signal.aborted) return;
    throw new LeaseLostError(`The lease "${this.name}" is left to run out: renewWhile() was not true.`, {
      reason: 'expiring',
    });
  }

  release(): Promise<void> {
    // First: who is told of the end may call this, too.
    this.dismiss();
    this.#releasing ??= this.#release().catch((error) => {
      this.#releasing = undefined;
      throw error;
    });
    return this.#releasing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release().catch(() => {});
  }

  /** Ends the lease for its user, while the record is kept until the work has wound down: then release. */
  dismiss(): void {
    if (this.isHeld()) this.#finish('released');
  }

  /** Stops renewing for good. */
  letExpire(): void {
    this.#cancelRenewal();
    this.#upkeep.abort('over');
  }

  /** Rejects with what went wrong, unless the lease was lost: then that has been said already. */
  #renewNow(): Promise<void> {
    this.#renewal ??= this.#writeRenewal().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #writeRenewal(): Promise<void> {
    const remainingMs = this.#leftMs();
    // Over since it was looked at; the next look says so.
    if (remainingMs <= 0) return;
    try {
      const answer = await this.#ledger.renew(this.#key, this.#tenure, remainingMs, this.#upkeep.signal);
      if (typeof answer === 'string') return this.#lose(answer);
      if (this.#leftMs() <= 0) return;
      this.#validFrom = answer;
      this.#failure = undefined;
      this.#emit({ kind: 'renewed', remainingMs });
    } catch (error) {
      if (this.#upkeep.signal.aborted) return;
      if (errorCode(error) === 'CORRUPT_RECORD') return this.#lose('deleted', error);
      this.#failure = error;
      this.#emit({ kind: 'renew-failed', remainingMs, error });
      throw error;
    }
  }

  async #release(): Promise<void> {
    if (this.#reason !== 'released') return;
    this.letExpire();
    try {
      await this.#ledger.release(this.#key, this.#tenure);
      this.#emit({ kind: 'released' });
    } catch (error) {
      this.#emit({ kind: 'release-failed', error });
      throw error;
    }
  }

  #lose(reason: LossReason, error: unknown = this.#failure): void {
    this.letExpire();
    if (this.#reason !== undefined) return;
    this.#failure = error;
    this.#finish(reason);
    this.#emit({ kind: 'lost', reason, error });
  }

  #finish(reason: LossReason): void {
    this.#reason = reason;
    this.#cancelDeadline?.();
    this.#end.abort(this.#lostError(reason));
    this.#loss.resolve(reason);
  }

  /** Its own timer, so that a call that hangs cannot delay it. */
  #watchDeadline(): void {
    const { clock } = this.#ledger.settings;
    this.#cancelDeadline = clock.startTimer(() => this.isHeld() && this.#watchDeadline(), this.#leftMs());
  }

  #planRenewal(waitMs: number): void {
    if (this.#upkeep.signal.aborted) return;
    const { clock } = this.#ledger.settings;
    const dueAt = clock.monotonic() + Math.max(0, waitMs);
    this.#cancelRenewal = clock.startTimer(() => void this.#keepAlive(dueAt), dueAt - clock.monotonic());
  }

  /** Never rejects: nobody could catch it. */
  async #keepAlive(dueAt: number): Promise<void> {
    const { clock, renewEveryMs, requestTimeoutMs, random } = this.#ledger.settings;
    const lateMs = clock.monotonic() - dueAt;
    if (lateMs > renewEveryMs / 2) this.#emit({ kind: 'stalled', lateMs });
    this.remainingMs();
    if (this.#leftMs() <= 0 || !this.#isWilling()) return this.letExpire();
    const isRenewed = await this.#renewNow().then(
      () => true,
      () => false,
    );
    this.#planRenewal(isRenewed ? renewEveryMs - this.#ageMs() : partOf(requestTimeoutMs, random));
  }

  #isWilling(): boolean {
    try {
      return checkAtOnce('renewWhile()', this.#renewWhile()) === true;
    } catch (error) {
      this.#emit({ kind: 'renew-failed', remainingMs: this.#leftMs(), error });
      return false;
    }
  }

  #ageMs(): number {
    return elapsedMs(this.#ledger.settings.clock, this.#validFrom);
  }

  #leftMs(): number {
    return this.#ledger.settings.holdMs - this.#ageMs();
  }

  #lostError(reason: LossReason): LeaseLostError {
    return new LeaseLostError(
      `The lease "${this.name}" (token ${this.token}) is no longer held: ${reason}.`,
      {
        reason,
        ...(this.#failure !== undefined && { cause: this.#failure }),
      },
    );
  }

  #emit(event: Facts<LeaseEvent>): void {
    this.#ledger.settings.onEvent({ ...event, name: this.name, token: this.token } as LeaseEvent);
  }
}
