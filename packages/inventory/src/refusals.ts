import { OperationIdReusedError } from '@norikv/cas-retry';
import { InvalidArgumentError, type NoriKVError } from '@norikv/store';
import {
  InsufficientStockError,
  ItemConflictError,
  ItemNotFoundError,
  ReservationNotFoundError,
  ReservationResolvedError,
  TooManyReservationsError,
} from './errors.js';
import type { StockName } from './names.js';
import type { FinalStatus } from './reservations.js';
import type { Shortage } from './results.js';

/** Why a record stayed as it was. */
export type Refusal =
  | { readonly kind: 'no-item' }
  /** `have` units could have been had. */
  | { readonly kind: 'short'; readonly have: number; readonly buckets: number }
  | { readonly kind: 'full'; readonly limit: number; readonly buckets: number }
  /** The reservation is not in this record, and its home may be another bucket. */
  | { readonly kind: 'elsewhere'; readonly buckets: number }
  | { readonly kind: 'resolved'; readonly status: FinalStatus; readonly sold: number }
  | { readonly kind: 'reused'; readonly quantity: number }
  | { readonly kind: 'beyond-hold'; readonly quantity: number }
  | { readonly kind: 'conflict'; readonly why: string };

/** What a refused call was about. */
export interface RefusedCall {
  readonly name: StockName;
  readonly need?: number | undefined;
  readonly reservationId?: string | undefined;
}

/** Whether an answer is a refusal. */
export function isRefusal(answer: unknown): answer is Refusal {
  return typeof answer === 'object' && answer !== null && 'kind' in answer;
}

/** An answer that is none. */
export function accepted<Answer>(answer: Answer | Refusal, name: StockName, need?: number): Answer {
  if (isRefusal(answer)) throw refusalError(answer, { name, need });
  return answer;
}

/** The error a refusal is told with. */
export function refusalError(refusal: Refusal, call: RefusedCall): NoriKVError {
  const { name, need = 0, reservationId = '' } = call;
  const { sku } = name;
  const item = itemText(name);
  const location = name.location || undefined;
  switch (refusal.kind) {
    case 'no-item':
      return new ItemNotFoundError(`There is no item ${item}; createItem() makes it`, { sku, location });
    case 'short':
      return shortageError({ sku, location, need, have: Math.max(0, refusal.have) });
    case 'full':
      return new TooManyReservationsError(
        `${item} has ${refusal.limit} live reservations, the most one record may hold; try later, or split() the SKU`,
      );
    case 'elsewhere':
      return new ReservationNotFoundError(
        `There is no reservation ${reservationId}: it was never made, or it ended and is forgotten, as when its item is removed`,
      );
    case 'resolved': {
      const { status, sold } = refusal;
      const how = status === 'committed' ? `committed with ${sold} sold` : status;
      return new ReservationResolvedError(`The reservation ${reservationId} is already ${how}`, {
        status,
        sold,
      });
    }
    case 'reused':
      return new OperationIdReusedError(
        `The reservation ${reservationId} is one of ${refusal.quantity}, not of ${need}; use a new id`,
      );
    case 'beyond-hold':
      return new InvalidArgumentError(
        `quantity is ${need}; the reservation ${reservationId} holds ${refusal.quantity}, so commit at most that`,
      );
    case 'conflict':
      return new ItemConflictError(`${item} ${refusal.why}`);
  }
}

/** The error for too few units. Its words begin as those of the documentation's code. */
export function shortageError({ sku, location, need, have }: Omit<Shortage, 'ok'>): InsufficientStockError {
  const item = itemText({ sku, location: location ?? '' });
  const message = `Insufficient inventory: need ${need}, have ${have} (${item})`;
  return new InsufficientStockError(message, { sku, location, need, have });
}

function itemText({ sku, location }: StockName): string {
  return location ? `${sku} at ${location}` : sku;
}
