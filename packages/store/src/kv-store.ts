import type { Capabilities } from './capabilities.js';
import type { Version } from './version.js';

/** A key: 1 to 1,024 bytes; a string stands for its UTF-8 bytes. Unicode forms are not normalised. */
export type Key = string | Uint8Array;

/** A value: up to 1 MiB; a string stands for its UTF-8 bytes. An empty value exists. */
export type Value = string | Uint8Array;

/**
 * How fresh a read must be. `lease` and `linearizable` see every write acknowledged before the call. `stale_ok` may miss
 * the latest ones, and is cheaper where a store has members.
 */
export type Consistency = 'lease' | 'linearizable' | 'stale_ok';

/** Limits on one call. */
export interface CallOptions {
  /** Ends the call early. A write that may have left is then unknown, see `Outcome`. */
  readonly signal?: AbortSignal | undefined;
  /** Total time for the call in milliseconds, retries inside the engine included. Default: what its object has, if any. */
  readonly timeoutMs?: number | undefined;
}

/** Options of {@link KvStore.get}. */
export interface GetOptions extends CallOptions {
  /** Default `linearizable`, as far as the store declares `linearizableReads`. */
  readonly consistency?: Consistency | undefined;
}

/** Options of {@link KvStore.put}. `ifNotExists` and `ifMatchVersion` exclude each other. */
export interface PutOptions extends CallOptions {
  /** Time to live in whole milliseconds. Without it a key lives until deleted, also when it had one before. */
  readonly ttlMs?: number | undefined;
  /** A repeated put with the same id, key and operation returns the first one's version and writes nothing. */
  readonly idempotencyKey?: string | undefined;
  /** Writes only if the key is absent, else throws `AlreadyExistsError`. */
  readonly ifNotExists?: boolean | undefined;
  /** Writes only if the key has this version, else throws `VersionMismatchError`. */
  readonly ifMatchVersion?: Version | null | undefined;
}

/** Options of {@link KvStore.delete}. */
export interface DeleteOptions extends CallOptions {
  /** A repeated delete with the same id, key and operation returns the first one's answer. */
  readonly idempotencyKey?: string | undefined;
  /** Deletes only if the key has this version, else throws `VersionMismatchError`. */
  readonly ifMatchVersion?: Version | null | undefined;
}

/** What a key holds. The bytes belong to the caller: changing them changes nothing in the store. */
export interface Entry {
  readonly value: Uint8Array;
  readonly version: Version;
}

/** The public documentation's name for {@link Entry}. */
export type GetResult = Entry;

/**
 * A versioned key-value store: the whole ground a pattern may stand on.
 *
 * There is no scan, no watch and no transaction over several keys.
 */
export interface KvStore {
  /** What this store guarantees. Absent means: assume nothing. */
  readonly capabilities?: Capabilities | undefined;
  /** Reads a key, or throws `KeyNotFoundError`. */
  get(key: Key, options?: GetOptions): Promise<Entry>;
  /** Reads a key, or returns null. Use the function `find`, which also serves stores without this method. */
  find?(key: Key, options?: GetOptions): Promise<Entry | null>;
  /** Writes a key and returns the version of this write. */
  put(key: Key, value: Value, options?: PutOptions): Promise<Version>;
  /** Deletes a key. True if it existed. */
  delete(key: Key, options?: DeleteOptions): Promise<boolean>;
}
