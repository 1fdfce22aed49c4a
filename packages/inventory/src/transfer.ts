import type { Step } from './step.js';
import { type Stock, sellableIn, type Transfer } from './stock.js';

/**
 * Moves units between two records without losing or doubling any, though no write covers both: the source
 * takes them out and notes the transfer, the target takes in each number once, the source strikes the note
 * out. A process that dies in between leaves the note, and whoever finds it finishes the transfer.
 */

/** Takes units out for another bucket: what it needs, and half of what there is if that is more. */
export function send(to: number, need: number): Step<Transfer | undefined> {
  return (stock) => {
    const sellable = sellableIn(stock);
    if (stock.outgoing || sellable <= 0) return [stock, stock.outgoing];
    const amount = Math.min(sellable, Math.max(need, Math.ceil(sellable / 2)));
    const outgoing: Transfer = { number: stock.sent + 1, to, amount };
    return [{ ...stock, onHand: stock.onHand - amount, sent: outgoing.number, outgoing }, outgoing];
  };
}

/** Takes a transfer in, once. */
export function receive(from: number, { number, amount }: Transfer): Step<undefined> {
  return (stock) => {
    if (hasArrived(stock, from, number)) return [stock, undefined];
    const received = { ...stock.received, [from]: number };
    return [{ ...stock, onHand: stock.onHand + amount, received }, undefined];
  };
}

/** Strikes out the note of a transfer that has arrived. */
export function confirm({ number }: Transfer): Step<undefined> {
  return (stock) => [
    stock.outgoing?.number === number ? { ...stock, outgoing: undefined } : stock,
    undefined,
  ];
}

/** Whether a target has taken in a transfer of a source. */
export function hasArrived({ received }: Stock, from: number, number: number): boolean {
  return (received[from] ?? 0) >= number;
}
