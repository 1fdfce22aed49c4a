/** What a record holds for one limit. The first number is always the time at which the rest means nothing. */
export type Numbers = readonly number[];

/** The numbers of a limit an algorithm computes with. */
export interface Quota {
  /** Permits that can be out at once. */
  readonly capacity: number;
  readonly windowMs: number;
  /** Time in which one permit comes back. */
  readonly intervalMs: number;
  /** Longest time the numbers of this limit can matter, by a right clock. */
  readonly spanMs: number;
}

/** What rounding may add up to, in permits. Never a whole one. */
export const tolerance = 1e-6;

/**
 * One way of counting, as pure functions of a record's numbers.
 *
 * All follow one clock rule: what a record has seen of time is never taken back. A clock that is behind
 * finds a limit as full as it was left, and a clock that is ahead is believed once.
 */
export interface Algorithm {
  /** What the numbers have become by now. All other functions take what this returns. */
  advance(numbers: Numbers | undefined, quota: Quota, now: number): Numbers;
  /** Permits that are out; may be a fraction. */
  used(numbers: Numbers, quota: Quota, now: number): number;
  /** How long until `cost` permits are free, which they are not now. Never longer than the span. */
  waitMs(numbers: Numbers, quota: Quota, now: number, cost: number): number;
  /** The numbers with `cost` more permits out. */
  take(numbers: Numbers, quota: Quota, cost: number): Numbers;
  /**
   * The numbers with `cost` permits brought back. A permit that came back by itself since is not brought
   * back twice: `resetAt`, the first number at the time of the grant, tells, and `after`, how many permits
   * were taken with them that come back after them.
   */
  giveBack(numbers: Numbers, quota: Quota, cost: number, resetAt?: number, after?: number): Numbers;
}
