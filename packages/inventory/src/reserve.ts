import { homeOf } from './buckets.js';
import type { Refusal } from './refusals.js';
import { endedBy, type Reservation } from './reservations.js';
import type { Rules } from './rules.js';
import type { Step } from './step.js';
import { type Stock, sellableIn, withReservation } from './stock.js';

/** Units are set aside. */
export interface Reserved {
  readonly expiresAt: number;
  /** The reservation existed before this call. */
  readonly repeated: boolean;
  readonly buckets: number;
}

/** What is to be reserved. */
export interface Request {
  readonly token: string;
  readonly quantity: number;
  readonly ttlMs: number;
  /** Whether it may be made in this bucket, whichever it is. */
  readonly isPinned: boolean;
}

/**
 * Sets units aside, once for each token. What is not pinned is asked of the first bucket, which knows the ids
 * from before the SKU was split and sends new ones to their home.
 */
export function reserve(
  { token, quantity, ttlMs, isPinned }: Request,
  rules: Rules,
): Step<Reserved | Refusal> {
  return (stock, now) => {
    const { buckets, reservations } = stock;
    const known = reservations.get(token);
    if (known) return repeat(stock, token, known, quantity, now);
    if (!isPinned && homeOf(token, buckets) !== 0) return [stock, { kind: 'elsewhere', buckets }];
    const have = sellableIn(stock);
    if (have < quantity) return [stock, { kind: 'short', have, buckets }];
    const limit = rules.maxReservations;
    if (reservations.summary.heldCount >= limit) return [stock, { kind: 'full', limit, buckets }];
    const expiresAt = now + ttlMs;
    const reservation: Reservation = { quantity, expiresAt, status: 'held', sold: 0, ending: 0 };
    const next = reservations.with(token, reservation).trimmedTo(rules.maxRemembered);
    return [
      { ...stock, reservations: next },
      { expiresAt, repeated: false, buckets },
    ];
  };
}

/**
 * Settles that an id gets nothing here: written down as released, so that no later call reserves under it.
 * False if the id is known already, or belongs elsewhere.
 */
export function refuse({ token, quantity, ttlMs }: Omit<Request, 'isPinned'>, rules: Rules): Step<boolean> {
  return (stock, now) => {
    const { buckets, reservations } = stock;
    if (reservations.get(token) || homeOf(token, buckets) !== 0) return [stock, false];
    const expiresAt = now + ttlMs;
    const refused: Reservation = { quantity, expiresAt, status: 'released', sold: 0, ending: 0 };
    const next = reservations.with(token, refused).trimmedTo(rules.maxRemembered);
    return [{ ...stock, reservations: next }, true];
  };
}

function repeat(
  stock: Stock,
  token: string,
  known: Reservation,
  quantity: number,
  now: number,
): readonly [Stock, Reserved | Refusal] {
  if (known.quantity !== quantity) return [stock, { kind: 'reused', quantity: known.quantity }];
  const { status, sold, expiresAt } = endedBy(known, now);
  return status === 'held'
    ? [stock, { expiresAt, repeated: true, buckets: stock.buckets }]
    : [withReservation(stock, token, endedBy(known, now)), { kind: 'resolved', status, sold }];
}
