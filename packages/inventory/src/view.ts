import { formatReservation, type StockName } from './names.js';
import type { ItemView, LiveReservation } from './results.js';
import type { Buckets } from './stock.js';
import { tallyOf } from './tally.js';

/** An item for people and programs to look at: its first bucket and, if it is split, the others. */
export function viewOf(name: StockName, stocks: Buckets): ItemView {
  const [first] = stocks;
  const { onHand, reserved, available } = tallyOf(stocks);
  const { minAvailable, buckets, audit } = first;
  const reservations = stocks.flatMap((stock, number): LiveReservation[] => {
    const bucket = buckets > 1 ? number : undefined;
    return [...stock.reservations]
      .filter(([, { status }]) => status === 'held')
      .map(([token, { quantity, expiresAt }]) => {
        return { reservationId: formatReservation({ ...name, bucket, token }), quantity, expiresAt };
      });
  });
  const { sku, location } = name;
  return {
    sku,
    location: location || undefined,
    onHand,
    reserved,
    available,
    minAvailable,
    buckets,
    reservations,
    // Copies: what is remembered of the record is what the next write starts from.
    audit: audit.map((entry) => ({ ...entry })),
  };
}
