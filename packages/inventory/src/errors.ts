import { type ErrorFacts, KeyNotFoundError, NoriKVError } from '@norikv/store';
import type { FinalStatus } from './reservations.js';

/** Facts of an {@link ItemNotFoundError}. */
export interface ItemFacts extends ErrorFacts {
  readonly sku: string;
  readonly location?: string | undefined;
}

/** Facts of an {@link InsufficientStockError}. */
export interface InsufficientStockFacts extends ItemFacts {
  readonly need: number;
  readonly have: number;
}

/** There is not enough to reserve or to take away. Nothing was applied. */
export class InsufficientStockError extends NoriKVError {
  static override readonly code: string = 'INSUFFICIENT_STOCK';
  readonly sku: string;
  /** Undefined for the default location. */
  readonly location: string | undefined;
  /** Units asked for. */
  readonly need: number;
  /** Units that could have been had. */
  readonly have: number;
  constructor(message: string, facts: InsufficientStockFacts) {
    super(message, facts);
    this.sku = facts.sku;
    this.location = facts.location;
    this.need = facts.need;
    this.have = facts.have;
  }
}

/**
 * There is no such item. It is an instance of `KeyNotFoundError`, too, which is what the code of the documentation throws.
 * Its code is its own, so the guard `isKeyNotFound` does not match it. Nothing was applied.
 */
export class ItemNotFoundError extends KeyNotFoundError {
  static override readonly code: string = 'ITEM_NOT_FOUND';
  readonly sku: string;
  /** Undefined for the default location. */
  readonly location: string | undefined;
  constructor(message: string, facts: ItemFacts) {
    super(message, facts);
    this.sku = facts.sku;
    this.location = facts.location;
  }
}

/** The item is not in the state the call needs: it exists, is reserved, or is split. Nothing was applied. */
export class ItemConflictError extends NoriKVError {
  static override readonly code: string = 'ITEM_CONFLICT';
}

/** There is no such reservation, or it ended and is forgotten: long ago, or with its item. Nothing was applied. */
export class ReservationNotFoundError extends NoriKVError {
  static override readonly code: string = 'RESERVATION_NOT_FOUND';
}

/** Facts of a {@link ReservationResolvedError}. */
export interface ReservationResolvedFacts extends ErrorFacts {
  readonly status: FinalStatus;
  readonly sold: number;
}

/** The reservation is final already, in another way than asked for. It stays as it is. */
export class ReservationResolvedError extends NoriKVError {
  static override readonly code: string = 'RESERVATION_RESOLVED';
  /** How it ended. */
  readonly status: FinalStatus;
  /** Units that left the stock; above 0 only if committed. */
  readonly sold: number;
  constructor(message: string, facts: ReservationResolvedFacts) {
    super(message, facts);
    this.status = facts.status;
    this.sold = facts.sold;
  }
}

/** One record holds as many live reservations as it may. Nothing was applied; some will end, or split the SKU. */
export class TooManyReservationsError extends NoriKVError {
  static override readonly code: string = 'TOO_MANY_RESERVATIONS';
  static override readonly retryable: boolean = true;
}
