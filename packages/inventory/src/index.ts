export {
  InsufficientStockError,
  type InsufficientStockFacts,
  ItemConflictError,
  type ItemFacts,
  ItemNotFoundError,
  ReservationNotFoundError,
  ReservationResolvedError,
  type ReservationResolvedFacts,
  TooManyReservationsError,
} from './errors.js';
export { InventoryManager } from './inventory-manager.js';
export { reservationId } from './names.js';
export type {
  AdjustOptions,
  CallOptions,
  CommitOptions,
  CreateItemOptions,
  InventoryOptions,
  ItemOptions,
  RemoveItemOptions,
  ReserveAllOptions,
  ReserveOptions,
} from './options.js';
export type { FinalStatus } from './reservations.js';
export type { Resolution } from './resolve.js';
export type {
  HeldUnits,
  ItemView,
  LiveReservation,
  OrderLine,
  ReserveAllResult,
  ReserveResult,
  Shortage,
} from './results.js';
export type { AuditEntry } from './stock.js';
