import { type Reservation, Reservations } from './reservations.js';

/** One change of the quantity on hand that was not a sale. */
export interface AuditEntry {
  /** Wall-clock time of the process that made it, in milliseconds. */
  readonly at: number;
  readonly delta: number;
  readonly reason: string;
  /** What it came from, such as a delivery note. */
  readonly ref?: string | undefined;
}

/** Units on their way from one bucket to another. They are in neither: the source counts until they arrived. */
export interface Transfer {
  /** Counts the transfers of its source, from 1. */
  readonly number: number;
  readonly to: number;
  readonly amount: number;
}

/**
 * One record: the stock of one SKU at one location, or one bucket of it, with the reservations against it.
 *
 * How much is reserved is not a field. It is the sum of the live reservations, so the two cannot drift apart.
 */
export interface Stock {
  readonly onHand: number;
  /** What must stay available: a reserve above 0, backorders below. Never stored but in the first bucket. */
  readonly minAvailable: number;
  /** Known to the first bucket alone. */
  readonly buckets: number;
  readonly reservations: Reservations;
  /** The last changes, oldest first. */
  readonly audit: readonly AuditEntry[];
  /** How many transfers ever left this bucket. */
  readonly sent: number;
  /** The one that has not been confirmed. */
  readonly outgoing: Transfer | undefined;
  /** The number of the last transfer that arrived, by source. */
  readonly received: Readonly<Record<string, number>>;
}

/** All buckets of an item in order; one if it is not split. */
export type Buckets = readonly [first: Stock, ...others: Stock[]];

const auditLength = 16;

/** A record without units. */
export function emptyStock(): Stock {
  return {
    onHand: 0,
    minAvailable: 0,
    buckets: 1,
    reservations: Reservations.of([]),
    audit: [],
    sent: 0,
    outgoing: undefined,
    received: {},
  };
}

/** Units on hand that no live reservation sets aside; below 0 only with backorders. */
export function availableIn({ onHand, reservations }: Stock): number {
  return onHand - reservations.summary.heldUnits;
}

/** Units a reservation may take. */
export function sellableIn(stock: Stock): number {
  return availableIn(stock) - stock.minAvailable;
}

/** The stock after a change that was not a sale. */
export function audited(stock: Stock, entry: AuditEntry): Stock {
  const audit = [...stock.audit, entry].slice(-auditLength);
  return { ...stock, onHand: stock.onHand + entry.delta, audit };
}

/** The stock with one reservation as given; the same object if it is so already. */
export function withReservation(stock: Stock, token: string, reservation: Reservation): Stock {
  const { reservations } = stock;
  if (reservations.get(token) === reservation) return stock;
  return { ...stock, reservations: reservations.with(token, reservation) };
}
