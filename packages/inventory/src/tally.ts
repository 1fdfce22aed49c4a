import { availableIn, type Stock, sellableIn } from './stock.js';
import { hasArrived } from './transfer.js';

/** All buckets of one SKU together. */
export interface Tally {
  readonly onHand: number;
  readonly reserved: number;
  readonly available: number;
  readonly sellable: number;
  /** Differs if units moved between buckets. The buckets were read one by one, so only equal ones can be trusted. */
  readonly stamp: string;
}

/** Adds buckets up; units on their way count until they have arrived. */
export function tallyOf(stocks: readonly Stock[]): Tally {
  const sum = (of: (stock: Stock, bucket: number) => number): number =>
    stocks.reduce((total, stock, bucket) => total + of(stock, bucket), 0);
  const inTransit = sum(({ outgoing }, from) => {
    const target = outgoing && stocks[outgoing.to];
    return target && !hasArrived(target, from, outgoing.number) ? outgoing.amount : 0;
  });
  return {
    onHand: inTransit + sum(({ onHand }) => onHand),
    reserved: sum(({ reservations }) => reservations.summary.heldUnits),
    available: inTransit + sum(availableIn),
    sellable: inTransit + sum(sellableIn),
    stamp: JSON.stringify(stocks.map(({ sent, received }) => [sent, received])),
  };
}
