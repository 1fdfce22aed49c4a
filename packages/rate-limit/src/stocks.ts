import type { Clock } from '@norikv/store';
import { BoundedMap } from '@norikv/store/bounded-map';
import { type Grant, Granted } from './granted.js';
import type { Limit } from './limit.js';
import type { RateLimitResult } from './result.js';

/** Permits that one write took for requests to come. */
interface Stock {
  left: number;
  readonly taken: RateLimitResult;
  readonly grant: Grant;
  /** By the monotonic clock. */
  readonly until: number;
}

/** The permits this process holds. What is not used in time is lost, never used later. */
export class Stocks {
  readonly #clock: Clock;
  readonly #stocks: BoundedMap<readonly Stock[]>;

  constructor(clock: Clock, maxKeys: number) {
    this.#clock = clock;
    this.#stocks = new BoundedMap(maxKeys);
  }

  /** Uses permits of one write, so that a refund can find them again. */
  handOut(key: string, limits: readonly Limit[], cost: number): RateLimitResult | undefined {
    const stock = this.#find(key, limits, cost);
    if (!stock) return undefined;
    stock.left -= cost;
    return new Granted(stock.taken, cost, stock.left, 'memory', stock.grant);
  }

  covers(key: string, limits: readonly Limit[], cost: number): boolean {
    return this.#find(key, limits, cost) !== undefined;
  }

  /** How many are held for these limits. */
  count(key: string, limits: readonly Limit[]): number {
    let count = 0;
    for (const { left, grant } of this.#usable(key)) if (isSame(grant.limits, limits)) count += left;
    return count;
  }

  add(stock: Stock): void {
    const { key } = stock.grant;
    this.#stocks.set(key, [...this.#usable(key), stock]);
  }

  forget(key: string): void {
    this.#stocks.delete(key);
  }

  /** The oldest one first, which is lost first. */
  #find(key: string, limits: readonly Limit[], cost: number): Stock | undefined {
    return this.#stocks
      .get(key)
      ?.find(
        ({ left, grant, until }) =>
          left >= cost && isSame(grant.limits, limits) && until > this.#clock.monotonic(),
      );
  }

  #usable(key: string): readonly Stock[] {
    const now = this.#clock.monotonic();
    return this.#stocks.get(key)?.filter(({ left, until }) => left > 0 && until > now) ?? [];
  }
}

function isSame(left: readonly Limit[], right: readonly Limit[]): boolean {
  return left === right || idsOf(left) === idsOf(right);
}

function idsOf(limits: readonly Limit[]): string {
  return limits.map(({ id }) => id).join(' ');
}
