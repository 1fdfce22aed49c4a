import { type CallOptions, type Clock, requireCapabilities, systemClock } from '@norikv/store';
import { checkWhole } from '@norikv/store/checks';
import { CallBudget } from './call-budget.js';
import { GhostList } from './ghost-list.js';
import { Ledger } from './ledger.js';
import { LimitedUpdater } from './limited-updater.js';
import { mapBounded } from './map-bounded.js';
import { type NearestOptions, type NearestResult, nearestRecords } from './nearest.js';
import { prepareSpace } from './prepare-space.js';
import { type Generation, recordTransitions, tombstoneMs } from './record-state.js';
import { RecordTable } from './record-table.js';
import { RecordWriter } from './record-writer.js';
import { type RepairOptions, type RepairReport, Repairs, type VerifyReport } from './repair.js';
import {
  type Candidate,
  hitsOf,
  type Look,
  type Selection,
  type SelectOptions,
  selectRecords,
  type VectorHit,
} from './select.js';
import { missingVector, StoredVectors } from './stored-vectors.js';
import { checkId } from './vector-id.js';
import type { VectorKvStore } from './vector-kv-store.js';
import type { VectorRecord } from './vector-record.js';
import type { VectorRecordsOptions } from './vector-records-options.js';
import { checkVector, type VectorSpace } from './vector-space.js';

/**
 * Records with vectors. The record is the truth, its vectors are derived from it: what a reader gets is always
 * one whole generation of one record, whatever crashes, races or is lost on the way.
 *
 * A write is: note it in the ledger, announce a generation in the record, insert its vectors, make it live by
 * one compare-and-swap, remove the vectors of the one before. Every step may be repeated, and what a crash
 * leaves behind is never shown and is ended by {@link VectorRecords.repair}.
 */
export class VectorRecords<T> {
  /** What searches met: the next repair of this process looks at it. */
  readonly ghosts: GhostList = new GhostList();
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #concurrency: number;
  readonly #updater: LimitedUpdater;
  readonly #writer: RecordWriter<T>;
  readonly #space: VectorSpace;
  readonly #table: RecordTable<T>;
  readonly #ledger: Ledger;
  readonly #vectors: StoredVectors;
  readonly #repairs: Repairs<T>;
  #isInitialized = false;

  /**
   * @param user - whose records they are, for the message where the store lacks a guarantee.
   * @throws InvalidArgumentError if an option is wrong.
   * @throws UnsupportedError if the store lacks a guarantee.
   */
  constructor(store: VectorKvStore, options: VectorRecordsOptions<T>, user = 'VectorRecords') {
    const { prefix, namespace, dimensions, fingerprint, distance = 'cosine', concurrency = 16 } = options;
    const needs = ['atomicCas', 'createIfAbsent', 'linearizableReads', 'vector'] as const;
    requireCapabilities(store, user, needs, options.unsafeAllowNonAtomicCas);
    checkWhole('concurrency', concurrency, 1);
    const { clock = systemClock, random = Math.random } = options;
    this.#prefix = prefix;
    this.#clock = clock;
    this.#concurrency = concurrency;
    this.#updater = new LimitedUpdater(store, { clock, random });
    const transitions = recordTransitions(store.capabilities?.ttl === 'none' ? undefined : tombstoneMs);
    this.#space = { namespace, dimensions, distance, fingerprint };
    this.#ledger = new Ledger(this.#updater, prefix);
    this.#vectors = new StoredVectors(store, this.#space, { concurrency, clock, random });
    this.#table = new RecordTable(store, this.#updater, options);
    const parts = { table: this.#table, ledger: this.#ledger, vectors: this.#vectors, transitions };
    this.#writer = new RecordWriter({ ...parts, clock });
    this.#repairs = new Repairs({ ...parts, ghosts: this.ghosts, concurrency });
  }

  /**
   * Creates the namespace, if there is none. What writes and searches does it if you do not; again does no harm.
   *
   * @throws ModelMismatchError when the vectors there are those of another model.
   * @throws InvalidArgumentError when the namespace holds the vectors of another prefix.
   */
  async initialize(options: CallOptions = {}): Promise<void> {
    return this.#initialize(this.budget(options));
  }

  /** What {@link put} would refuse, before vectors are made for it. */
  checkFits(id: string, data: T): void {
    checkId(id);
    this.#table.checkSize(id, data);
  }

  /** The limits of one call, for all the steps it consists of. */
  budget(options: CallOptions): CallBudget {
    return new CallBudget(options, this.#clock);
  }

  /**
   * Writes a record with its vectors, new or in place of the one there. Readers see the old one or the new
   * one, whole. Of writes that race, the one begun last stays.
   *
   * When it fails before the record is written, nothing is shown and `repair()` removes what is left. Once it
   * is written, the call succeeds; vectors it could not remove any more are left to `repair()`.
   *
   * @throws InvalidArgumentError if the id or a vector cannot be stored.
   * @throws RecordTooLargeError if the data is larger than the store accepts. Nothing was written.
   * @throws ContentionError when repairs and deletes fenced it again and again.
   * @throws OutcomeUnknownError when it cannot be known whether it was written. Writing again is safe.
   */
  async put(
    id: string,
    data: T,
    vectors: readonly Float32Array[],
    options: CallOptions = {},
  ): Promise<VectorRecord<T>> {
    this.checkFits(id, data);
    for (const vector of vectors) checkVector(vector, this.#space);
    const budget = this.budget(options);
    await this.#ready(budget);
    const written = await this.#writer.put(id, data, vectors, budget);
    return { id, data, ...written };
  }

  /** Reads a record, or null. One round trip. */
  async get(id: string, options: CallOptions = {}): Promise<VectorRecord<T> | null> {
    return this.#table.record(id, await this.#table.read(id, this.budget(options)));
  }

  /** Which generation of a record is live, or null; also where its data cannot be read. One round trip. */
  async generationOf(id: string, options: CallOptions = {}): Promise<Generation | null> {
    return (await this.#table.read(id, this.budget(options)))?.live ?? null;
  }

  /** Reads records, in the order of their ids, null where none can be read: one batch of parallel reads. */
  async getMany(ids: readonly string[], options: CallOptions = {}): Promise<(VectorRecord<T> | null)[]> {
    return this.#getMany(ids, this.budget(options));
  }

  /**
   * The vectors of a record, in the order they were given.
   *
   * @throws VectorMissingError when one is not there: the record was written or deleted since, or it is lost.
   */
  async vectorsOf(record: VectorRecord<T>, options: CallOptions = {}): Promise<Float32Array[]> {
    const { id } = record;
    const vectors = await this.#vectors.get(id, record, this.budget(options));
    return vectors.map((vector, part) => vector ?? missingVector(id, part));
  }

  /** Whether one vector of a record, picked at random, is in the store: true for a record without vectors. */
  hasVectors(record: VectorRecord<T>, options: CallOptions = {}): Promise<boolean> {
    return this.#vectors.hasAny(record.id, record, this.budget(options));
  }

  /**
   * Deletes a record and its vectors. True if there was one; once the record is gone the call succeeds, and
   * vectors it could not remove any more are never shown and left to `repair()`.
   *
   * @throws ContentionError when repairs and writes fenced it again and again.
   */
  async delete(id: string, options: CallOptions = {}): Promise<boolean> {
    checkId(id);
    return this.#writer.delete(id, this.budget(options));
  }

  /**
   * The records nearest to a vector, nearest first, each with its nearest part. It looks further, four times
   * as far each time, until `k` are found, all vectors have been seen, or `maxScan` of them.
   *
   * Usually one vector call and one batch of parallel reads.
   */
  async nearest(
    query: Float32Array,
    k: number,
    options: CallOptions & NearestOptions<T> = {},
  ): Promise<NearestResult<T>> {
    checkVector(query, this.#space);
    const budget = this.budget(options);
    await this.#ready(budget);
    return nearestRecords(k, options, {
      search: (count) => this.#vectors.search(query, count, budget),
      read: (ids) => this.#getMany(ids, budget),
      ghosts: this.ghosts,
    });
  }

  /** The vectors nearest to a query as the store has them, ghosts among them: food for {@link select}. */
  async hits(
    query: Float32Array,
    count: number,
    options: CallOptions = {},
  ): Promise<{ readonly hits: VectorHit[]; readonly isWhole: boolean }> {
    const budget = this.budget(options);
    await this.#ready(budget);
    const matches = await this.#vectors.search(query, count, budget);
    return { hits: hitsOf(matches), isWhole: matches.length < count };
  }

  /** Reads the records of candidates until the best `k` are known; see {@link nearest} for how far it looks. */
  select<C extends Candidate>(
    k: number,
    look: (count: number) => Promise<Look<C>>,
    options: CallOptions & SelectOptions<T> = {},
  ): Promise<Selection<T, C>> {
    const budget = this.budget(options);
    return selectRecords(k, look, options, {
      read: (ids) => this.#getMany(ids, budget),
      ghosts: this.ghosts,
    });
  }

  /** All ids, in no order. One whose write or delete is under way, or was cut off, may be among them. */
  async *ids(options: CallOptions = {}): AsyncGenerator<string> {
    yield* this.#ledger.ids(this.budget(options));
  }

  /**
   * Ends what crashes left: takes writers that have not finished for dead (one that is not begins again),
   * removes vectors nobody owns, and brings back vectors that are lost. Safe at any time and from anywhere.
   *
   * @throws CorruptRecordError once all others are looked at, if there is a record that cannot be read.
   */
  async repair(options: RepairOptions<T> = {}): Promise<RepairReport> {
    const budget = this.budget(options);
    await this.#ready(budget);
    return this.#repairs.repair(options, budget);
  }

  /** What {@link VectorRecords.repair} would find. Changes nothing; work that is under way is counted too. */
  async verify(options: CallOptions = {}): Promise<VerifyReport> {
    return this.#repairs.verify(this.budget(options));
  }

  async #ready(budget: CallBudget): Promise<void> {
    if (!this.#isInitialized) await this.#initialize(budget);
  }

  async #initialize(budget: CallBudget): Promise<void> {
    await prepareSpace(this.#updater, this.#prefix, this.#space, this.#vectors, budget);
    this.#isInitialized = true;
  }

  #getMany(ids: readonly string[], budget: CallBudget): Promise<(VectorRecord<T> | null)[]> {
    return mapBounded(ids, this.#concurrency, (id) => this.#table.readable(id, budget));
  }
}
