import type { AuditEntry } from './stock.js';

/** Units set aside for a while. */
export interface HeldUnits {
  readonly sku: string;
  /** Undefined for the default location. */
  readonly location: string | undefined;
  readonly quantity: number;
  /** What to commit or release; it says where the stock is, so nothing else has to be kept. */
  readonly reservationId: string;
  /** By the clock of the process that reserved, in milliseconds since the epoch. */
  readonly expiresAt: number;
  /** The reservation existed before this call. */
  readonly repeated: boolean;
}

/** There was not enough. */
export interface Shortage {
  readonly ok: false;
  readonly sku: string;
  readonly location: string | undefined;
  readonly need: number;
  readonly have: number;
}

/** What `tryReserve` came to. */
export type ReserveResult = ({ readonly ok: true } & HeldUnits) | Shortage;

/** What `tryReserveAll` came to: all lines, or nothing. */
export type ReserveAllResult = { readonly ok: true; readonly lines: readonly HeldUnits[] } | Shortage;

/** One line of an order. */
export interface OrderLine {
  readonly sku: string;
  readonly quantity: number;
  readonly location?: string | undefined;
}

/** A live reservation of an item. */
export interface LiveReservation {
  readonly reservationId: string;
  readonly quantity: number;
  readonly expiresAt: number;
}

/** An item as it was at one moment; if it is split, its buckets were read one after the other. */
export interface ItemView {
  readonly sku: string;
  readonly location: string | undefined;
  readonly onHand: number;
  /** The sum of the live reservations. */
  readonly reserved: number;
  /** `onHand - reserved`; below 0 only with backorders. */
  readonly available: number;
  /** What has to stay available. A reservation may take `available - minAvailable`. */
  readonly minAvailable: number;
  readonly buckets: number;
  readonly reservations: readonly LiveReservation[];
  /** The last 16 changes that were not sales, oldest first. */
  readonly audit: readonly AuditEntry[];
}
