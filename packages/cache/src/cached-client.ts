import { type Clock, type KvStore, systemClock, type Value, type Version, valueToBytes } from '@norikv/store';
import { checkAtOnce, checkFunction, checkOptions, checkWhole } from '@norikv/store/checks';
import { LRUCache } from 'lru-cache';
import { Flights } from './flights.js';

type Parser<T> = (bytes: Uint8Array) => T;

/** A `Map` holds no more. */
const mostEntries = 2 ** 24;
const sizesLeftToStore = { maxKeyBytes: Number.POSITIVE_INFINITY, maxValueBytes: Number.POSITIVE_INFINITY };

interface CacheEntry<T> {
  /** Its value, parsed if nobody has asked for it before. */
  readonly value: (parser: Parser<T>) => T;
  /** When the call began that gave it, by the monotonic clock. */
  readonly asOf: number;
}

/** What {@link CachedClient.getStats} gives. */
export interface CachedClientStats {
  readonly size: number;
  readonly maxSize: number;
  readonly ttlMs: number;
}

/** Options of {@link CachedClient}. */
export interface CachedClientOptions {
  readonly clock?: Clock | undefined;
}

/**
 * A client that keeps what it read in memory, least recently used out first, and writes through.
 *
 * In this process a read never gives a value older than what the last `put` or `delete` that was acknowledged
 * before it left. What other processes write is seen after `ttlMs` at the latest; for less, and for loads
 * that are shared between processes, use `createCache`.
 *
 * @example
 * ```ts
 * const users = new CachedClient<User>(store, 60_000, 1_000);
 * await users.put('user:7', { name: 'Ada' }, (user) => JSON.stringify(user));
 * const user = await users.get('user:7', (bytes) => JSON.parse(bytesToString(bytes)));
 * ```
 */
export class CachedClient<T> {
  readonly #client: KvStore;
  readonly #ttlMs: number;
  readonly #maxSize: number;
  readonly #clock: Clock;
  readonly #entries: LRUCache<string, CacheEntry<T>>;
  readonly #reads: Flights<CacheEntry<T>> = new Flights();
  /** Writes under way, by key: while there are any, nobody knows which value is the last. */
  readonly #writes = new Map<string, { active: number; isContested: boolean }>();

  /**
   * @param ttlMs - how long a value is served from memory, in milliseconds, counted from before it was asked for. Default 60,000.
   * @param maxSize - how many values are kept, at most 16,777,216. Default 1,000.
   */
  constructor(client: KvStore, ttlMs = 60_000, maxSize = 1_000, options: CachedClientOptions = {}) {
    checkOptions(options, ['clock']);
    checkWhole('ttlMs', ttlMs);
    checkWhole('maxSize', maxSize, 1, mostEntries);
    this.#client = client;
    this.#ttlMs = ttlMs;
    this.#maxSize = maxSize;
    this.#clock = options.clock ?? systemClock;
    checkFunction('clock.monotonic', this.#clock.monotonic);
    this.#entries = new LRUCache({ max: maxSize });
  }

  /**
   * Reads a key, from memory if it can. Calls at the same time share one read, and all callers share the value: to
   * change it, take a copy.
   *
   * @throws KeyNotFoundError if it is absent, and whatever the parser throws; nothing is kept then.
   * @throws InvalidArgumentError for a parser that gives a promise, likewise.
   */
  async get(key: string, parser: (bytes: Uint8Array) => T): Promise<T> {
    for (;;) {
      const since = this.#clock.monotonic();
      const cached = this.#entries.get(key);
      if (cached && since - cached.asOf < this.#ttlMs) return cached.value(parser);
      const read = await this.#reads.join(key, (isAttached) => this.#read(key, parser, isAttached));
      if (since - read.asOf < this.#ttlMs) return read.value(parser);
    }
  }

  /**
   * Writes a key and keeps the value as it is written: reads get what their parser makes of that, whatever becomes of
   * the object that was given.
   */
  async put(key: string, value: T, serializer: (value: T) => Value): Promise<Version> {
    const written = checkAtOnce('serializer()', serializer(value));
    // A copy: it may be the value itself, which is the caller's.
    const bytes = valueToBytes(written, sizesLeftToStore);
    return this.#write(key, async (asOf) => {
      const version = await this.#client.put(key, bytes);
      return { result: version, entry: { value: parsedOnce(bytes), asOf } };
    });
  }

  /** Deletes a key. True if it existed. */
  async delete(key: string): Promise<boolean> {
    return this.#write(key, async () => ({ result: await this.#client.delete(key), entry: undefined }));
  }

  /** Forgets a value: the next read asks the store. */
  invalidate(key: string): void {
    this.#entries.delete(key);
    this.#reads.detach(key);
  }

  /** Forgets all values. */
  invalidateAll(): void {
    this.#entries.clear();
    this.#reads.detachAll();
  }

  /** How much is in memory, and the settings. */
  getStats(): CachedClientStats {
    return { size: this.#entries.size, maxSize: this.#maxSize, ttlMs: this.#ttlMs };
  }

  async #read(key: string, parser: Parser<T>, isAttached: () => boolean): Promise<CacheEntry<T>> {
    const asOf = this.#clock.monotonic();
    const value = parsedOnce<T>((await this.#client.get(key)).value);
    value(parser);
    const entry = { value, asOf };
    if (isAttached() && !this.#writes.has(key)) this.#entries.set(key, entry);
    return entry;
  }

  /** Runs a write, and keeps what it wrote if no other write of this process overlapped it. */
  async #write<Result>(
    key: string,
    send: (asOf: number) => Promise<{ result: Result; entry: CacheEntry<T> | undefined }>,
  ): Promise<Result> {
    const group = this.#writes.get(key) ?? { active: 0, isContested: false };
    group.isContested ||= group.active > 0;
    group.active += 1;
    this.#writes.set(key, group);
    this.invalidate(key);
    let written: CacheEntry<T> | undefined;
    try {
      const { result, entry } = await send(this.#clock.monotonic());
      written = entry;
      return result;
    } finally {
      group.active -= 1;
      if (group.active === 0) this.#writes.delete(key);
      this.invalidate(key);
      if (written && !group.isContested) this.#entries.set(key, written);
    }
  }
}

/** What the first parser makes of bytes, for all: it is made once. */
function parsedOnce<T>(bytes: Uint8Array): CacheEntry<T>['value'] {
  // One or the other: both would take twice the memory.
  let state: { readonly bytes: Uint8Array } | { readonly value: T } = { bytes };
  return (parser) => {
    if ('bytes' in state) state = { value: checkAtOnce('parser()', parser(state.bytes)) };
    return state.value;
  };
}
