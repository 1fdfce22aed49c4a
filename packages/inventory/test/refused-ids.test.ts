import { expect, it } from 'vitest';
import { refuse } from '../src/reserve.js';
import { emptyStock } from '../src/stock.js';

it('an id that is refused is written down for as long as its reservation would have lived', () => {
  const now = 1_700_000_000_000;
  const rules = { clockSkewMs: 0, graceMs: 0, maxReservations: 10, maxRemembered: 10 };
  const [stock, isWritten] = refuse({ token: 'order-17', quantity: 2, ttlMs: 5_000 }, rules)(
    emptyStock(),
    now,
  );
  expect(isWritten).toBe(true);
  expect(stock.reservations.get('order-17')).toMatchObject({
    status: 'released',
    sold: 0,
    expiresAt: now + 5_000,
  });
});
