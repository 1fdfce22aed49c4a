import { type ReservationEntry, Reservations } from './reservations.js';
import type { Stock } from './stock.js';

/** The settings of a manager that decide about a record. */
export interface Rules {
  /** How far a clock may be ahead of another one before it ends a reservation early. */
  readonly clockSkewMs: number;
  /** How long a final reservation is remembered after its time to live. */
  readonly graceMs: number;
  /** Live reservations in one record at most. */
  readonly maxReservations: number;
  /** Live and remembered reservations in one record at most. */
  readonly maxRemembered: number;
}

/**
 * The stock as it is at a time: reservations past their time are marked as expired, and final ones past their
 * memory are forgotten, but for the latest.
 *
 * Only a mark in the record ends a reservation, whatever the clocks say: two processes may differ on the time,
 * but not on the record. One that is live in the record is never forgotten in the same step.
 */
export function settle(stock: Stock, now: number, { clockSkewMs, graceMs }: Rules): Stock {
  const { reservations } = stock;
  const { firstHeldExpiry, firstFinalExpiry } = reservations.summary;
  const expiredUpTo = now - clockSkewMs;
  const forgottenUpTo = expiredUpTo - graceMs;
  if (firstHeldExpiry > expiredUpTo && firstFinalExpiry > forgottenUpTo) return stock;
  let { endings } = reservations.summary;
  const kept = [...reservations].flatMap((entry): ReservationEntry[] => {
    const [token, reservation] = entry;
    const { status, expiresAt } = reservation;
    if (status !== 'held')
      return expiresAt > forgottenUpTo || reservations.isLatest(reservation) ? [entry] : [];
    if (expiresAt > expiredUpTo) return [entry];
    endings += 1;
    return [[token, { ...reservation, status: 'expired', ending: endings }]];
  });
  return { ...stock, reservations: Reservations.of(kept) };
}
