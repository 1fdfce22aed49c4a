import { type Codec, type Transition, write } from '@norikv/cas-retry';
import { storedAs } from '../core/stored-as.js';
import { addFaded, decay, type Faded, type HalfLives } from './decay.js';

/** How much a product was met lately, and over a long time. */
export interface Demand {
  readonly long: number;
  readonly short: number;
}

/** A part of what all users did: decayed counts of the products met most, as of `epochMs`. */
export interface PopularityShard {
  readonly epochMs: number;
  readonly products: ReadonlyMap<string, Demand>;
}

/** Products a shard remembers. */
export const shardSize = 256;

type StoredDemand = readonly [productId: string, long: number, short: number];

interface StoredShard {
  readonly epochMs: number;
  readonly products: readonly StoredDemand[];
}

/** How a {@link PopularityShard} is kept. */
export const shardCodec: Codec<PopularityShard> = storedAs(
  ({ epochMs, products }): StoredShard => ({
    epochMs,
    products: Array.from(products, ([id, { long, short }]) => [id, long, short]),
  }),
  (data): PopularityShard => {
    const { epochMs, products } = data as StoredShard;
    const isShard = Number.isFinite(epochMs) && Array.isArray(products) && products.every(isDemand);
    if (!isShard) throw new TypeError('not a part of the popularity of products');
    return { epochMs, products: new Map(products.map(([id, long, short]) => [id, { long, short }])) };
  },
);

/**
 * Counts an interaction. When the shard is full, the product with the least demand leaves for the new one: what
 * is popular stays, and what becomes popular gets in.
 */
export function count(
  productId: string,
  weight: number,
  atMs: number,
  halfLives: HalfLives,
): Transition<PopularityShard, null> {
  return (shard = { epochMs: atMs, products: new Map() }) => {
    const faded = fadedTo(shard, Math.max(shard.epochMs, atMs), halfLives);
    const products = new Map(faded.products);
    const known = products.get(productId) ?? { long: 0, short: 0 };
    const sums: Faded<number> = { epochMs: faded.epochMs, ...known };
    const { long, short } = addFaded(sums, 1, weight, atMs, { halfLives, add: addNumber });
    if (!faded.products.has(productId) && products.size >= shardSize) products.delete(leastWanted(products));
    products.set(productId, { long, short });
    return write({ epochMs: faded.epochMs, products }, null);
  };
}

/** The same counts as of another time. */
export function fadedTo(
  { epochMs, products }: PopularityShard,
  toMs: number,
  { longMs, shortMs }: HalfLives,
): PopularityShard {
  if (toMs === epochMs) return { epochMs, products };
  const keepLong = decay(epochMs, toMs, longMs);
  const keepShort = decay(epochMs, toMs, shortMs);
  const faded = [...products].map(
    ([id, { long, short }]) => [id, { long: long * keepLong, short: short * keepShort }] as const,
  );
  return { epochMs: toMs, products: new Map(faded) };
}

function addNumber(sum: number, keep: number, item: number, weight: number): number {
  return sum * keep + item * weight;
}

function leastWanted(products: ReadonlyMap<string, Demand>): string {
  let least = '';
  let demand = Number.POSITIVE_INFINITY;
  for (const [id, { long }] of products) {
    if (long < demand) [least, demand] = [id, long];
  }
  return least;
}

function isDemand([id, long, short]: StoredDemand): boolean {
  return typeof id === 'string' && Number.isFinite(long) && Number.isFinite(short);
}
