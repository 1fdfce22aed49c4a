import { type Clock, type KvStore, systemClock, type Value, type Version } from '@norikv/store';
import { checkOptions, checkWhole } from '@norikv/store/checks';
import { LRUCache } from 'lru-cache';
import { Flights } from './flights.js';

interface CacheEntry<T> {
  readonly value: T;
  readonly version: Version;
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
   * @param ttlMs - how long a value is served from memory, in milliseconds, counted from before it was asked for.
   * @param maxSize - how many values are kept.
   */
  constructor(client: KvStore, ttlMs = 60_000, maxSize = 1_000, options: CachedClientOptions = {}) {
    checkOptions(options, ['clock']);
    checkWhole('ttlMs', ttlMs);
    checkWhole('maxSize', maxSize);
    this.#client = client;
    this.#ttlMs = ttlMs;
    this.#maxSize = maxSize;
    this.#clock = options.clock ?? systemClock;
    this.#entries = new LRUCache({ max: maxSize });
  }

  /**
   * Reads a key, from memory if it can. Calls at the same time share one read.
   *
   * @throws KeyNotFoundError if it is absent, and whatever the parser throws; nothing is kept then.
   */
  async get(key: string, parser: (bytes: Uint8Array) => T): Promise<T> {
    for (;;) {
      const since = this.#clock.monotonic();
      const cached = this.#entries.get(key);
      if (cached && since - cached.asOf < this.#ttlMs) return cached.value;
      const read = await this.#reads.join(key, (isAttached) => this.#read(key, parser, isAttached));
      if (since - read.asOf < this.#ttlMs) return read.value;
    }
  }

  /** Writes a key and keeps the value. */
  async put(key: string, value: T, serializer: (value: T) => Value): Promise<Version> {
    const bytes = serializer(value);
    return this.#write(key, async (asOf) => {
      const version = await this.#client.put(key, bytes);
      return { result: version, entry: { value, version, asOf } };
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

  async #read(
    key: string,
    parser: (bytes: Uint8Array) => T,
    isAttached: () => boolean,
  ): Promise<CacheEntry<T>> {
    const asOf = this.#clock.monotonic();
    const { value, version } = await this.#client.get(key);
    const entry = { value: parser(value), version, asOf };
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
