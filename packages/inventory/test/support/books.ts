import { KeyNotFoundError, type KvStore } from '@norikv/store';
import { payloadOf } from './engines.js';

type Row = readonly [token: string, quantity: number, offset: number, outcome?: number];

interface StoredBucket {
  readonly onHand: number;
  readonly reservations?: readonly Row[];
  readonly outgoing?: { readonly number: number; readonly to: number; readonly amount: number };
  readonly received?: Readonly<Record<string, number>>;
}

/** What the records of one item say in all, counted without the package. */
export interface Books {
  readonly onHand: number;
  readonly reserved: number;
  readonly inTransit: number;
  readonly sold: number;
  /** Units in each bucket. */
  readonly buckets: readonly number[];
}

/** Reads the records of an item one by one; a test that wants one moment must be the only one at work. */
export async function booksOf(store: KvStore, sku: string, bucketCount: number): Promise<Books> {
  const buckets: StoredBucket[] = [];
  for (let number = 0; number < bucketCount; number += 1) {
    buckets.push(await bucketOf(store, number === 0 ? `inventory:${sku}` : `inventory:${sku}#${number}`));
  }
  const inTransit = buckets.reduce((sum, { outgoing }, from) => {
    const arrived = outgoing && (buckets[outgoing.to]?.received?.[from] ?? 0) >= outgoing.number;
    return sum + (outgoing && !arrived ? outgoing.amount : 0);
  }, 0);
  const held = buckets.flatMap(({ reservations = [] }) =>
    reservations.filter((row) => row.length === 3).map(([, quantity]) => quantity),
  );
  const sold = buckets.flatMap(({ reservations = [] }) => reservations.map(([, , , outcome = 0]) => outcome));
  const units = buckets.map(({ onHand }) => onHand);
  return {
    onHand: inTransit + sumOf(units),
    reserved: sumOf(held),
    sold: sumOf(sold.filter((count) => count > 0)),
    inTransit,
    buckets: units,
  };
}

async function bucketOf(store: KvStore, key: string): Promise<StoredBucket> {
  try {
    return payloadOf((await store.get(key)).value) as unknown as StoredBucket;
  } catch (error) {
    if (error instanceof KeyNotFoundError) return { onHand: 0 };
    throw error;
  }
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
