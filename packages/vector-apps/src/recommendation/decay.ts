/** How fast two memories fade: each halves within its time. */
export interface HalfLives {
  readonly longMs: number;
  readonly shortMs: number;
}

/** Beyond that a sum of what was that far ahead would be no number any more. */
const mostDoublings = 900;

/** What is left at `toMs` of something that weighed 1 at `fromMs`. Above 1 where `toMs` is the earlier one. */
export function decay(fromMs: number, toMs: number, halfLifeMs: number): number {
  return 2 ** Math.min(mostDoublings, (fromMs - toMs) / halfLifeMs);
}

/**
 * Two sums of the same things, one that remembers for long and one for a short time, both as of `epochMs`.
 *
 * What happened at `t` counts `weight * 2^((t - epochMs) / halfLife)`, whenever it is added: so the order of
 * adding does not matter, and what arrives late is worth what it would be worth anyway.
 */
export interface Faded<Sum> {
  readonly epochMs: number;
  readonly long: Sum;
  readonly short: Sum;
}

/** How sums are added to and scaled. */
export interface SumRules<Sum, Item> {
  readonly halfLives: HalfLives;
  /** `sum * keep + item * weight` */
  add(sum: Sum, keep: number, item: Item, weight: number): Sum;
}

/** Adds what happened at `atMs`. The epoch moves to the latest time there is, so no factor is ever above 1. */
export function addFaded<Sum, Item>(
  faded: Faded<Sum>,
  item: Item,
  weight: number,
  atMs: number,
  { halfLives, add }: SumRules<Sum, Item>,
): Faded<Sum> {
  const epochMs = Math.max(faded.epochMs, atMs);
  const next = (sum: Sum, halfLifeMs: number): Sum =>
    add(sum, decay(faded.epochMs, epochMs, halfLifeMs), item, weight * decay(atMs, epochMs, halfLifeMs));
  return {
    epochMs,
    long: next(faded.long, halfLives.longMs),
    short: next(faded.short, halfLives.shortMs),
  };
}
