import type { UpdaterOptions } from '@norikv/cas-retry';

/** Options of an {@link InventoryManager}: those of the updater (deadlines, clock, random, events), and these. */
export interface InventoryOptions extends UpdaterOptions {
  /** First part of every key. Default `inventory`. */
  readonly prefix?: string | undefined;
  /** How long a reservation lasts, in milliseconds. Default 600,000 (10 minutes). */
  readonly ttlMs?: number | undefined;
  /**
   * How long a reservation that has ended is remembered after its time to live, in milliseconds, so that a
   * late repetition gets the same answer. Default 60,000. The last 256 of a record are remembered for longer, whatever
   * the clocks say. When a record is full the oldest are forgotten first.
   */
  readonly graceMs?: number | undefined;
  /**
   * How far clocks of different machines may differ before a reservation ends early, in milliseconds. Others
   * wait this much longer before they take its units. Default 1,000. No difference makes stock wrong.
   */
  readonly clockSkewMs?: number | undefined;
  /**
   * How many operation ids a record remembers, at most 512 for values of 1 MiB, and fewer for smaller ones: they must leave
   * room for the end of each live reservation. Default 256, or what is the most.
   */
  readonly operationWindow?: number | undefined;
  /** Live reservations of one SKU, or of one bucket, at most. Default and maximum about 5,000 for 1 MiB. */
  readonly maxReservations?: number | undefined;
  /** Makes the ids of reservations, unique in all processes. Default: 96 random bits. */
  readonly newId?: (() => string) | undefined;
  /** Accepts a store that does not declare the guarantees that stock stands on. It may then oversell. */
  readonly unsafeAllowNonAtomicCas?: boolean | undefined;
}

/** Options of every call. */
export interface CallOptions {
  /** Ends waiting: `CancelledError` before a write left, `OutcomeUnknownError` after. */
  readonly signal?: AbortSignal | undefined;
  /** Time of each write in milliseconds. Default: the manager's, 10,000. */
  readonly deadlineMs?: number | undefined;
}

/** Options of a call about an item. */
export interface ItemOptions extends CallOptions {
  /** Which of several stocks of the SKU. Default: the one without a name. */
  readonly location?: string | undefined;
}

/** Options of `createItem`. */
export interface CreateItemOptions extends ItemOptions {
  /**
   * What has to stay available. Above 0: a reserve that is not sold. Below 0: so many backorders are taken.
   * Default 0.
   */
  readonly minAvailable?: number | undefined;
  /** Sets what is on hand if the item exists; its reservations stay. Default false: that is a conflict. */
  readonly upsert?: boolean | undefined;
}

/** Options of `adjust` and `restock`. */
export interface AdjustOptions extends ItemOptions {
  /** Why; kept with the last 16 changes. Up to 64 bytes. */
  readonly reason?: string | undefined;
  /** What it came from, such as a delivery note. Up to 64 bytes. */
  readonly ref?: string | undefined;
  /**
   * Names this change, up to 64 bytes when percent-encoded, so that repeating it, from any process, applies it
   * once. A record remembers its last 256 of these (`operationWindow` of the manager, at most 512): a repetition after so
   * many further changes with an `opId` is applied again.
   */
  readonly opId?: string | undefined;
}

/** Options of `reserveAll`. */
export interface ReserveAllOptions extends CallOptions {
  /**
   * The caller's own id, such as an order number, up to 64 bytes when percent-encoded: repeating the call with
   * it finds the reservation instead of making a second one. Default: a new id, which an error does not tell:
   * after `OutcomeUnknownError` a repetition may then hold twice until the first hold's time is up.
   */
  readonly id?: string | undefined;
  /** How long it lasts, in milliseconds, up to 30 days. Default: the manager's. */
  readonly ttlMs?: number | undefined;
}

/** Options of `reserve`. */
export interface ReserveOptions extends ReserveAllOptions, ItemOptions {}

/** Options of `commit`. */
export interface CommitOptions extends CallOptions {
  /** How many units leave the stock; the rest of the reservation goes back. Default: all. */
  readonly quantity?: number | undefined;
}

/** Options of `removeItem`. */
export interface RemoveItemOptions extends ItemOptions {
  /** Removes live reservations with it. Default false: they are a conflict. */
  readonly force?: boolean | undefined;
}
