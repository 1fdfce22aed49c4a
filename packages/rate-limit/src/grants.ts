import { InvalidArgumentError } from '@norikv/store';
import { BoundedMap } from './bounded-map.js';
import type { Limit } from './limit.js';
import type { RateLimitResult } from './result.js';

/** What a grant was given for. */
export interface Grant {
  readonly key: string;
  readonly limits: readonly Limit[];
  /** The reset of its key that came last before it was asked for. */
  readonly lastReset: number | undefined;
}

/** The grants of this process. Each can be redeemed once, and none after a reset. */
export class Grants {
  readonly #grants = new WeakMap<RateLimitResult, Grant>();
  readonly #resets: BoundedMap<number>;
  #latestReset = 0;

  constructor(maxKeys: number) {
    this.#resets = new BoundedMap(maxKeys);
  }

  /** To be called before the store is asked. */
  prepare(key: string, limits: readonly Limit[]): Grant {
    return { key, limits, lastReset: this.#resets.get(key) };
  }

  add(result: RateLimitResult, grant: Grant): void {
    this.#grants.set(result, grant);
  }

  /**
   * The grant of a result, once. Undefined for a denial, a look, a fallback, a copy and what was reset.
   *
   * @throws InvalidArgumentError if it was granted to another identifier or by other limits.
   */
  redeem(result: RateLimitResult, key: string, limits: readonly Limit[]): Grant | undefined {
    const grant = this.#grants.get(result);
    if (!grant || grant.lastReset !== this.#resets.get(grant.key)) return undefined;
    if (grant.key !== key || slotsOf(grant.limits) !== slotsOf(limits)) {
      throw new InvalidArgumentError(
        'granted is of another identifier or other limits; pass those it was checked with, in their order',
      );
    }
    this.#grants.delete(result);
    return grant;
  }

  reset(key: string): void {
    this.#latestReset += 1;
    this.#resets.set(key, this.#latestReset);
  }
}

function slotsOf(limits: readonly Limit[]): string {
  return limits.map(({ slot }) => slot).join(' ');
}
