import type { ItemView } from '@norikv/inventory';
import type { Departure } from './office.js';
import { price } from './sale.js';

/** Everything that must agree at the end. */
export interface Books {
  /** Units before the sale. */
  readonly stock: number;
  readonly item: Pick<ItemView, 'onHand' | 'reserved'>;
  readonly departures: ReadonlyMap<string, Departure>;
  /** What was paid for each order, and kept. */
  readonly payments: ReadonlyMap<string, number>;
}

/** Units that customers left with. */
export function unitsSold(departures: ReadonlyMap<string, Departure>): number {
  return sumOf([...departures.values()].map(({ sold }) => sold));
}

/** What does not agree; nothing if all is well. */
export function mistakesIn({ stock, item, departures, payments }: Books): string[] {
  const sold = unitsSold(departures);
  const money = sumOf([...payments.values()]);
  const gone = stock - item.onHand;
  const orders = new Set([...departures.keys(), ...payments.keys()]);
  return [
    ...(gone === sold ? [] : [`${gone} units left the stock, but customers bought ${sold}`]),
    ...(money === sold * price ? [] : [`The bank has ${money}, but ${sold} units are worth ${sold * price}`]),
    ...(item.reserved === 0 ? [] : [`${item.reserved} units are still reserved`]),
    ...(item.onHand >= 0 ? [] : [`${-item.onHand} units were sold that never were there`]),
    ...[...orders].flatMap((order) => {
      const paid = payments.get(order) ?? 0;
      const bought = departures.get(order)?.sold ?? 0;
      return paid === bought * price ? [] : [`${order} paid ${paid} for ${bought} units`];
    }),
  ];
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
