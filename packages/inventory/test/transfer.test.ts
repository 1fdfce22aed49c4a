import { describe, expect, it } from 'vitest';
import { emptyStock, type Stock, type Transfer } from '../src/stock.js';
import { confirm, receive, send } from '../src/transfer.js';

const now = 1_700_000_000_000;
const stockOf = (facts: Partial<Stock>): Stock => ({ ...emptyStock(), ...facts });
const transfer: Transfer = { number: 3, to: 2, amount: 5 };

describe('units for another bucket', () => {
  it.each([
    ['what it needs', 8, 6, 6],
    ['half of what there is, if that is more', 9, 2, 5],
    ['all there is, if it needs more', 4, 9, 4],
  ])('are %s', (_what, onHand, need, amount) => {
    const outgoing = { number: 1, to: 2, amount };
    expect(send(2, need)(stockOf({ onHand }), now)).toEqual([
      stockOf({ onHand: onHand - amount, sent: 1, outgoing }),
      outgoing,
    ]);
  });

  it.each([0, -5])('are none where %i can be sold', (onHand) => {
    const stock = stockOf({ onHand });
    expect(send(2, 1)(stock, now)).toEqual([stock, undefined]);
  });

  it('wait for those that have not left yet', () => {
    const stock = stockOf({ onHand: 10, sent: 3, outgoing: transfer });
    expect(send(1, 1)(stock, now)).toEqual([stock, transfer]);
  });
});

it('a transfer arrives once', () => {
  const [once] = receive(1, transfer)(stockOf({ onHand: 1, received: { 1: 2, 4: 9 } }), now);
  expect(once).toEqual(stockOf({ onHand: 6, received: { 1: 3, 4: 9 } }));
  expect(receive(1, transfer)(once, now)[0]).toBe(once);
});

it('a note is struck out for its own transfer alone', () => {
  const noted = stockOf({ sent: 3, outgoing: transfer });
  expect(confirm(transfer)(noted, now)[0]).toEqual(stockOf({ sent: 3 }));
  for (const number of [2, 4]) expect(confirm({ ...transfer, number })(noted, now)[0]).toBe(noted);
  expect(confirm(transfer)(stockOf({ sent: 3 }), now)[0]).toEqual(stockOf({ sent: 3 }));
});
