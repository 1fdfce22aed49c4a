import type { KvStore } from '@norikv/store';
import { checkObject, checkOneOf, checkText, checkWhole } from '@norikv/store/checks';
import { otherBuckets } from './buckets.js';
import { hold, onHold } from './hold.js';
import { adjust, create, removeItem, type Swept, split, sweep } from './item.js';
import { tokenOf } from './names.js';
import type {
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
import { take } from './rebalance.js';
import { accepted, shortageError } from './refusals.js';
import { type Holder, reserveInTurn } from './reserve-all.js';
import { commit, extend, type Resolution, release } from './resolve.js';
import type { HeldUnits, ItemView, OrderLine, ReserveAllResult, ReserveResult } from './results.js';
import {
  checkedOptions,
  checkTtl,
  longestNoteBytes,
  mostBuckets,
  mostUnits,
  named,
  type Settings,
  settingsOf,
} from './settings.js';
import { StockRecords } from './stock-records.js';
import { tallyOf } from './tally.js';
import { viewOf } from './view.js';

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
export class InventoryManager {
  readonly #settings: Settings;
  readonly #records: StockRecords;

  /** @throws UnsupportedError if the store does not guarantee what stock needs. */
  constructor(client: KvStore, options: InventoryOptions = {}) {
    this.#settings = settingsOf(client, options);
    this.#records = new StockRecords(client, this.#settings);
  }

  /**
   * Makes an item. One that exists is not touched, unless `upsert` asks for it.
   *
   * @throws ItemConflictError if it exists; with `upsert`, if it is split or has more than that reserved.
   */
  async createItem(sku: string, initialQuantity: number, options: CreateItemOptions = {}): Promise<void> {
    const { name, minAvailable, upsert = false, ...limits } = named(sku, options, 'minAvailable', 'upsert');
    checkWhole('initialQuantity', initialQuantity, 0, mostUnits);
    if (minAvailable !== undefined) checkWhole('minAvailable', minAvailable, -mostUnits, mostUnits);
    checkOneOf('upsert', upsert, [true, false]);
    const item = { quantity: initialQuantity, minAvailable, upsert };
    accepted(await this.#records.update(name, 0, create(item, this.#settings.rules), limits), name);
  }

  /**
   * Sets units aside. Returns the id to commit or release them with.
   *
   * @throws InsufficientStockError if there are too few; it says how many are needed and how many there are.
   * @throws ItemNotFoundError if there is no such item.
   * @throws ReservationResolvedError if the `id` was used for a reservation that has ended.
   * @throws OperationIdReusedError if the `id` was used for another quantity.
   * @throws TooManyReservationsError if the record holds as many as it may.
   */
  async reserve(sku: string, quantity: number, options?: ReserveOptions): Promise<string> {
    const result = await this.tryReserve(sku, quantity, options);
    if (!result.ok) throw shortageError(result);
    return result.reservationId;
  }

  /** Like {@link reserve}, but too few units are an answer. */
  async tryReserve(sku: string, quantity: number, options: ReserveOptions = {}): Promise<ReserveResult> {
    checkWhole('quantity', quantity, 1, mostUnits);
    const { name, ...order } = named(sku, options, 'id', 'ttlMs');
    return this.#holder(order)(name, quantity);
  }

  /**
   * Sets the units of all lines aside, or none. Lines of one SKU are added up first.
   *
   * The lines are reserved one after the other; if the process dies in between, what it holds ends with its
   * time. All lines get the same `id`, and an id is decided once: repeating a held order finds it, repeating one
   * that has ended throws `ReservationResolvedError`, `committed` once a line was sold. A new try needs a new id.
   *
   * @throws what {@link reserve} throws. What was held is given back; with an `id` it stays for the repetition.
   */
  async reserveAll(lines: readonly OrderLine[], options?: ReserveAllOptions): Promise<readonly HeldUnits[]> {
    const result = await this.tryReserveAll(lines, options);
    if (!result.ok) throw shortageError(result);
    return result.lines;
  }

  /** Like {@link reserveAll}, but too few units are an answer. */
  async tryReserveAll(lines: readonly OrderLine[], options?: ReserveAllOptions): Promise<ReserveAllResult> {
    const order = checkedOptions<ReserveAllOptions>(options ?? {}, 'id', 'ttlMs');
    return reserveInTurn(this.#records, lines, this.#holder(order, order.id !== undefined), order);
  }

  /**
   * Sells the reserved units, or `quantity` of them and gives the rest back. Repeating it answers the same, `repeated`.
   *
   * @throws ReservationResolvedError if it was released, has expired or was committed with another quantity.
   * @throws ReservationNotFoundError if it is not known, or is forgotten.
   */
  async commit(reservationId: string, options: CommitOptions = {}): Promise<Resolution> {
    const { quantity, ...limits } = checkedOptions(options, 'quantity');
    if (quantity !== undefined) checkWhole('quantity', quantity, 1, mostUnits);
    return onHold(this.#records, reservationId, (token) => commit(token, quantity), limits, quantity);
  }

  /**
   * Gives the reserved units back. Repeating it, or releasing what has expired, answers how it ended, with `repeated`.
   *
   * @throws ReservationResolvedError if it was committed. The units are sold and stay so.
   * @throws ReservationNotFoundError if it is not known, or is forgotten.
   */
  async release(reservationId: string, options: CallOptions = {}): Promise<Resolution> {
    return onHold(this.#records, reservationId, release, checkedOptions(options));
  }

  /**
   * Lets a live reservation last at least `ttlMs` from now. Returns when it expires.
   *
   * @throws ReservationResolvedError if it has ended.
   * @throws ReservationNotFoundError if it is not known, or is forgotten.
   */
  async extend(reservationId: string, ttlMs: number, options: CallOptions = {}): Promise<number> {
    checkTtl(ttlMs);
    return onHold(this.#records, reservationId, (token) => extend(token, ttlMs), checkedOptions(options));
  }

  /**
   * Changes what is on hand by a number of units, for any reason but a sale.
   *
   * @throws InsufficientStockError if that would take what is reserved or has to stay.
   * @throws ItemNotFoundError if there is no such item.
   * @throws OperationIdReusedError if the `opId` was used for another change.
   */
  async adjust(sku: string, delta: number, options: AdjustOptions = {}): Promise<void> {
    const { name, reason = 'adjusted', ref, opId, ...limits } = named(sku, options, 'reason', 'ref', 'opId');
    checkWhole('delta', delta, -mostUnits, mostUnits);
    checkText('reason', reason, longestNoteBytes);
    if (ref !== undefined) checkText('ref', ref, longestNoteBytes);
    const token = opId === undefined ? undefined : tokenOf('opId', opId);
    const write = { ...limits, opId: token, fingerprint: `adjust:${delta}` };
    const taking = { name, bucket: 0, need: -delta, step: adjust({ delta, reason, ref }), options: write };
    accepted(await take(this.#records, taking), name, -delta);
  }

  /** Adds units: {@link adjust} for deliveries. */
  async restock(sku: string, quantity: number, options: AdjustOptions = {}): Promise<void> {
    checkWhole('quantity', quantity, 1, mostUnits);
    const { reason = 'restock', ...others } = checkObject('options', options);
    await this.adjust(sku, quantity, { ...others, reason });
  }

  /**
   * Units on hand that nobody has reserved.
   *
   * @throws ItemNotFoundError if there is no such item.
   */
  async getAvailable(sku: string, options: ItemOptions = {}): Promise<number> {
    const { name, ...limits } = named(sku, options);
    return tallyOf(await this.#records.read(name, limits)).available;
  }

  /**
   * All there is to know about an item. One round trip, and one more if the SKU is split.
   *
   * @throws ItemNotFoundError if there is no such item.
   */
  async get(sku: string, options: ItemOptions = {}): Promise<ItemView> {
    const { name, ...limits } = named(sku, options);
    return viewOf(name, await this.#records.read(name, limits));
  }

  /**
   * Spreads a hot SKU over several records, 2 to 64, once and for good. Each process then reserves in a bucket
   * of its own choice; one that runs dry is filled from the others, down to the last unit.
   *
   * @throws ItemNotFoundError if there is no such item.
   * @throws ItemConflictError if it is split into another number.
   */
  async split(sku: string, buckets: number, options: ItemOptions = {}): Promise<void> {
    const { name, ...limits } = named(sku, options);
    checkWhole('buckets', buckets, 2, mostBuckets);
    await this.#records.read(name, limits);
    await this.#records.addBuckets(name, buckets, limits);
    accepted(await this.#records.step(name, 0, split(buckets), limits), name);
    this.#records.learn(name, buckets);
  }

  /**
   * Ends what time has ended. Never needed: every write does the same. Returns how many units that gave back.
   *
   * @throws ItemNotFoundError if there is no such item.
   */
  async sweep(sku: string, options: ItemOptions = {}): Promise<number> {
    const { name, ...limits } = named(sku, options);
    const sweepBucket = async (bucket: number): Promise<Swept> =>
      accepted(await this.#records.update(name, bucket, sweep(this.#settings.rules), limits), name);
    const first = await sweepBucket(0);
    const others = await Promise.all(otherBuckets(first.buckets).map(sweepBucket));
    return others.reduce((sum, { units }) => sum + units, first.units);
  }

  /**
   * Removes an item and its reservations. True if it existed. Created again, it takes an order number it sold under for a
   * new one: to sell it again, `adjust` it to 0. It still knows `opId`s of `adjust` if that is within `tombstoneTtlMs`.
   *
   * @throws ItemConflictError if it has live reservations and `force` is not set, or is split.
   */
  async removeItem(sku: string, options: RemoveItemOptions = {}): Promise<boolean> {
    const { name, force = false, ...limits } = named(sku, options, 'force');
    checkOneOf('force', force, [true, false]);
    const transition = removeItem(force, this.#settings.rules);
    return accepted(await this.#records.update(name, 0, transition, limits), name);
  }

  #holder(options: ReserveAllOptions, isDecidedOnce = false): Holder {
    const { id = this.#settings.newId(), ttlMs = this.#settings.ttlMs, ...limits } = options;
    checkTtl(ttlMs);
    const wish = { token: tokenOf('id', id), isChosen: options.id !== undefined, isDecidedOnce, ttlMs };
    return (name, quantity) => hold(this.#records, this.#settings.rules, { ...wish, name, quantity }, limits);
  }
}
