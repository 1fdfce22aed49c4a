import { NoriKVError, ErrorFacts, Entry, Key, Condition, Version, Clock, CallOptions, KvStore, Capabilities, GetOptions, Value, PutOptions, DeleteOptions } from '@norikv/store';
import { Database } from 'lmdb';

/**
 * The store is taken: another opener has it exclusively, or `exclusive` was asked for while others have it
 * open, or they have it open with another durability. Close them, or wait until they are gone.
 */
declare class StoreInUseError extends NoriKVError {
    static readonly code: string;
    constructor(message: string, facts?: ErrorFacts);
}
/** The path cannot be used: no permission, not a folder, no such volume. `cause` is the system's error. */
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
 * What is on the disk is not what was written: the file's header, or the record of `key`. A put or delete
 * without a condition replaces such a record; otherwise restore a backup.
 */
declare class DamagedStoreError extends NoriKVError {
    static readonly code: string;
}

/** Where a store lives. */
interface Folder {
    readonly path: string;
    readonly dataFile: string;
    /** Removed when the store is closed. */
    readonly isTemporary: boolean;
}

/** What is known of a record without its value. */
interface RecordHeader {
    readonly term: number;
    readonly index: number;
    /** Milliseconds since the epoch; 0: lives until deleted. */
    readonly expiresAtMs: number;
}
/** A record in memory. The value is a copy of its own. */
interface StoredRecord {
    readonly header: RecordHeader;
    readonly value: Uint8Array;
}

/** One line of the expiry index. */
interface ExpiryEntry {
    readonly expiresAtMs: number;
    /** Which table the record is in. */
    readonly tag: number;
    readonly key: Uint8Array;
}
/**
 * The records that expire, of all tables, soonest first.
 *
 * A line is a key without a value: the expiry in 8 bytes, the tag of the table, the key of the record.
 */
declare class ExpiryIndex {
    #private;
    constructor(database: Database<Buffer, Uint8Array>);
    add(entry: ExpiryEntry): void;
    remove(entry: ExpiryEntry): void;
    /** The entries that are due, soonest first. */
    due(nowMs: number, limit: number): ExpiryEntry[];
}

/** A table of records. Lines of the expiry index are kept in step with the records. */
declare class RecordTable {
    #private;
    /** @param tag - a byte that tells this table from others in the expiry index. */
    constructor(database: Database<Buffer, Uint8Array>, expiries: ExpiryIndex, tag: number);
    get tag(): number;
    /** The record of a key, expired or not. Throws DamagedStoreError. */
    get(key: Uint8Array): StoredRecord | undefined;
    /** The header of a record, without the cost of copying its value. */
    look(key: Uint8Array): RecordHeader | 'absent' | 'damaged';
    /**
     * Writes a record.
     *
     * @param bytes - from `blankRecord`; its header is filled in.
     * @param replaced - the header of the record it replaces.
     */
    put(key: Uint8Array, bytes: Buffer, header: RecordHeader, replaced: RecordHeader | undefined): void;
    /** Removes a record. */
    remove(key: Uint8Array, removed: RecordHeader | undefined): void;
}

/** Numbers that no other write of this store ever gets. */
interface WriteNumbers {
    readonly term: number;
    readonly index: number;
}
/**
 * One write transaction: its moment in time, and the store's only counter, which moves in the same
 * transaction as the records it numbers.
 */
declare class WriteTransaction {
    #private;
    /** The moment at which everything in this transaction happens. */
    readonly nowMs: number;
    constructor(meta: RecordTable, nowMs: number);
    /**
     * The header of the next write.
     *
     * @throws DamagedStoreError if the counter cannot be read.
     */
    stamp(expiresAtMs: number): RecordHeader;
    /** Stores how far the counter got. */
    end(): void;
}

/** A write that may be repeated: an idempotency key counts for one operation on one key. */
interface Repeatable {
    readonly operation: 'put' | 'delete';
    readonly keyBytes: Uint8Array;
    readonly idempotencyKey: string;
}
/** An answer given before. A delete's answer is in `value`: one byte, 1 if the key existed. */
type RememberedAnswer = StoredRecord;
/** The answers of writes that carried an idempotency key, kept for a time. */
declare class IdempotencyMemory {
    #private;
    constructor(records: RecordTable, retentionMs: number);
    /** The answer this write got before, if it is still remembered. */
    recall(transaction: WriteTransaction, write: Repeatable): RememberedAnswer | undefined;
    remember(transaction: WriteTransaction, write: Repeatable, { term, index }: WriteNumbers, answer: Uint8Array): void;
}

/** A write, checked, with bytes of its own. */
interface WriteRequest {
    /** The key as the caller gave it, for errors. */
    readonly key: Key;
    readonly keyBytes: Uint8Array;
    readonly condition: Condition;
    readonly idempotencyKey: string | undefined;
}
/** A write of a value. */
interface PutRequest extends WriteRequest {
    /** From `blankRecord`. */
    readonly record: Buffer;
    readonly ttlMs: number | undefined;
}
/**
 * The keys of a store. A write is one step inside a write transaction; one that throws has written nothing.
 */
declare class Keyspace {
    #private;
    constructor(entries: RecordTable, memory: IdempotencyMemory);
    find(keyBytes: Uint8Array, nowMs: number): Entry | null;
    put(transaction: WriteTransaction, request: PutRequest): Version;
    delete(transaction: WriteTransaction, request: WriteRequest): boolean;
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
     * Without it the store is ephemeral: a temporary folder that is gone after close.
     */
    readonly path?: string | undefined;
    /**
     * Default `disk`. All who have the store open at one time must agree on it. `os` also takes the
     * declaration `durableAck` away. An ephemeral store lives no longer than its process, so there is nothing
     * a crash could take back: it declares every guarantee, and flushes only if `disk` is asked for.
     */
    readonly durability?: Durability | undefined;
    /** Refuses every other opener until this store is closed or its process is dead. Default false. */
    readonly exclusive?: boolean | undefined;
    /** How long an idempotency key is remembered, in milliseconds. Default 24 hours. */
    readonly idempotencyRetentionMs?: number | undefined;
    /** Pause between two looks for expired records, in milliseconds. Reads never wait for it. Default 1,000. */
    readonly sweepIntervalMs?: number | undefined;
    /** Bytes of writes that may wait at one time; more are refused with `ResourceExhaustedError`. Default 256 MiB. */
    readonly maxPendingBytes?: number | undefined;
    /**
     * Default: the machine's clock. Records expire by its `monotonic()`, set to `now()` when the first of
     * those who have the store open opens it, so steps of the wall clock do not matter meanwhile.
     */
    readonly clock?: Clock | undefined;
}
/** Options with every default filled in. */
interface Settings {
    readonly path: string | undefined;
    readonly durability: Durability;
    /** Whether the store declares that acknowledged writes survive. */
    readonly durableAck: boolean;
    readonly exclusive: boolean;
    readonly idempotencyRetentionMs: number;
    readonly sweepIntervalMs: number;
    readonly maxPendingBytes: number;
    readonly clock: Clock;
}

/** What a write does inside its transaction. An error of the contract it throws is its caller's answer. */
type Work<T> = (transaction: WriteTransaction) => T;
/** A write somebody asked for. */
interface WriteOrder<T> {
    readonly work: Work<T>;
    /** What it costs to keep it waiting. */
    readonly bytes: number;
    readonly options: CallOptions;
    readonly key: Key | undefined;
}

/** Figures about a store. */
interface EmbeddedStats {
    /** Keys, expired ones that are not swept yet included. */
    readonly keys: number;
    /** Remembered idempotency keys, likewise. */
    readonly idempotencyKeys: number;
    /** Records of both kinds that expire one day. */
    readonly expiring: number;
    /** Writes that wait for a transaction in this process. */
    readonly waitingWrites: number;
    /** Size of the data file. It never shrinks; freed pages are used again. */
    readonly fileBytes: number;
}
/** An open store without the dress: tables, the way in for writes, and the end of it all. */
declare class Engine {
    #private;
    readonly keyspace: Keyspace;
    /** Opens the files. See {@link openEnvironment} for when this may be called. */
    constructor(folder: Folder, settings: Settings);
    /** Joins the other openers, or throws StoreInUseError. */
    enter(): Promise<void>;
    /** Reads what is committed now, by whichever process. */
    find(keyBytes: Uint8Array): Entry | null;
    write<T>(order: WriteOrder<T>): Promise<T>;
    sweep(): Promise<number>;
    backup(file: string): Promise<void>;
    /** Counts what is stored. */
    stats(): EmbeddedStats;
    /** Ends when every write that was asked for has been answered and the files are closed. */
    close(): Promise<void>;
}

/**
 * A store inside this process. Made by `openEmbedded`.
 *
 * Reads are linearizable, also between processes: they see every write that was acknowledged before they
 * began, and nothing that is not flushed yet. Writes are acknowledged when flushed (see `durability`).
 */
declare class EmbeddedStore implements KvStore, AsyncDisposable {
    #private;
    readonly capabilities: Capabilities;
    constructor(engine: Engine, durableAck: boolean);
    /** @throws KeyNotFoundError, DamagedStoreError, InvalidArgumentError, CancelledError or ClosedError. */
    get(key: Key, options?: GetOptions): Promise<Entry>;
    /** @throws DamagedStoreError, InvalidArgumentError, CancelledError or ClosedError. */
    find(key: Key, options?: GetOptions): Promise<Entry | null>;
    /**
     * Writes a key and returns the version of this write.
     *
     * @throws AlreadyExistsError or VersionMismatchError, with the entry that was in the way.
     * @throws ResourceExhaustedError if the disk is full or too many writes wait: nothing was applied.
     * @throws UnavailableError if the disk fails; its `outcome` says whether the write may be applied.
     * @throws CancelledError or DeadlineExceededError; `not-applied` before the write entered a transaction.
     * @throws DamagedStoreError, InvalidArgumentError or ClosedError.
     */
    put(key: Key, value: Value, options?: PutOptions): Promise<Version>;
    /**
     * Deletes a key. True if it existed.
     *
     * @throws VersionMismatchError, with the entry that was in the way, and otherwise as {@link put}.
     */
    delete(key: Key, options?: DeleteOptions): Promise<boolean>;
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
     * @throws PathUnusableError if it cannot be written.
     */
    backup(file: string): Promise<void>;
    /** Figures about the store: how much is in it, and how much is waiting. */
    stats(): Promise<EmbeddedStats>;
    /**
     * Refuses further calls, lets those under way end, and closes the files. Calling it again is fine. A
     * process may also end without it: nothing acknowledged is lost.
     */
    close(): Promise<void>;
    /** As {@link close}. */
    [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a store in a folder, or an ephemeral one.
 *
 * Several processes of one machine may open one folder at a time: conditional writes are atomic across them
 * and every read sees what any of them has acknowledged.
 *
 * @throws InvalidArgumentError for a bad option, by name.
 * @throws PathUnusableError, ForeignFilesError, NewerFormatError or DamagedStoreError about the folder.
 * @throws StoreInUseError if others have it open in a way that does not fit.
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
 * Makes a store in an empty folder from a file that `backup` wrote, and checks that it opens.
 *
 * The restored store gives versions of a new term, so none of them equals one the lost store gave after the
 * backup was made. Records keep the versions they had. A backup file put into place by other means (named
 * `norikv.mdb`, in a folder of its own) gets a new term as well when it is first opened.
 *
 * @throws InvalidArgumentError if the folder holds a store already, or there is no such file.
 * @throws PathUnusableError, ForeignFilesError, NewerFormatError or DamagedStoreError.
 */
declare function restoreBackup(file: string, path: string): Promise<void>;

export { DamagedStoreError, type Durability, type EmbeddedOptions, type EmbeddedStats, EmbeddedStore, ForeignFilesError, NewerFormatError, PathUnusableError, StoreInUseError, createEphemeral, openEmbedded, restoreBackup };
