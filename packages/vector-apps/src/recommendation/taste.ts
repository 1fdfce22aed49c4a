import { compareText } from '../core/ranking.js';
import { lengthOf, scaled, valueAt } from '../core/vector-math.js';
import { addFaded, type Faded, type HalfLives, type SumRules } from './decay.js';

/** Which vectors a sum is made of: sums of different ones mean nothing to each other. */
export interface SpaceName {
  /** The namespace, whose vectors are all of one model, and their dimensions. */
  readonly model: string;
  /** Which training; 0 before the first. It only grows. */
  readonly training: number;
}

/** Whether two names are of one space. */
export function isSameSpace(left: SpaceName, right: SpaceName): boolean {
  return left.model === right.model && left.training === right.training;
}

/** Weighted vectors added up. */
export interface VectorSum {
  /** What the positive weights came to. */
  readonly weight: number;
  readonly vector: Float64Array;
}

/** A product that a user met: `[product id, time, weight]`. */
export type Interaction = readonly [productId: string, atMs: number, weight: number];

/** A product a user has met, as a short hash, and when that was last. */
export type Sighting = readonly [hash: string, atMs: number];

/** All that is known of one user: one record, of bounded size. */
export interface Taste {
  readonly space: SpaceName;
  readonly sums: Faded<VectorSum>;
  /** Newest first. What the sums are made from again when the vectors change. */
  readonly recent: readonly Interaction[];
  /** Newest first. */
  readonly seen: readonly Sighting[];
}

/** What a taste is made by. */
export interface TasteRules {
  readonly halfLives: HalfLives;
  readonly recentSize: number;
  readonly seenSize: number;
}

/** Nobody's taste yet. */
export function emptyTaste(space: SpaceName): Taste {
  return { space, sums: noSums(0), recent: [], seen: [] };
}

/**
 * The taste with one more interaction. In whatever order the same interactions are added, the result is the
 * same: the sums up to rounding, the lists exactly. A product without a vector counts in the lists alone.
 */
export function withInteraction(
  taste: Taste,
  interaction: Interaction,
  hash: string,
  vector: ArrayLike<number> | undefined,
  rules: TasteRules,
): Taste {
  const [, atMs] = interaction;
  return {
    ...taste,
    sums: vector ? added(taste.sums, interaction, vector, rules) : taste.sums,
    recent: [...taste.recent, interaction].sort(newestFirst).slice(0, rules.recentSize),
    seen: sighted(taste.seen, [hash, atMs], rules.seenSize),
  };
}

/** The taste in another space, made from the recent interactions. A product without a vector counts nothing. */
export function rebuilt(
  taste: Taste,
  space: SpaceName,
  vectorOf: (productId: string) => ArrayLike<number> | undefined,
  rules: TasteRules,
): Taste {
  let sums: Faded<VectorSum> = noSums(0);
  for (const interaction of taste.recent) {
    const vector = vectorOf(interaction[0]);
    if (vector) sums = added(sums, interaction, vector, rules);
  }
  return { ...taste, space, sums };
}

/**
 * The direction of a taste, of length 1: `shortShare` of it is what the user met lately. Undefined while the
 * user has liked nothing, or likes and dislikes cancel out.
 */
export function directionOf({ sums }: Taste, shortShare: number): Float32Array | undefined {
  if (!(sums.long.weight > 0)) return undefined;
  const long = partOf(sums.long, 1 - shortShare);
  const short = partOf(sums.short, shortShare);
  const sum = long.map((value, place) => value + valueAt(short, place));
  return isNothing(sum, 1) ? undefined : scaled(sum, 1);
}

function partOf({ vector, weight }: VectorSum, share: number): Float32Array {
  return scaled(vector, isNothing(vector, weight) ? 0 : share);
}

/** What rounding leaves of things that cancel out has no direction. */
function isNothing(vector: ArrayLike<number>, weight: number): boolean {
  return !(lengthOf(vector) > weight * 1e-5);
}

function noSums(epochMs: number): Faded<VectorSum> {
  const none = { weight: 0, vector: new Float64Array(0) };
  return { epochMs, long: none, short: none };
}

function added(
  sums: Faded<VectorSum>,
  [, atMs, weight]: Interaction,
  vector: ArrayLike<number>,
  { halfLives }: TasteRules,
): Faded<VectorSum> {
  const vectorRules: SumRules<VectorSum, ArrayLike<number>> = { halfLives, add: addVector };
  return addFaded(sums, vector, weight, atMs, vectorRules);
}

function addVector(sum: VectorSum, keep: number, item: ArrayLike<number>, weight: number): VectorSum {
  return {
    weight: sum.weight * keep + Math.max(weight, 0),
    vector: Float64Array.from(item, (value, place) => valueAt(sum.vector, place) * keep + value * weight),
  };
}

function newestFirst(left: Interaction, right: Interaction): number {
  return right[1] - left[1] || compareText(left[0], right[0]) || left[2] - right[2];
}

/** Each product once, with its latest time: so the last `size` are the same in whatever order they came. */
function sighted(seen: readonly Sighting[], sighting: Sighting, size: number): Sighting[] {
  const [hash, atMs] = sighting;
  const before = seen.find(([one]) => one === hash);
  const latest: Sighting = [hash, Math.max(atMs, before?.[1] ?? atMs)];
  return [...seen.filter((one) => one !== before), latest]
    .sort((left, right) => right[1] - left[1] || compareText(left[0], right[0]))
    .slice(0, size);
}
