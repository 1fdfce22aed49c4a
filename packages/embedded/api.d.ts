import { DistanceFunction, VectorIndexType, VectorSearchOptions, CallOptions, KvStore, VectorStore, Capabilities, Key, GetOptions, Entry, Value, PutOptions, Version, DeleteOptions, VectorSearchResult, NoriKVError, Clock } from '@norikv/store';

/** Which vectors a search may find: those with these ids, or those whose id the function answers true for. */
type VectorFilter = ReadonlySet<string> | readonly string[] | ((id: string) => boolean);
/** Options of `vectorSearch`. */
interface FilteredSearchOptions extends VectorSearchOptions {
    /** Searches only these: the answer is the `k` nearest among them, never fewer while there are so many. */
    readonly filter?: VectorFilter | undefined;
}
/** A vector to insert. */
interface VectorItem {
    readonly id: string;
    readonly vector: readonly number[] | Float32Array;
}
/** Options of `vectorInsertMany`. */
type InsertManyOptions = CallOptions;
/** Figures about the graph of a namespace of type `hnsw` in this process. */
interface HnswStats {
    /** Whether searches use it. Otherwise they are scans, and exact. */
    readonly isServing: boolean;
    /** Whether one that holds more is being loaded or made by this process. */
    readonly isBuilding: boolean;
    /** How many vectors are found by it; the others are scanned. */
    readonly vectors: number;
    /** What its file takes on the disk. The processes of a machine share it in memory. */
    readonly fileBytes: number;
    /** Why it, or one that holds more, could not be loaded or made the last time. It is tried again after a minute. */
    readonly reason: string | undefined;
}
/** Figures about one namespace. */
interface NamespaceStats {
    readonly namespace: string;
    readonly dimensions: number;
    readonly distance: DistanceFunction;
    readonly indexType: VectorIndexType;
    readonly vectors: number;
    /** What its search structure takes in this process, about; 0 until the first search. */
    readonly memoryBytes: number;
    /** How it is scanned here, exactly. Undefined until the first search. */
    readonly searchedBy: 'wasm' | 'typescript' | undefined;
    /** How its graph is doing. Undefined for `brute_force`, without a path, and until the first search. */
    readonly hnsw: HnswStats | undefined;
}
/** Figures about the vectors of a store. */
interface VectorStats {
    readonly vectors: number;
    /** Pages of the data file that hold vectors, their ids and the log of changes. */
    readonly diskBytes: number;
    readonly diskBytesPerVector: number;
    /** In this process, about, for the vectors it has searched. */
    readonly memoryBytes: number;
    readonly memoryBytesPerVector: number;
    readonly namespaces: readonly NamespaceStats[];
}

/** Figures about a store. */
interface EmbeddedStats {
    /** Keys, expired ones that are not swept yet included. */
    readonly keys: number;
    /** Remembered idempotency keys, likewise. */
    readonly idempotencyKeys: number;
    /** Keys and remembered idempotency keys that expire one day. One whose life was prolonged may count twice. */
    readonly expiring: number;
    /** Writes of this store object that wait for a transaction. */
    readonly waitingWrites: number;
    /** Size of the data file. It never shrinks; room that becomes free is used again. */
    readonly fileBytes: number;
    readonly vectors: VectorStats;
}
/**
 * A store inside this process. Made by `openEmbedded`.
 *
 * Reads are linearizable, also between processes: they see every write that was acknowledged before they
 * began, and none that is not flushed yet. Writes are acknowledged when flushed (see `durability`).
 *
 * Every call may also throw `InvalidArgumentError`, naming the option, and `ClosedError`.
 */
interface EmbeddedStore extends KvStore, VectorStore, AsyncDisposable {
    /** What this store guarantees. */
    readonly capabilities: Capabilities;
    /**
     * Reads a key.
     *
     * @throws KeyNotFoundError if it is absent or has expired.
     * @throws DamagedStoreError if what is on the disk is not what was written.
     * @throws UnavailableError if the disk fails.
     * @throws CancelledError if the signal is aborted already. A read does not wait for anything else.
     */
    get(key: Key, options?: GetOptions): Promise<Entry>;
    /** Reads a key, or returns null. Throws as {@link get}. */
    find(key: Key, options?: GetOptions): Promise<Entry | null>;
    /**
     * Writes a key and returns the version of this write.
     *
     * @throws AlreadyExistsError or VersionMismatchError, with the entry that was in the way.
     * @throws ResourceExhaustedError if the disk is full or too many writes wait: nothing was applied.
     * @throws UnavailableError if the disk fails; its `outcome` says whether the write may be applied.
     * @throws CancelledError or DeadlineExceededError; `not-applied` until the write is inside a transaction.
     * @throws DamagedStoreError if the condition cannot be checked.
     */
    put(key: Key, value: Value, options?: PutOptions): Promise<Version>;
    /**
     * Deletes a key. True if it existed.
     *
     * @throws VersionMismatchError, with the entry that was in the way, and otherwise as {@link put}.
     */
    delete(key: Key, options?: DeleteOptions): Promise<boolean>;
    /**
     * The `k` nearest vectors, exactly: nearest first, at equal distance in the order of their ids. It sees every
     * insert and delete that was acknowledged before it began, by any process. Long searches yield to the event loop.
     *
     * A large namespace of type `hnsw` is searched by a graph (see `hnswFrom`), unless there is a filter. Some of the
     * nearest may then be missed, with others in their place. Everything else holds: what is found exists, at exactly
     * this distance.
     *
     * @throws KeyNotFoundError if the namespace does not exist.
     * @throws InvalidArgumentError for a query of another length, and for one of zeros if the distance is cosine.
     * @throws ResourceExhaustedError if the namespace does not fit the memory of this process.
     * @throws CancelledError or DeadlineExceededError.
     */
    vectorSearch(namespace: string, query: readonly number[] | Float32Array, k: number, options?: FilteredSearchOptions): Promise<VectorSearchResult>;
    /**
     * Inserts or replaces many vectors: in groups of up to 512, each in one transaction. All are checked before
     * the first is written. Gives their versions in the same order. An array can be used for others at once, its vectors
     * once they are inserted.
     *
     * @throws UnavailableError, outcome unknown, if it broke off after the first group: insert all of them again.
     * And what `vectorInsert` throws.
     */
    vectorInsertMany(namespace: string, items: Iterable<VectorItem>, options?: InsertManyOptions): Promise<Version[]>;
    /**
     * Removes every record that has expired by now and returns how many. This happens by itself; expired
     * records only take room, reads and conditions never see them.
     */
    sweep(): Promise<number>;
    /**
     * Writes a copy of the store, as it is at one moment, to a new file. Reads and writes go on meanwhile.
     * Bring it back with `restoreBackup`.
     *
     * @throws InvalidArgumentError if the file exists.
     * @throws PathUnusableError if it cannot be written, ResourceExhaustedError for want of room.
     */
    backup(file: string): Promise<void>;
    /** Figures about the store and its vectors. Only the first call in a store with vectors may wait for commits of others. */
    stats(): Promise<EmbeddedStats>;
    /**
     * Refuses further calls, waits for those under way, and closes the files. It may be called again. A process may
     * also end without it: nothing acknowledged is lost.
     */
    close(): Promise<void>;
}

/**
 * The store is taken: another opener has it exclusively, or `exclusive` was asked for while others have it
 * open, or they have it open with another durability. Close them, or wait until they are gone.
 */
declare class StoreInUseError extends NoriKVError {
    static readonly code: string;
    static readonly retryable: boolean;
}
/** The path cannot be used: no permission, a read-only volume, not a folder. `cause` is the system's error. */
declare class PathUnusableError extends NoriKVError {
    static readonly code: string;
}
/** The path holds something that is not a store of this package. Nothing in it was changed. */
declare class ForeignFilesError extends NoriKVError {
    static readonly code: string;
}
/** The store was written by a newer version of this package: update it. Nothing was changed. */
declare class NewerFormatError extends NoriKVError {
    static readonly code: string;
}
/**
 * What is on the disk is not what was written: the file's header, its end, or the record of `key`. A put or delete
 * without a condition replaces such a record; otherwise restore a backup.
 */
declare class DamagedStoreError extends NoriKVError {
    static readonly code: string;
}

/**
 * When a write is acknowledged. `disk`: it is flushed to the disk, and survives a power cut.
 * `os`: it is handed to the operating system, and survives the death of the process, but a power cut may
 * undo it and may leave a file that cannot be opened any more.
 */
type Durability = 'disk' | 'os';
/** Options of `openEmbedded`. */
interface EmbeddedOptions {
    /**
     * The folder of the store, created if it is missing. Several processes of one machine may open it.
     * Without it the store is ephemeral: a temporary folder that is gone after close. `undefined` is refused.
     */
    readonly path?: string;
    /**
     * Default `disk`. All who have the store open at one time must agree on it. With `os` the store does not declare
     * `durableAck`. An ephemeral store never outlives its process, so there is nothing a crash could take back: it
     * declares every guarantee, and flushes only if `disk` is asked for.
     */
    readonly durability?: Durability | undefined;
    /** Refuses every other opener until this store is closed or its process is dead. Default false. */
    readonly exclusive?: boolean | undefined;
    /** How long an idempotency key is remembered, in milliseconds. Default 24 hours. */
    readonly idempotencyRetentionMs?: number | undefined;
    /** Pause between two passes that remove expired records, in milliseconds. Reads never see them. Default 1,000. */
    readonly sweepIntervalMs?: number | undefined;
    /** Bytes of writes that may wait at one time; more are refused with `ResourceExhaustedError`. Default 256 MiB. */
    readonly maxPendingBytes?: number | undefined;
    /**
     * From how many vectors on a namespace of type `hnsw` is searched by a graph, if `usearch` is installed. With
     * fewer, without it, and without a path every search is an exact scan. Default 50,000.
     */
    readonly hnswFrom?: number | undefined;
    /** How many candidates a search by graph keeps: more find more of the nearest, and take longer. Default 64. */
    readonly hnswEf?: number | undefined;
    /**
     * Default: the machine's clock. Records expire by its `monotonic()`, which is set to `now()` when the store is
     * opened by the first who has it open. Steps of the wall clock do not matter while it is open.
     */
    readonly clock?: Clock | undefined;
}

/**
 * Opens a store in a folder, or an ephemeral one.
 *
 * Several processes of one machine may open one folder at a time: conditional writes are atomic across them
 * and every read sees what any of them has acknowledged.
 *
 * @throws InvalidArgumentError for a bad option, by name.
 * @throws PathUnusableError, ForeignFilesError, NewerFormatError or DamagedStoreError about the folder.
 * @throws StoreInUseError if others have it open in a way that does not fit, or in another process namespace.
 * @throws ResourceExhaustedError for want of room.
 * @throws UnavailableError if the disk fails, or a process is stopped in the middle of opening or writing it.
 *
 * @example
 * ```ts
 * await using store = await openEmbedded({ path: './data' });
 * const version = await store.put('greeting', 'hello', { ifNotExists: true });
 * await store.put('greeting', 'good day', { ifMatchVersion: version });
 * ```
 */
declare function openEmbedded(options?: EmbeddedOptions): Promise<EmbeddedStore>;
/** An ephemeral store: `openEmbedded()` under the name the documentation of NoriKV gives it. */
declare function createEphemeral(): Promise<EmbeddedStore>;

/**
 * Makes a store in an empty folder from a file that `backup` wrote, once it has been seen to be whole and to open.
 *
 * The restored store gives versions of a new term, so none of them equals one the lost store gave after the
 * backup was made. Records keep the versions they had. A backup file put into place by other means (named
 * `norikv.mdb`, in a folder of its own) gets a new term as well when it is first opened, but nobody looks whether its
 * end is missing. Do not write it over the file of a store: what is overwritten in place is still that file, and would
 * give the same versions again.
 *
 * @throws InvalidArgumentError if the folder holds a store, also one made meanwhile, or there is no such file.
 * @throws DamagedStoreError if the file is not whole: empty, cut off, or not written by `backup`.
 * @throws PathUnusableError, ResourceExhaustedError, ForeignFilesError or NewerFormatError.
 */
declare function restoreBackup(file: string, path: string): Promise<void>;

export { DamagedStoreError, type Durability, type EmbeddedOptions, type EmbeddedStats, type EmbeddedStore, type FilteredSearchOptions, ForeignFilesError, type HnswStats, type InsertManyOptions, type NamespaceStats, NewerFormatError, PathUnusableError, StoreInUseError, type VectorFilter, type VectorItem, type VectorStats, createEphemeral, openEmbedded, restoreBackup };
