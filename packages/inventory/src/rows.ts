import type { Reservation, ReservationEntry, ReservationStatus, Reservations } from './reservations.js';

/**
 * `[token, quantity, expiresAt]`, and for a final one also units sold (0: released, -1: expired) and its number among
 * those that ended. The time counts from `since` of the record: about 30 bytes a reservation with a generated id.
 */
export type Row = readonly [
  token: string,
  quantity: number,
  expiresAt: number,
  sold?: number,
  ending?: number,
];

type Page = ReadonlyMap<string, Reservation>;

/** A page is never altered and a write changes few of them, so most are text from the write before. */
const texts = new WeakMap<Page, { readonly since: number; readonly text: string }>();

/** The rows of reservations as a JSON array. */
export function rowsText(reservations: Reservations, since: number): string {
  return `[${reservations.pages.map((page) => pageText(page, since)).join(',')}]`;
}

/** @throws TypeError for a row that is none. */
export function fromRow(
  [token, quantity, offset, outcome, ending = 0]: Row,
  since: number,
): ReservationEntry {
  const numbers = [quantity, offset, outcome ?? 0, ending];
  if (typeof token !== 'string' || !numbers.every(Number.isSafeInteger) || quantity <= 0) {
    throw new TypeError('The record holds no reservation');
  }
  const sold = Math.max(0, outcome ?? 0);
  return [token, { quantity, expiresAt: since + offset, status: statusOf(outcome), sold, ending }];
}

function pageText(page: Page, since: number): string {
  const known = texts.get(page);
  if (known?.since === since) return known.text;
  const text = [...page].map((entry) => JSON.stringify(toRow(entry, since))).join(',');
  texts.set(page, { since, text });
  return text;
}

function toRow([token, reservation]: ReservationEntry, since: number): Row {
  const { quantity, expiresAt, status, sold, ending } = reservation;
  const row = [token, quantity, expiresAt - since] as const;
  return status === 'held' ? row : [...row, status === 'expired' ? -1 : sold, ending];
}

function statusOf(outcome: number | undefined): ReservationStatus {
  if (outcome === undefined) return 'held';
  if (outcome > 0) return 'committed';
  return outcome === 0 ? 'released' : 'expired';
}
