import { createUpdater, keep, type Transition, type Updater } from '@norikv/cas-retry';
import { errorCode, type KvStore, requireCapabilities } from '@norikv/store';
import { checkSignal } from '@norikv/store/call-options';
import { checkNames, checkWhole, refuse } from '@norikv/store/checks';
import { Bursts } from './bursts.js';
import type { CheckOptions, RateLimitCheck, RateLimits } from './check.js';
import { Denials } from './denials.js';
import { Fallback } from './fallback.js';
import { Granted } from './granted.js';
import { Grants } from './grants.js';
import { KnownLimits } from './known-limits.js';
import { longestWindowMs, mostRequests } from './limit.js';
import { type RateLimiterOptions, type Settings, settingsOf, updaterOptionsOf } from './options.js';
import { emptyRecord, type RateLimitRecord, recordCodec } from './record.js';
import { type RecordKey, recordKeys } from './record-key.js';
import { Refunds } from './refunds.js';
import type { RateLimitResult } from './result.js';
import { assess, block, forget } from './transitions.js';
import { untilAborted } from './until-aborted.js';

/**
 * Limits how often something may happen, for any number of processes.
 *
 * While the store answers, never more is admitted than the limit allows: each permit is part of a
 * conditional write that succeeded. A lost reply may cost a client a permit and never grants one. The
 * requests of one process share store calls; a client that was denied costs none until its time has come.
 *
 * One identifier has one record, so several limits on it are checked and taken together or not at all.
 * Wall clocks that differ by `s` let at most `s / windowMs` of a limit pass in addition.
 *
 * @example
 * ```ts
 * const limiter = new RateLimiter(store, { onFailure: 'closed' });
 * const { allowed, retryAfterMs } = await limiter.checkLimit('user-7', { maxRequests: 100, windowMs: 60_000 });
 * ```
 */
export class RateLimiter {
  readonly #client: KvStore;
  readonly #settings: Settings;
  readonly #updater: Updater;
  readonly #keyOf: RecordKey;
  readonly #denials: Denials;
  readonly #limits = new KnownLimits();
  readonly #bursts: Bursts;
  readonly #fallback: Fallback;
  readonly #refunds: Refunds;
  readonly #grants: Grants;

  /**
   * @throws UnsupportedError if the store does not guarantee what a limit needs.
   * @throws InvalidArgumentError naming the option that is wrong.
   */
  constructor(client: KvStore, options: RateLimiterOptions = {}) {
    const settings = settingsOf(options);
    const { clock, denyCacheMs, maxIdentifiers, unsafeAllowNonAtomicCas } = settings;
    const needs = ['atomicCas', 'createIfAbsent', 'linearizableReads', 'ttl'] as const;
    requireCapabilities(client, 'RateLimiter', needs, unsafeAllowNonAtomicCas);
    this.#client = client;
    this.#settings = settings;
    this.#updater = createUpdater(client, updaterOptionsOf(settings));
    this.#keyOf = recordKeys(settings.prefix);
    this.#denials = new Denials(clock, denyCacheMs, maxIdentifiers);
    this.#fallback = new Fallback(settings);
    this.#grants = new Grants(maxIdentifiers);
    this.#bursts = new Bursts(
      (key, transition) => this.#apply(key, transition),
      settings,
      this.#grants,
      this.#denials,
    );
    this.#refunds = new Refunds((key, transition) => this.#apply(key, transition), settings.random);
  }

  /**
   * Takes permits from every limit, or, where one has too few, from none.
   *
   * Being denied is an answer. A cost above the limit is denied for ever (`retryAfterMs` is `Infinity`).
   *
   * @throws InvalidArgumentError for a wrong identifier, limit or cost.
   * @throws RateLimitUnavailableError if the store does not answer and the policy is `closed`.
   * @throws CancelledError when the signal ended; with the outcome `unknown` a permit may have been spent.
   */
  async checkLimit(
    identifier: string,
    limits: RateLimits,
    options: CheckOptions = {},
  ): Promise<RateLimitResult> {
    const { cost = 1, signal } = checkedOptions(options);
    const checked = this.#limits.of(limits);
    checkWhole('cost', cost, 1, mostRequests);
    const ready = this.#keyOf(identifier);
    const key = typeof ready === 'string' ? ready : await ready;
    const denied = this.#denials.find(key, checked, cost);
    if (denied) return this.#told(denied);
    try {
      return this.#told(await untilAborted(() => this.#bursts.take(key, checked, cost), signal));
    } catch (error) {
      if (signal?.aborted) throw error;
      return this.#told(this.#fallback.decide(error, key, checked, cost));
    }
  }

  /**
   * Takes permits for several identifiers, such as a user and an address, in this order. If one denies, what
   * the earlier ones gave is brought back, and the answer is its denial; else it is the last grant, which
   * {@link refund} takes for each of them.
   *
   * A denial that is remembered costs no store call. Another one costs a call for each identifier before it,
   * to bring back what was taken; where that fails, the identifier has lost the permits.
   */
  async checkAll(
    checks: readonly [RateLimitCheck, ...RateLimitCheck[]],
    options: Pick<CheckOptions, 'signal'> = {},
  ): Promise<RateLimitResult> {
    if (!Array.isArray(checks) || checks.length === 0) refuse('checks', checks, 'at least one check');
    for (const { identifier, limits, cost = 1 } of checks) {
      const denied = this.#denials.find(await this.#keyOf(identifier), this.#limits.of(limits), cost);
      if (denied) return this.#told(denied);
    }
    return this.#checkInTurn(checks, options);
  }

  /** How a request would fare, without taking anything. One read; throws what the store throws. */
  async peek(identifier: string, limits: RateLimits, options: CheckOptions = {}): Promise<RateLimitResult> {
    const { cost = 1, signal } = checkedOptions(options);
    const checked = this.#limits.of(limits);
    checkWhole('cost', cost, 1, mostRequests);
    const look: Transition<RateLimitRecord, RateLimitResult> = (record = emptyRecord, now) =>
      keep(assess(record, checked, cost, now));
    return this.#apply(await this.#keyOf(identifier), look, signal);
  }

  /**
   * Brings permits back, for a request that did not count after all.
   *
   * Give the result this limiter returned, itself: then permits come back once, only while they are still
   * out, and not after a `reset` by this process. That of `checkAll` does for each of its checks. A denial, a
   * peek, a grant of the failure policy and a copy bring nothing back. With a bare cost, call it once for each
   * grant.
   *
   * @throws InvalidArgumentError if the result is of another identifier or other limits.
   * @throws OutcomeUnknownError if the permits may have come back. Never repeat it then: that could grant a
   * permit too many.
   */
  async refund(
    identifier: string,
    limits: RateLimits,
    granted: RateLimitResult | { readonly cost: number } = { cost: 1 },
  ): Promise<void> {
    if (typeof granted !== 'object' || granted === null) refuse('granted', granted, 'a result or { cost }');
    const checked = this.#limits.of(limits);
    const key = await this.#keyOf(identifier);
    const given = this.#grants.partOf(granted, key, checked);
    const cost = checkWhole('cost', given.cost, 1, mostRequests);
    const result = 'grants' in given ? given : undefined;
    const grant = result && this.#grants.redeem(result, key, checked);
    if (result && !grant) return;
    const after = Granted.heldAfter(given);
    const refund = { limits: checked, cost, grants: result?.grants ?? [], after };
    await this.#refunds.give(key, refund).catch((error) => {
      if (result && grant && error?.outcome === 'not-applied') this.#grants.restore(result, grant);
      throw error;
    });
    this.#bursts.outdate(key);
  }

  /**
   * Denies everything to an identifier for so long, in every process. A longer block stays. Grants a process
   * holds in chunks elsewhere last up to `chunkHoldMs`.
   */
  async block(identifier: string, durationMs: number): Promise<void> {
    checkWhole('durationMs', durationMs, 1, longestWindowMs);
    const key = await this.#keyOf(identifier);
    await this.#apply(key, block(durationMs));
    this.#bursts.forget(key);
  }

  /** Forgets what was counted of an identifier, by every limit, and lifts a block; also where it cannot be read. */
  async reset(identifier: string): Promise<void> {
    const key = await this.#keyOf(identifier);
    try {
      await this.#apply(key, forget);
    } catch (error) {
      if (errorCode(error) !== 'CORRUPT_RECORD') throw error;
      await this.#client.delete(key, { timeoutMs: this.#settings.timeoutMs });
    }
    this.#bursts.forget(key);
    this.#grants.reset(key);
  }

  async #checkInTurn(
    [{ identifier, limits, cost }, next, ...rest]: readonly [RateLimitCheck, ...RateLimitCheck[]],
    options: Pick<CheckOptions, 'signal'>,
  ): Promise<RateLimitResult> {
    const result = await this.checkLimit(identifier, limits, { ...options, cost });
    if (!result.allowed || !next) return result;
    const bringBack = (): Promise<void> => this.refund(identifier, limits, result).catch(() => {});
    try {
      const following = await this.#checkInTurn([next, ...rest], options);
      if (following.allowed) {
        const key = await this.#keyOf(identifier);
        this.#grants.join(following, { key, limits: this.#limits.of(limits), result });
      } else await bringBack();
      return following;
    } catch (error) {
      await bringBack();
      throw error;
    }
  }

  #told(result: RateLimitResult): RateLimitResult {
    this.#settings.onEvent({ kind: 'decision', allowed: result.allowed, source: result.source });
    return result;
  }

  /**
   * Where the outcome is unknown, the change is made again: another permit is spent, a refund finds its note,
   * a block and a reset can be repeated. What stays unknown is never called failed.
   */
  async #apply<Result>(
    key: string,
    transition: Transition<RateLimitRecord, Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    const { clock, timeoutMs } = this.#settings;
    const deadlineAt = clock.monotonic() + timeoutMs;
    let doubt: unknown;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const deadlineMs = deadlineAt - clock.monotonic();
        return await this.#updater.update(key, recordCodec, transition, { signal, deadlineMs });
      } catch (error) {
        const isOver = signal?.aborted || attempt === mostAttempts || clock.monotonic() >= deadlineAt;
        if (isOver || errorCode(error) !== 'OUTCOME_UNKNOWN') throw doubt ?? error;
        doubt = error;
      }
    }
  }
}

function checkedOptions(options: CheckOptions): CheckOptions {
  if (typeof options !== 'object' || options === null) refuse('options', options, '{ cost }');
  checkNames('an option', options, ['cost', 'signal']);
  checkSignal(options.signal);
  return options;
}

/** Each of these is many calls already, where calls fail. */
const mostAttempts = 3;
