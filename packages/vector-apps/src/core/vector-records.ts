import { createUpdater, type Updater } from '@norikv/cas-retry';
import {
  type CallOptions,
  type Clock,
  InvalidArgumentError,
  requireCapabilities,
  systemClock,
} from '@norikv/store';
import { VectorMissingError } from '../errors.js';
import { CallBudget } from './call-budget.js';
import { GhostList } from './ghost-list.js';
import { Ledger } from './ledger.js';
import { mapBounded } from './map-bounded.js';
import { type NearestOptions, type NearestResult, nearestRecords } from './nearest.js';
import { recordTransitions, tombstoneMs } from './record-state.js';
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
import { StoredVectors } from './stored-vectors.js';
import { checkId } from './vector-id.js';
import type { VectorKvStore } from './vector-kv-store.js';
import type { VectorRecord } from './vector-record.js';
import type { VectorRecordsOptions } from './vector-records-options.js';
import { checkVector, claimSpace, type VectorSpace } from './vector-space.js';

/**
 * Records with vectors. The record is the truth, its vectors are derived from it: what a reader gets is always
 * one whole generation of one record, whatever crashes, races or is lost on the way.
 *
 * A write is: note it in the ledger, announce a generation in the record, insert its vectors, make it live by
 * one compare-and-swap, remove the vectors of the one before. Every step may be repeated, and what a crash
 * leaves behind is never shown and is ended by {@link VectorRecords.repair}.
 */
export class VectorRecords<T> {
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #concurrency: number;
  readonly #updater: Updater;
  readonly #writer: RecordWriter<T>;
  readonly #space: VectorSpace;
  readonly #table: RecordTable<T>;
  readonly #ledger: Ledger;
  readonly #vectors: StoredVectors;
  readonly #ghosts: GhostList = new GhostList();
  readonly #repairs: Repairs<T>;

  /**
   * @throws InvalidArgumentError if an option is wrong.
   * @throws UnsupportedError if the store lacks a guarantee.
   */
  constructor(store: VectorKvStore, options: VectorRecordsOptions<T>) {
    const { prefix, namespace, dimensions, fingerprint, distance = 'cosine', concurrency = 16 } = options;
    const needs = ['atomicCas', 'createIfAbsent', 'linearizableReads', 'vector'] as const;
    requireCapabilities(store, 'VectorRecords', needs, options.unsafeAllowNonAtomicCas);
    if (!Number.isInteger(concurrency) || concurrency < 1) {
      throw new InvalidArgumentError(`concurrency is ${concurrency}; use a whole number, at least 1`);
    }
    const { clock = systemClock, random = Math.random } = options;
    this.#prefix = prefix;
    this.#clock = clock;
    this.#concurrency = concurrency;
    this.#updater = createUpdater(store, { clock, random });
    const transitions = recordTransitions(store.capabilities?.ttl === 'none' ? undefined : tombstoneMs);
    this.#space = { namespace, dimensions, distance, fingerprint };
    this.#ledger = new Ledger(this.#updater, prefix);
    this.#vectors = new StoredVectors(store, this.#space, concurrency, clock, random);
    this.#table = new RecordTable(store, this.#updater, this.#vectors, options);
    const parts = { table: this.#table, ledger: this.#ledger, vectors: this.#vectors, transitions };
    this.#writer = new RecordWriter({ ...parts, clock });
    this.#repairs = new Repairs({ ...parts, ghosts: this.#ghosts, concurrency });
  }

  /**
   * Creates the namespace, if there is none. Call it once before anything else; again does no harm.
   *
   * @throws ModelMismatchError when the vectors there are those of another model.
   */
  async initialize(options: CallOptions = {}): Promise<void> {
    const budget = new CallBudget(options, this.#clock);
    await claimSpace(this.#updater, `${this.#prefix}meta`, this.#space, budget);
    await this.#vectors.createNamespace(budget);
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
    checkId(id);
    for (const vector of vectors) checkVector(vector, this.#space);
    this.#table.checkSize(id, data);
    const written = await this.#writer.put(id, data, vectors, new CallBudget(options, this.#clock));
    return { id, data, ...written };
  }

  /** Reads a record, or null. One round trip. */
  async get(id: string, options: CallOptions = {}): Promise<VectorRecord<T> | null> {
    return this.#table.record(id, await this.#table.read(id, new CallBudget(options, this.#clock)));
  }

  /** Reads records, in the order of their ids: one batch of parallel reads. */
  async getMany(ids: readonly string[], options: CallOptions = {}): Promise<(VectorRecord<T> | null)[]> {
    return this.#getMany(ids, new CallBudget(options, this.#clock));
  }

  /**
   * The vectors of a record, in the order they were given.
   *
   * @throws VectorMissingError when one is not there: the record was written or deleted since, or it is lost.
   */
  async vectorsOf(record: VectorRecord<T>, options: CallOptions = {}): Promise<Float32Array[]> {
    const vectors = await this.#vectors.get(record.id, record, new CallBudget(options, this.#clock));
    return vectors.map((vector, part) => {
      if (vector) return vector;
      throw new VectorMissingError(
        `Vector ${part} of ${JSON.stringify(record.id)} is not there; read the record again, or run repair()`,
      );
    });
  }

  /** Whether one vector of a record, picked at random, is in the store: true for a record without vectors. */
  hasVectors(record: VectorRecord<T>, options: CallOptions = {}): Promise<boolean> {
    return this.#vectors.hasAny(record.id, record, new CallBudget(options, this.#clock));
  }

  /**
   * Deletes a record and its vectors. True if there was one; once the record is gone the call succeeds, and
   * vectors it could not remove any more are never shown and left to `repair()`.
   */
  async delete(id: string, options: CallOptions = {}): Promise<boolean> {
    checkId(id);
    return this.#writer.delete(id, new CallBudget(options, this.#clock));
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
    const budget = new CallBudget(options, this.#clock);
    return nearestRecords(k, options, {
      search: (count) => this.#vectors.search(query, count, budget),
      read: (ids) => this.#getMany(ids, budget),
      ghosts: this.#ghosts,
    });
  }

  /** The vectors nearest to a query as the store has them, ghosts among them: food for {@link select}. */
  async hits(
    query: Float32Array,
    count: number,
    options: CallOptions = {},
  ): Promise<{ readonly hits: VectorHit[]; readonly isWhole: boolean }> {
    checkVector(query, this.#space);
    const matches = await this.#vectors.search(query, count, new CallBudget(options, this.#clock));
    return { hits: hitsOf(matches), isWhole: matches.length < count };
  }

  /** Reads the records of candidates until the best `k` are known; see {@link nearest} for how far it looks. */
  select<C extends Candidate>(
    k: number,
    look: (count: number) => Promise<Look<C>>,
    options: CallOptions & SelectOptions<T> = {},
  ): Promise<Selection<T, C>> {
    const budget = new CallBudget(options, this.#clock);
    return selectRecords(k, look, options, {
      read: (ids) => this.#getMany(ids, budget),
      ghosts: this.#ghosts,
    });
  }

  /** All ids, in no order. One whose write or delete is under way, or was cut off, may be among them. */
  async *ids(options: CallOptions = {}): AsyncGenerator<string> {
    for await (const entries of this.#ledger.shards(new CallBudget(options, this.#clock))) {
      yield* entries.keys();
    }
  }

  /**
   * Ends what crashes left: takes writers that have not finished for dead (one that is not begins again),
   * removes vectors nobody owns, and brings back vectors that are lost. Safe at any time and from anywhere.
   */
  repair(options: RepairOptions<T> = {}): Promise<RepairReport> {
    return this.#repairs.repair(options, new CallBudget(options, this.#clock));
  }

  /** What {@link VectorRecords.repair} would find. Changes nothing; work that is under way is counted too. */
  verify(options: CallOptions = {}): Promise<VerifyReport> {
    return this.#repairs.verify(new CallBudget(options, this.#clock));
  }

  #getMany(ids: readonly string[], budget: CallBudget): Promise<(VectorRecord<T> | null)[]> {
    return mapBounded(ids, this.#concurrency, async (id) =>
      this.#table.record(id, await this.#table.read(id, budget)),
    );
  }
}
