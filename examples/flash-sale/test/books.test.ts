import { describe, expect, it } from 'vitest';
import { Bank } from '../src/bank.js';
import { type Books, mistakesIn, unitsSold } from '../src/books.js';
import { price } from '../src/sale.js';

const right: Books = {
  stock: 10,
  item: { onHand: 7, reserved: 0 },
  departures: new Map([
    ['order-1', { ending: 'bought', sold: 1 }],
    ['order-2', { ending: 'bought', sold: 2 }],
    ['order-3', { ending: 'payment declined', sold: 0 }],
  ]),
  payments: new Map([
    ['order-1', price],
    ['order-2', 2 * price],
    ['order-3', 0],
  ]),
};

describe('the books', () => {
  it('are right if stock, sales and money are equal', () => {
    expect(mistakesIn(right)).toEqual([]);
    expect(unitsSold(right.departures)).toBe(3);
  });

  it.each<readonly [string, Partial<Books>, readonly string[]]>([
    [
      'a unit that was lost',
      { item: { onHand: 6, reserved: 0 } },
      ['4 units left the stock, but customers bought 3'],
    ],
    ['a unit that is held for ever', { item: { onHand: 7, reserved: 1 } }, ['1 units are still reserved']],
    [
      'units sold twice',
      { stock: 2, item: { onHand: -1, reserved: 0 } },
      ['1 units were sold that never were there'],
    ],
    [
      'a payment without goods',
      { payments: new Map([...right.payments, ['order-4', price]]) },
      [`The bank has ${4 * price}, but 3 units are worth ${3 * price}`, `order-4 paid ${price} for 0 units`],
    ],
    [
      'two mistakes that cancel out in the sum',
      {
        payments: new Map([
          ['order-1', 2 * price],
          ['order-2', price],
        ]),
      },
      [`order-1 paid ${2 * price} for 1 units`, `order-2 paid ${price} for 2 units`],
    ],
  ])('show %s', (_what, wrong, mistakes) => {
    expect(mistakesIn({ ...right, ...wrong })).toEqual(mistakes);
  });
});

describe('the bank', () => {
  it('takes the money for an order once', () => {
    const bank = new Bank(0);
    expect([bank.charge('order-1', 5), bank.charge('order-1', 5)]).toEqual([true, true]);
    expect([...bank.payments]).toEqual([['order-1', 5]]);
    bank.refund('order-1');
    expect(bank.charge('order-1', 5)).toBe(false);
    expect([...bank.payments]).toEqual([['order-1', 0]]);
  });

  it('declines for good', () => {
    const answers = [0.1, 0.9];
    const bank = new Bank(0.2, () => answers.shift() ?? 0);
    expect([bank.charge('order-1', 5), bank.charge('order-1', 5), bank.charge('order-2', 5)]).toEqual([
      false,
      false,
      true,
    ]);
  });
});
