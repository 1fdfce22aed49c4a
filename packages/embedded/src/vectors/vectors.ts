import type {
  DistanceFunction,
  VectorGetOptions,
  VectorIndexType,
  VectorSearchResult,
  VectorStore,
  VectorWriteOptions,
  Version,
} from '@norikv/store';
import { searchNames, vectorWriteNames } from '@norikv/store/call-options';
import { checkGetOptions, checkWriteOptions } from '../call-options.js';
import type { EmbeddedStore } from '../embedded-store.js';
import { overheadBytes } from '../pending-write.js';
import type { FilteredSearchOptions, InsertManyOptions, VectorItem, VectorStats } from '../vector-options.js';
import { committed, type WriteTransaction } from '../write-transaction.js';
import { type CheckedItem, checkedItems, insertMany } from './insert-many.js';
import { Pacer } from './pacer.js';
import { type RepeatableCall, repeatableOf } from './repeatable-call.js';
import { Searcher } from './searcher.js';
import { Storage } from './storage.js';
import {
  checkCount,
  checkFits,
  checkId,
  checkNamespace,
  checkSearchOptions,
  checkShape,
} from './vector-checks.js';
import type { VectorHost } from './vector-host.js';
import { statsOf } from './vector-stats.js';

const filteredSearchNames = [...searchNames, 'filter'];

/** The vector calls of a store: checks their arguments and hands them on. Vectors have been checked and copied before. */
export class Vectors implements Pick<EmbeddedStore, keyof VectorStore | 'vectorInsertMany'> {
  readonly #host: VectorHost;
  readonly #storage: Storage;
  readonly #pacer = new Pacer();
  readonly #searcher: Searcher;

  constructor(host: VectorHost) {
    this.#host = host;
    this.#storage = new Storage(host);
    this.#searcher = new Searcher(host, this.#pacer);
  }

  async vectorCreateIndex(
    namespace: string,
    dimensions: number,
    distance: DistanceFunction,
    indexType: VectorIndexType = 'brute_force',
    options: VectorWriteOptions = {},
  ): Promise<boolean> {
    checkNamespace(namespace);
    checkShape(dimensions, distance, indexType);
    checkWriteOptions(options, namespace, vectorWriteNames);
    const { spaces, left } = await this.#storage.made(options, namespace);
    return this.#change(['vector create', namespace, '', left], (transaction) => {
      if (spaces.find(transaction, namespace)) return false;
      spaces.create(transaction, namespace, { dimensions, distance, indexType });
      return true;
    });
  }

  async vectorDropIndex(namespace: string, options: VectorWriteOptions = {}): Promise<boolean> {
    checkNamespace(namespace);
    checkWriteOptions(options, namespace, vectorWriteNames);
    const { spaces, left } = await this.#storage.made(options, namespace);
    const dropped = await this.#change(['vector drop', namespace, '', left], (transaction) => {
      const space = spaces.find(transaction, namespace);
      if (space) spaces.drop(transaction, namespace, space);
      return space !== undefined;
    });
    if (dropped) this.#searcher.forgetDropped(namespace);
    this.#storage.clean();
    return dropped;
  }

  async vectorInsert(
    namespace: string,
    id: string,
    numbers: Float32Array,
    options: VectorWriteOptions = {},
  ): Promise<Version> {
    checkNamespace(namespace);
    checkId(id);
    checkWriteOptions(options, id, vectorWriteNames);
    const { spaces, vectors, left } = await this.#storage.of(namespace, options);
    const repeatable = repeatableOf(['vector insert', namespace, id, options]);
    const insert = (transaction: WriteTransaction): Version => {
      const space = spaces.get(transaction, namespace);
      checkFits('vector', numbers, namespace, space);
      return vectors.put(transaction, space, id, numbers);
    };
    return this.#host.write({
      work: (transaction) =>
        this.#host.memory.versionOnce(transaction, repeatable, () => insert(transaction)),
      bytes: overheadBytes + numbers.byteLength,
      options: left,
      key: id,
    });
  }

  async vectorInsertMany(
    namespace: string,
    items: Iterable<VectorItem>,
    options: InsertManyOptions = {},
  ): Promise<Version[]> {
    checkNamespace(namespace);
    checkWriteOptions(options, namespace, ['signal', 'timeoutMs']);
    const startMs = this.#host.clock.monotonic();
    const tables = await this.#storage.of(namespace, options);
    const space = this.#host.read(() => tables.spaces.get(committed, namespace));
    const checkFit = ({ name, vector }: CheckedItem): void => checkFits(name, vector, namespace, space);
    const checked = await checkedItems(items, checkFit, this.#pacer);
    return insertMany(this.#host, tables, { namespace, items: checked, options, startMs });
  }

  async vectorDelete(namespace: string, id: string, options: VectorWriteOptions = {}): Promise<boolean> {
    checkNamespace(namespace);
    checkId(id);
    checkWriteOptions(options, id, vectorWriteNames);
    const { spaces, vectors, left } = await this.#storage.of(namespace, options);
    return this.#change(['vector delete', namespace, id, left], (transaction) =>
      vectors.remove(transaction, spaces.get(transaction, namespace), id),
    );
  }

  async vectorSearch(
    namespace: string,
    query: Float32Array,
    k: number,
    options: FilteredSearchOptions = {},
  ): Promise<VectorSearchResult> {
    checkNamespace(namespace);
    checkCount(k);
    checkGetOptions(options, namespace, filteredSearchNames);
    checkSearchOptions(options);
    const tables = await this.#storage.of(namespace, options);
    return this.#searcher.search(tables, { namespace, k, options: tables.left, query });
  }

  async vectorGet(namespace: string, id: string, options: VectorGetOptions = {}): Promise<number[] | null> {
    checkNamespace(namespace);
    checkId(id);
    checkGetOptions(options, id);
    const { spaces, vectors } = await this.#storage.of(namespace, options);
    if (this.#pacer.isDue()) await this.#pacer.rest();
    const stored = this.#host.read(() => vectors.get(committed, spaces.get(committed, namespace), id));
    return stored ? Array.from(stored.vector) : null;
  }

  async stats(): Promise<VectorStats> {
    const tables = await this.#storage.found();
    if (this.#pacer.isDue()) await this.#pacer.rest();
    return this.#host.read(() => statsOf(tables, (named) => this.#searcher.searched(named)));
  }

  /** Lets go of the memory of namespaces that other processes have dropped. */
  forgetDropped(): void {
    this.#searcher.forgetAllDropped();
  }

  /** Resolves when the work in the background has ended. */
  async close(): Promise<void> {
    await this.#searcher.close();
    await this.#storage.close();
  }

  #change(call: RepeatableCall, apply: (transaction: WriteTransaction) => boolean): Promise<boolean> {
    const [, namespace, id, options] = call;
    const repeatable = repeatableOf(call);
    return this.#host.write({
      work: (transaction) => this.#host.memory.answerOnce(transaction, repeatable, () => apply(transaction)),
      bytes: overheadBytes,
      options,
      key: id || namespace,
    });
  }
}
