import {
  type Capabilities,
  type DeleteOptions,
  type DistanceFunction,
  type Entry,
  find,
  type GetOptions,
  type Key,
  type KvStore,
  keyToBytes,
  type PutOptions,
  stringToBytes,
  UnsupportedError,
  type Value,
  type VectorGetOptions,
  type VectorIndexType,
  type VectorSearchOptions,
  type VectorSearchResult,
  type VectorStore,
  type VectorWriteOptions,
  type Version,
} from '@norikv/store';
import { checkWriteOptions } from '@norikv/store/call-options';
import { checkText, refuse } from '@norikv/store/checks';
import { scopedError } from './scoped-errors.js';

/** A store with every call there is. */
export interface FullStore extends KvStore, VectorStore {
  /** Reads a key, or returns null. */
  find(key: Key, options?: GetOptions): Promise<Entry | null>;
}

const contractKeyBytes = 1_024;

/**
 * A part of a store that holds the keys behind one prefix, and cannot reach any other.
 *
 * It is made of calls to the store, not of the store's object: what is not written here does not exist. Every
 * key, idempotency key and vector namespace gets the prefix; answers and errors do not show it.
 *
 * @example
 * ```ts
 * const drafts = new ScopedStore(store, 'drafts/');
 * await drafts.put('7', 'text');  // writes drafts/7
 * ```
 */
export class ScopedStore implements FullStore {
  readonly capabilities: Capabilities | undefined;
  readonly #store: KvStore & Partial<VectorStore>;
  readonly #prefix: string;
  readonly #prefixBytes: Uint8Array;
  readonly #limits: { readonly maxKeyBytes: number; readonly maxValueBytes: number };

  /**
   * @param prefix - must be the beginning of no other prefix in use, nor of any key outside.
   * @throws InvalidArgumentError if it is empty, not well-formed Unicode, or leaves no room for a key.
   */
  constructor(store: KvStore & Partial<VectorStore>, prefix: string) {
    const { capabilities } = store;
    const longestKey = capabilities?.maxKeyBytes ?? contractKeyBytes;
    checkText('prefix', prefix, longestKey - 1);
    this.#store = store;
    this.#prefix = prefix;
    this.#prefixBytes = stringToBytes(prefix);
    const maxKeyBytes = longestKey - this.#prefixBytes.length;
    this.#limits = { maxKeyBytes, maxValueBytes: 0 };
    const vector = typeof store.vectorSearch === 'function' && capabilities?.vector === true;
    this.capabilities = capabilities && { ...capabilities, maxKeyBytes, vector };
  }

  async get(key: Key, options?: GetOptions): Promise<Entry> {
    const physical = this.#key(key);
    return this.#scoped(key, () => this.#store.get(physical, options));
  }

  async find(key: Key, options?: GetOptions): Promise<Entry | null> {
    const physical = this.#key(key);
    return this.#scoped(key, () => find(this.#store, physical, options));
  }

  async put(key: Key, value: Value, options?: PutOptions): Promise<Version> {
    const physical = this.#key(key);
    return this.#scoped(key, () => this.#store.put(physical, value, this.#options(options)));
  }

  async delete(key: Key, options?: DeleteOptions): Promise<boolean> {
    const physical = this.#key(key);
    return this.#scoped(key, () => this.#store.delete(physical, this.#options(options)));
  }

  vectorCreateIndex(
    namespace: string,
    dimensions: number,
    distance: DistanceFunction,
    indexType?: VectorIndexType,
    options?: VectorWriteOptions,
  ): Promise<boolean> {
    return this.#vector('vectorCreateIndex', (store) =>
      store.vectorCreateIndex(
        this.#space(namespace),
        dimensions,
        distance,
        indexType,
        this.#options(options),
      ),
    );
  }

  vectorDropIndex(namespace: string, options?: VectorWriteOptions): Promise<boolean> {
    return this.#vector('vectorDropIndex', (store) =>
      store.vectorDropIndex(this.#space(namespace), this.#options(options)),
    );
  }

  vectorInsert(
    namespace: string,
    id: string,
    vector: readonly number[] | Float32Array,
    options?: VectorWriteOptions,
  ): Promise<Version> {
    return this.#vector('vectorInsert', (store) =>
      store.vectorInsert(this.#space(namespace), id, vector, this.#options(options)),
    );
  }

  vectorDelete(namespace: string, id: string, options?: VectorWriteOptions): Promise<boolean> {
    return this.#vector('vectorDelete', (store) =>
      store.vectorDelete(this.#space(namespace), id, this.#options(options)),
    );
  }

  vectorSearch(
    namespace: string,
    query: readonly number[] | Float32Array,
    k: number,
    options?: VectorSearchOptions,
  ): Promise<VectorSearchResult> {
    return this.#vector('vectorSearch', (store) =>
      store.vectorSearch(this.#space(namespace), query, k, options),
    );
  }

  vectorGet(namespace: string, id: string, options?: VectorGetOptions): Promise<number[] | null> {
    return this.#vector('vectorGet', (store) => store.vectorGet(this.#space(namespace), id, options));
  }

  async #vector<Result>(
    name: keyof VectorStore,
    send: (store: VectorStore) => Promise<Result>,
  ): Promise<Result> {
    if (!this.capabilities?.vector) throw new UnsupportedError(`${name}: the store serves no vectors`);
    return this.#scoped(undefined, () => send(this.#store as VectorStore));
  }

  async #scoped<Result>(key: Key | undefined, send: () => Promise<Result>): Promise<Result> {
    try {
      return await send();
    } catch (error) {
      throw scopedError(error, this.#prefix, key);
    }
  }

  /** Text stays text, so that a store's own messages can be read; it is its UTF-8 bytes either way. */
  #key(key: Key): Key {
    const bytes = keyToBytes(key, this.#limits);
    if (typeof key === 'string') return this.#prefix + key;
    const physical = new Uint8Array(this.#prefixBytes.length + bytes.length);
    physical.set(this.#prefixBytes);
    physical.set(bytes, this.#prefixBytes.length);
    return physical;
  }

  #space(namespace: string): string {
    if (typeof namespace !== 'string' || !namespace.isWellFormed()) {
      refuse('namespace', namespace, 'well-formed text');
    }
    return this.#prefix + namespace;
  }

  /** An empty idempotency key would pass for one behind the prefix. */
  #options<Options extends { readonly idempotencyKey?: string | undefined }>(
    options: Options | undefined,
  ): Options | undefined {
    if (options?.idempotencyKey === undefined) return options;
    checkWriteOptions({ idempotencyKey: options.idempotencyKey });
    return { ...options, idempotencyKey: this.#prefix + options.idempotencyKey };
  }
}
