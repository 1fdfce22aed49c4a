import { InvalidArgumentError } from '@norikv/store';
import { BoundedMap } from '@norikv/store/bounded-map';
import { type Grant, Granted } from './granted.js';
import type { Limit } from './limit.js';
import type { RateLimitResult } from './result.js';

/** What one of several checks was granted. */
interface Part {
  readonly key: string;
  readonly limits: readonly Limit[];
  readonly result: RateLimitResult;
}

/** The grants of this process. Each can be redeemed once, and none after a reset. */
export class Grants {
  /** What was granted to each of several checks, by the result of the last one. */
  readonly #parts = new WeakMap<object, readonly Part[]>();
  /** The latest reset of each key, counted over all keys. */
  readonly #resets: BoundedMap<number>;
  readonly #maxKeys: number;
  #latestReset = 0;

  constructor(maxKeys: number) {
    this.#resets = new BoundedMap(maxKeys);
    this.#maxKeys = maxKeys;
  }

  /** To be called before the store is asked. */
  prepare(key: string, limits: readonly Limit[]): Grant {
    return { owner: this, key, limits, asOf: this.#latestReset };
  }

  /**
   * The grant of a result, once. Undefined for what is no grant, was given by another limiter, or was reset.
   *
   * @throws InvalidArgumentError if it was granted to another identifier or by other limits.
   */
  redeem(result: RateLimitResult, key: string, limits: readonly Limit[]): Grant | undefined {
    const grant = this.#grantOf(result);
    if (!grant) return undefined;
    if (grant.key !== key || slotsOf(grant.limits) !== slotsOf(limits)) {
      throw new InvalidArgumentError(
        'granted is of another identifier or other limits; pass those it was checked with, in their order',
      );
    }
    Granted.setGrant(result, undefined);
    return grant;
  }

  /** Makes a result stand for what was granted before it, too. */
  join(result: RateLimitResult, part: Part): void {
    const own = Granted.grantOf(result);
    const last = own ? [{ key: own.key, limits: own.limits, result }] : [];
    this.#parts.set(result, [part, ...(this.#parts.get(result) ?? last)]);
  }

  /**
   * What stands in a result for this identifier and these limits, of several the first that can be redeemed; itself,
   * if nothing else does.
   */
  partOf<Result extends object>(
    result: Result,
    key: string,
    limits: readonly Limit[],
  ): Result | RateLimitResult {
    const slots = slotsOf(limits);
    const parts = (this.#parts.get(result) ?? []).filter(
      (part) => part.key === key && slotsOf(part.limits) === slots,
    );
    const part = parts.find((each) => this.#grantOf(each.result)) ?? parts[0];
    return part?.result ?? result;
  }

  /** Makes a result worth what it was before it was redeemed. */
  restore(result: RateLimitResult, grant: Grant): void {
    Granted.setGrant(result, grant);
  }

  reset(key: string): void {
    this.#latestReset += 1;
    this.#resets.set(key, this.#latestReset);
  }

  /** What a result can still be redeemed for. */
  #grantOf(result: RateLimitResult): Grant | undefined {
    const grant = Granted.grantOf(result);
    return grant?.owner === this && this.#resetOf(grant.key) <= grant.asOf ? grant : undefined;
  }

  /** The latest reset of a key, or, where that is forgotten, the latest it may have been. */
  #resetOf(key: string): number {
    return this.#resets.get(key) ?? this.#latestReset - this.#maxKeys;
  }
}

function slotsOf(limits: readonly Limit[]): string {
  return limits.map(({ slot }) => slot).join(' ');
}
