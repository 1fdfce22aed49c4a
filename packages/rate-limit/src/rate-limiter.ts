import { keep, type Transition } from '@norikv/cas-retry';
import type { KvStore } from '@norikv/store';
import { checkSignal } from '@norikv/store/call-options';
import { checkNames, checkWhole, refuse } from '@norikv/store/checks';
import { Bursts } from './bursts.js';
import type { CheckOptions, RateLimitCheck, RateLimits } from './check.js';
import { Denials } from './denials.js';
import { Fallback } from './fallback.js';
import { Granted } from './granted.js';
import { Grants } from './grants.js';
import { KnownLimits } from './known-limits.js';
import { type Limit, longestWindowMs, mostRequests } from './limit.js';
import { type RateLimiterOptions, type Settings, settingsOf } from './options.js';
import { emptyRecord, type RateLimitRecord } from './record.js';
import { type RecordKey, recordKeys } from './record-key.js';
import { Records } from './records.js';
import { Refunds } from './refunds.js';
import type { RateLimitResult } from './result.js';
import { assess } from './transitions.js';
import { untilAborted } from './until-aborted.js';

/** A check whose arguments are checked. */
interface PermitRequest {
  readonly key: string;
  readonly limits: readonly Limit[];
  readonly cost: number;
}

/**
 * Limits how often something may happen, for any number of processes.
 *
 * While the store answers, never more is admitted than the limit allows: each permit is part of a
 * conditional write that succeeded. A lost reply may cost a client a permit and never grants one. The
 * requests of one process share store calls; a client that was denied costs none until it may try again.
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
  readonly #settings: Settings;
  readonly #records: Records;
  readonly #keyOf: RecordKey;
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
    const { clock, denyCacheMs, maxIdentifiers } = settings;
    this.#settings = settings;
    this.#records = new Records(client, settings);
    this.#keyOf = recordKeys(settings.prefix);
    this.#fallback = new Fallback(settings);
    this.#grants = new Grants(maxIdentifiers);
    const denials = new Denials(clock, denyCacheMs, maxIdentifiers);
    this.#bursts = new Bursts(this.#records, settings, this.#grants, denials);
    this.#refunds = new Refunds(this.#records);
  }

  /**
   * Takes permits from every limit, or, where one has too few, from none.
   *
   * A denial is a result, not an error. A cost above the limit is always denied (`retryAfterMs` is `Infinity`).
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
    return await this.#decide({ key, limits: checked, cost }, signal);
  }

  /**
   * Takes permits for several identifiers, such as a user and an address, in this order. If one of them is denied,
   * the permits taken before it come back, and the result is that denial. Otherwise the result is that of the last
   * one, and {@link refund} accepts it for each of them.
   *
   * A denial that is remembered costs no store call. Any other costs one for each identifier before it, to bring its
   * permits back; where that fails, they are lost.
   */
  async checkAll(
    checks: readonly [RateLimitCheck, ...RateLimitCheck[]],
    options: Pick<CheckOptions, 'signal'> = {},
  ): Promise<RateLimitResult> {
    if (!Array.isArray(checks) || checks.length === 0) refuse('checks', checks, 'at least one check');
    const { signal } = checkedOptions(options, ['signal']);
    const requests: [PermitRequest, ...PermitRequest[]] = [await this.#requestOf(checks[0])];
    for (const check of checks.slice(1)) requests.push(await this.#requestOf(check));
    for (const { key, limits, cost } of requests) {
      const denied = this.#bursts.denialOf(key, limits, cost);
      if (denied) return this.#reported(denied);
    }
    return this.#decideInTurn(requests, signal);
  }

  /** How a request would fare, without taking anything. One read; throws what the store throws. */
  async peek(identifier: string, limits: RateLimits, options: CheckOptions = {}): Promise<RateLimitResult> {
    const { cost, signal } = checkedOptions(options);
    const request = await this.#requestOf({ identifier, limits, cost });
    const look: Transition<RateLimitRecord, RateLimitResult> = (record = emptyRecord, now) =>
      keep(assess(record, request.limits, request.cost, now));
    return this.#records.update(request.key, look, signal);
  }

  /**
   * Brings permits back, for a request that should not have counted.
   *
   * Pass the very object this limiter returned: its permits come back once, only while they are still out, and not
   * after a `reset` by this process, even one that failed. The result of `checkAll` works for each of its checks. A
   * denial, a peek, a result of the failure policy and a copy bring nothing back. With a cost alone nothing of this is
   * known: call it once for each grant.
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
    await this.#giveBack(await this.#keyOf(identifier), checked, granted);
  }

  /**
   * Denies every request of an identifier for `durationMs`, in every process. A longer block stays. Permits that
   * other processes hold in chunks can be used for up to `chunkHoldMs`. Waits for the store for up to 5 seconds, or
   * `timeoutMs` if that is longer.
   */
  async block(identifier: string, durationMs: number): Promise<void> {
    checkWhole('durationMs', durationMs, 1, longestWindowMs);
    const key = await this.#keyOf(identifier);
    // It may have been done, also where that is not known.
    await this.#records.block(key, durationMs).finally(() => this.#bursts.forget(key));
  }

  /**
   * Forgets all counts of an identifier and lifts its block, also where the record cannot be read. Waits like
   * {@link RateLimiter.block}.
   *
   * @throws OutcomeUnknownError if that may have been done. Again, it forgets what was counted since, too.
   */
  async reset(identifier: string): Promise<void> {
    const key = await this.#keyOf(identifier);
    await this.#records.reset(key).finally(() => {
      this.#bursts.forget(key);
      this.#grants.reset(key);
      this.#fallback.forget(key);
    });
  }

  async #requestOf({ identifier, limits, cost = 1 }: RateLimitCheck): Promise<PermitRequest> {
    const key = await this.#keyOf(identifier);
    checkWhole('cost', cost, 1, mostRequests);
    return { key, limits: this.#limits.of(limits), cost };
  }

  /** Not an async function, which would cost every denial another promise. */
  #decide(
    { key, limits, cost }: PermitRequest,
    signal: AbortSignal | undefined,
  ): RateLimitResult | Promise<RateLimitResult> {
    const denied = this.#bursts.denialOf(key, limits, cost);
    if (denied) return this.#reported(denied);
    return untilAborted(() => this.#bursts.take(key, limits, cost), signal).then(
      (result) => this.#reported(result),
      (error: unknown) => {
        if (signal?.aborted) throw error;
        return this.#reported(this.#fallback.decide(error, key, limits, cost));
      },
    );
  }

  async #decideInTurn(
    [request, next, ...rest]: readonly [PermitRequest, ...PermitRequest[]],
    signal: AbortSignal | undefined,
  ): Promise<RateLimitResult> {
    const { key, limits } = request;
    const result = await this.#decide(request, signal);
    if (!result.allowed || !next) return result;
    const bringBack = (): Promise<void> => this.#giveBack(key, limits, result).catch(() => {});
    try {
      const following = await this.#decideInTurn([next, ...rest], signal);
      if (following.allowed) this.#grants.join(following, { key, limits, result });
      else await bringBack();
      return following;
    } catch (error) {
      await bringBack();
      throw error;
    }
  }

  async #giveBack(
    key: string,
    limits: readonly Limit[],
    granted: RateLimitResult | { readonly cost: number },
  ): Promise<void> {
    const given = this.#grants.partOf(granted, key, limits);
    const cost = checkWhole('cost', given.cost, 1, mostRequests);
    const result = 'grants' in given ? given : undefined;
    const grant = result && this.#grants.redeem(result, key, limits);
    if (result && !grant) return;
    const refund = { limits, cost, grants: result?.grants ?? [], after: Granted.heldAfter(given) };
    await this.#refunds
      .give(key, refund)
      .catch((error) => {
        if (result && grant && error?.outcome === 'not-applied') this.#grants.restore(result, grant);
        throw error;
      })
      // They may have come back, also where that is not known.
      .finally(() => this.#bursts.outdate(key));
  }

  #reported(result: RateLimitResult): RateLimitResult {
    this.#settings.onEvent({ kind: 'decision', allowed: result.allowed, source: result.source });
    return result;
  }
}

function checkedOptions(options: CheckOptions, names: readonly string[] = ['cost', 'signal']): CheckOptions {
  if (typeof options !== 'object' || options === null) refuse('options', options, `{ ${names[0]} }`);
  checkNames('an option', options, names);
  checkSignal(options.signal);
  return options;
}
