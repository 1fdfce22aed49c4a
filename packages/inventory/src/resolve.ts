import type { Refusal } from './refusals.js';
import { endedBy, type FinalStatus, type Reservation } from './reservations.js';
import type { Step } from './step.js';
import { type Stock, withReservation } from './stock.js';

/** How a reservation ended. */
export interface Resolution {
  readonly status: FinalStatus;
  /** Units that left the stock. */
  readonly sold: number;
  /** Units that went back to it. */
  readonly returned: number;
  /** It had ended so before this call. */
  readonly repeated: boolean;
}

/** Takes units out of the stock, all that are held unless said otherwise, and gives the rest back. */
export function commit(token: string, wanted?: number): Step<Resolution | Refusal> {
  return onReservation(token, (stock, reservation) => {
    const { status, quantity } = reservation;
    const sold = wanted ?? quantity;
    if (status === 'held' && sold > quantity) return [stock, { kind: 'beyond-hold', quantity }];
    if (status === 'held') {
      return end({ ...stock, onHand: stock.onHand - sold }, token, reservation, 'committed', sold);
    }
    if (status === 'committed' && sold === reservation.sold) return [stock, resolution(reservation, status)];
    return [stock, { kind: 'resolved', status, sold: reservation.sold }];
  });
}

/** Gives all held units back. That their time ran out before is as good. */
export function release(token: string): Step<Resolution | Refusal> {
  return onReservation(token, (stock, reservation) => {
    const { status, sold } = reservation;
    if (status === 'held') return end(stock, token, reservation, 'released', 0);
    return [
      stock,
      status === 'committed' ? { kind: 'resolved', status, sold } : resolution(reservation, status),
    ];
  });
}

/** Lets a live reservation last at least so long from now. */
export function extend(token: string, ttlMs: number): Step<number | Refusal> {
  return onReservation(token, (stock, reservation, now) => {
    const { status, sold, expiresAt } = reservation;
    if (status !== 'held') return [stock, { kind: 'resolved', status, sold }];
    const until = now + ttlMs;
    if (until <= expiresAt) return [stock, expiresAt];
    return [withReservation(stock, token, { ...reservation, expiresAt: until }), until];
  });
}

/** That its time is up is written down before anybody is told: from then on it is so for every clock. */
function onReservation<Answer>(
  token: string,
  step: (stock: Stock, reservation: Reservation, now: number) => readonly [Stock, Answer | Refusal],
): Step<Answer | Refusal> {
  return (stock, now) => {
    const known = stock.reservations.get(token);
    if (!known) return [stock, { kind: 'elsewhere', buckets: stock.buckets }];
    const reservation = endedBy(known, now);
    return step(withReservation(stock, token, reservation), reservation, now);
  };
}

function end(
  stock: Stock,
  token: string,
  reservation: Reservation,
  status: FinalStatus,
  sold: number,
): readonly [Stock, Resolution] {
  const final = { ...reservation, status, sold };
  return [withReservation(stock, token, final), { ...resolution(final, status), repeated: false }];
}

function resolution({ quantity, sold }: Reservation, status: FinalStatus): Resolution {
  return { status, sold, returned: quantity - sold, repeated: true };
}
