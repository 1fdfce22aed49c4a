import { NoriKVError, ErrorFacts, KeyNotFoundError, KvStore } from '@norikv/store';
import { UpdaterOptions } from '@norikv/cas-retry';

/** How a reservation ended: `committed` units left the stock, `released` and `expired` ones went back to it. */
type FinalStatus = 'committed' | 'released' | 'expired';

/** Facts of an {@link ItemNotFoundError}. */
interface ItemFacts extends ErrorFacts {
    readonly sku: string;
    readonly location?: string | undefined;
}
/** Facts of an {@link InsufficientStockError}. */
interface InsufficientStockFacts extends ItemFacts {
    readonly need: number;
    readonly have: number;
}
/** There is not enough to reserve or to take away. Nothing was applied. */
declare class InsufficientStockError extends NoriKVError {
    static readonly code: string;
    readonly sku: string;
    /** Undefined for the default location. */
    readonly location: string | undefined;
    /** Units asked for. */
    readonly need: number;
    /** Units that could have been had. */
    readonly have: number;
    constructor(message: string, facts: InsufficientStockFacts);
}
/**
 * There is no such item. It is an instance of `KeyNotFoundError`, too, which is what the code of the documentation throws.
 * Its code is its own, so the guard `isKeyNotFound` does not match it. Nothing was applied.
 */
declare class ItemNotFoundError extends KeyNotFoundError {
    static readonly code: string;
    readonly sku: string;
    /** Undefined for the default location. */
    readonly location: string | undefined;
    constructor(message: string, facts: ItemFacts);
}
/** The item is not in the state the call needs: it exists, is reserved, or is split. Nothing was applied. */
declare class ItemConflictError extends NoriKVError {
    static readonly code: string;
}
/** There is no such reservation, or it ended and is forgotten: long ago, or with its item. Nothing was applied. */
declare class ReservationNotFoundError extends NoriKVError {
    static readonly code: string;
}
/** Facts of a {@link ReservationResolvedError}. */
interface ReservationResolvedFacts extends ErrorFacts {
    readonly status: FinalStatus;
    readonly sold: number;
}
/** The reservation is final already, in another way than asked for. It stays as it is. */
declare class ReservationResolvedError extends NoriKVError {
    static readonly code: string;
    /** How it ended. */
    readonly status: FinalStatus;
    /** Units that left the stock; above 0 only if committed. */
    readonly sold: number;
    constructor(message: string, facts: ReservationResolvedFacts);
}
/** One record holds as many live reservations as it may. Nothing was applied; some will end, or split the SKU. */
declare class TooManyReservationsError extends NoriKVError {
    static readonly code: string;
    static readonly retryable: boolean;
}

/** Options of an {@link InventoryManager}: those of the updater (deadlines, clock, random, events), and these. */
interface InventoryOptions extends UpdaterOptions {
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
interface CallOptions {
    /** Ends waiting: `CancelledError` before a write left, `OutcomeUnknownError` after. */
    readonly signal?: AbortSignal | undefined;
    /** Time of each write in milliseconds. Default: the manager's, 10,000. */
    readonly deadlineMs?: number | undefined;
}
/** Options of a call about an item. */
interface ItemOptions extends CallOptions {
    /** Which of several stocks of the SKU. Default: the one without a name. */
    readonly location?: string | undefined;
}
/** Options of `createItem`. */
interface CreateItemOptions extends ItemOptions {
    /**
     * What has to stay available. Above 0: a reserve that is not sold. Below 0: so many backorders are taken.
     * Default 0.
     */
    readonly minAvailable?: number | undefined;
    /** Sets what is on hand if the item exists; its reservations stay. Default false: that is a conflict. */
    readonly upsert?: boolean | undefined;
}
/** Options of `adjust` and `restock`. */
interface AdjustOptions extends ItemOptions {
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
interface ReserveAllOptions extends CallOptions {
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
interface ReserveOptions extends ReserveAllOptions, ItemOptions {
}
/** Options of `commit`. */
interface CommitOptions extends CallOptions {
    /** How many units leave the stock; the rest of the reservation goes back. Default: all. */
    readonly quantity?: number | undefined;
}
/** Options of `removeItem`. */
interface RemoveItemOptions extends ItemOptions {
    /** Removes live reservations with it. Default false: they are a conflict. */
    readonly force?: boolean | undefined;
}

/**
 * The reservation id that `reserve(sku, quantity, { id })` returns: what a process that lost everything but
 * its order number commits or releases.
 *
 * @example
 * ```ts
 * await inventory.commit(reservationId('SKU-12345', 'order-17'));
 * ```
 *
 * @throws InvalidArgumentError for a bad name.
 */
declare function reservationId(sku: string, id: string, location?: string): string;

/** One change of the quantity on hand that was not a sale. */
interface AuditEntry {
    /** Wall-clock time of the process that made it, in milliseconds. */
    readonly at: number;
    readonly delta: number;
    readonly reason: string;
    /** What it came from, such as a delivery note. */
    readonly ref?: string | undefined;
}

/** Units set aside for a while. */
interface HeldUnits {
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
interface Shortage {
    readonly ok: false;
    readonly sku: string;
    readonly location: string | undefined;
    readonly need: number;
    readonly have: number;
}
/** What `tryReserve` came to. */
type ReserveResult = ({
    readonly ok: true;
} & HeldUnits) | Shortage;
/** What `tryReserveAll` came to: all lines, or nothing. */
type ReserveAllResult = {
    readonly ok: true;
    readonly lines: readonly HeldUnits[];
} | Shortage;
/** One line of an order. */
interface OrderLine {
    readonly sku: string;
    readonly quantity: number;
    readonly location?: string | undefined;
}
/** A live reservation of an item. */
interface LiveReservation {
    readonly reservationId: string;
    readonly quantity: number;
    readonly expiresAt: number;
}
/** An item as it was at one moment; if it is split, its buckets were read one after the other. */
interface ItemView {
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

/** How a reservation ended. */
interface Resolution {
    readonly status: FinalStatus;
    /** Units that left the stock. */
    readonly sold: number;
    /** Units that went back to it. */
    readonly returned: number;
    /** It had ended so before this call. */
    readonly repeated: boolean;
}

/**
 * Stock that is never sold twice, for any number of processes.
 *
 * One record of an SKU holds what is on hand and the live reservations, so a check and its hold are one write.
 * A reservation ends by `commit`, by `release` or by time; nothing has to run for the last. Its end is
 * remembered for its time to live and a grace, and longer among the last 256, so every call may be repeated.
 *
 * All methods that write also throw the errors of the updater: `ContentionError`, `OutcomeUnknownError`,
 * `CancelledError`, `DeadlineExceededError`, `CorruptRecordError` (the stored bytes are no item; they are left
 * as they are), and `InvalidArgumentError` for a bad argument, which it names.
 *
 * @example
 * ```ts
 * const inventory = new InventoryManager(store);
 * await inventory.createItem('SKU-12345', 100);
 * const reservationId = await inventory.reserve('SKU-12345', 2, { id: 'order-17' });
 * await inventory.commit(reservationId);
 * ```
 */
declare class InventoryManager {
    #private;
    /** @throws UnsupportedError if the store does not guarantee what stock needs. */
    constructor(client: KvStore, options?: InventoryOptions);
    /**
     * Makes an item. One that exists is not touched, unless `upsert` asks for it.
     *
     * @throws ItemConflictError if it exists; with `upsert`, if it is split or has more than that reserved.
     */
    createItem(sku: string, initialQuantity: number, options?: CreateItemOptions): Promise<void>;
    /**
     * Sets units aside. Returns the id to commit or release them with.
     *
     * @throws InsufficientStockError if there are too few; it says how many are needed and how many there are.
     * @throws ItemNotFoundError if there is no such item.
     * @throws ReservationResolvedError if the `id` was used for a reservation that has ended.
     * @throws OperationIdReusedError if the `id` was used for another quantity.
     * @throws TooManyReservationsError if the record holds as many as it may.
     */
    reserve(sku: string, quantity: number, options?: ReserveOptions): Promise<string>;
    /** Like {@link reserve}, but too few units are an answer. */
    tryReserve(sku: string, quantity: number, options?: ReserveOptions): Promise<ReserveResult>;
    /**
     * Sets the units of all lines aside, or none. Lines of one SKU are added up first.
     *
     * The lines are reserved one after the other; if the process dies in between, what it holds ends with its
     * time. All lines get the same `id`, and an id is decided once: repeating a held order finds it, repeating one
     * that has ended throws `ReservationResolvedError`, `committed` once a line was sold. A new try needs a new id.
     *
     * @throws what {@link reserve} throws. What was held is given back; with an `id` it stays for the repetition.
     */
    reserveAll(lines: readonly OrderLine[], options?: ReserveAllOptions): Promise<readonly HeldUnits[]>;
    /** Like {@link reserveAll}, but too few units are an answer. */
    tryReserveAll(lines: readonly OrderLine[], options?: ReserveAllOptions): Promise<ReserveAllResult>;
    /**
     * Sells the reserved units, or `quantity` of them and gives the rest back. Repeating it answers the same, `repeated`.
     *
     * @throws ReservationResolvedError if it was released, has expired or was committed with another quantity.
     * @throws ReservationNotFoundError if it is not known, or is forgotten.
     */
    commit(reservationId: string, options?: CommitOptions): Promise<Resolution>;
    /**
     * Gives the reserved units back. Repeating it, or releasing what has expired, answers how it ended, with `repeated`.
     *
     * @throws ReservationResolvedError if it was committed. The units are sold and stay so.
     * @throws ReservationNotFoundError if it is not known, or is forgotten.
     */
    release(reservationId: string, options?: CallOptions): Promise<Resolution>;
    /**
     * Lets a live reservation last at least `ttlMs` from now. Returns when it expires.
     *
     * @throws ReservationResolvedError if it has ended.
     * @throws ReservationNotFoundError if it is not known, or is forgotten.
     */
    extend(reservationId: string, ttlMs: number, options?: CallOptions): Promise<number>;
    /**
     * Changes what is on hand by a number of units, for any reason but a sale.
     *
     * @throws InsufficientStockError if that would take what is reserved or has to stay.
     * @throws ItemNotFoundError if there is no such item.
     * @throws OperationIdReusedError if the `opId` was used for another change.
     */
    adjust(sku: string, delta: number, options?: AdjustOptions): Promise<void>;
    /** Adds units: {@link adjust} for deliveries. */
    restock(sku: string, quantity: number, options?: AdjustOptions): Promise<void>;
    /**
     * Units on hand that nobody has reserved.
     *
     * @throws ItemNotFoundError if there is no such item.
     */
    getAvailable(sku: string, options?: ItemOptions): Promise<number>;
    /**
     * All there is to know about an item. One round trip, and one more if the SKU is split.
     *
     * @throws ItemNotFoundError if there is no such item.
     */
    get(sku: string, options?: ItemOptions): Promise<ItemView>;
    /**
     * Spreads a hot SKU over several records, 2 to 64, once and for good. Each process then reserves in a bucket
     * of its own choice; one that runs dry is filled from the others, down to the last unit.
     *
     * @throws ItemNotFoundError if there is no such item.
     * @throws ItemConflictError if it is split into another number.
     */
    split(sku: string, buckets: number, options?: ItemOptions): Promise<void>;
    /**
     * Ends what time has ended. Never needed: every write does the same. Returns how many units that gave back.
     *
     * @throws ItemNotFoundError if there is no such item.
     */
    sweep(sku: string, options?: ItemOptions): Promise<number>;
    /**
     * Removes an item and its reservations. True if it existed. Created again, it takes an order number it sold under for a
     * new one: to sell it again, `adjust` it to 0. It still knows `opId`s of `adjust` if that is within `tombstoneTtlMs`.
     *
     * @throws ItemConflictError if it has live reservations and `force` is not set, or is split.
     */
    removeItem(sku: string, options?: RemoveItemOptions): Promise<boolean>;
}

export { type AdjustOptions, type AuditEntry, type CallOptions, type CommitOptions, type CreateItemOptions, type FinalStatus, type HeldUnits, InsufficientStockError, type InsufficientStockFacts, InventoryManager, type InventoryOptions, ItemConflictError, type ItemFacts, ItemNotFoundError, type ItemOptions, type ItemView, type LiveReservation, type OrderLine, type RemoveItemOptions, ReservationNotFoundError, ReservationResolvedError, type ReservationResolvedFacts, type ReserveAllOptions, type ReserveAllResult, type ReserveOptions, type ReserveResult, type Resolution, type Shortage, TooManyReservationsError, reservationId };
