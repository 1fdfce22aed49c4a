import { type KvStore, systemClock } from '@norikv/store';
import { type AdapterOptions, shelfSettings } from './adapter-options.js';
import { joinNames } from './keys.js';
import { Shelf } from './shelf.js';

/** What Keyv 5 hands over in `setMany`. */
export interface KeyvEntry {
  readonly key: string;
  readonly value: unknown;
  /** Time to live in milliseconds. */
  readonly ttl?: number | undefined;
}

/** What Keyv 6 hands over in `setMany`. */
export interface Keyv6Entry {
  readonly key: string;
  readonly value: unknown;
  /** Milliseconds since the epoch. */
  readonly expires?: number | undefined;
}

/** What the two versions have in common. */
abstract class KeyvStorage<Entry extends { readonly key: string; readonly value: unknown }> {
  /** Keyv reads and writes this. */
  readonly opts: Record<string, unknown> = {};
  protected readonly shelf: Shelf;

  constructor(store: KvStore, options: AdapterOptions = {}) {
    this.shelf = new Shelf(store, new.target.name, shelfSettings(options, 'keyv'));
  }

  /** The namespace in use. Keyv sets it. */
  abstract namespace: string | undefined;
  /** Where a key is kept, and by which epochs it is cleared. */
  protected abstract placeOf(key: string): {
    readonly names: readonly string[];
    readonly space: string | undefined;
  };
  protected abstract ttlMsOf(entry: Entry): number | undefined;

  /** A value, or undefined. */
  async get<Value>(key: string): Promise<Value | undefined> {
    return (await this.shelf.get(this.placeOf(key).names))?.value as Value | undefined;
  }

  /** Values in the order of their keys, undefined where there is none. */
  getMany<Value>(keys: string[]): Promise<(Value | undefined)[]> {
    return Promise.all(keys.map((key) => this.get<Value>(key)));
  }

  /** Writes values. */
  async setMany(entries: Entry[]): Promise<void> {
    await Promise.all(entries.map((entry) => this.write(entry)));
  }

  /** Removes a value. True if there was one. */
  delete(key: string): Promise<boolean> {
    return this.shelf.delete(this.placeOf(key).names);
  }

  /** Whether there is a value. */
  async has(key: string): Promise<boolean> {
    return (await this.get(key)) !== undefined;
  }

  /** Removes all values of the namespace, or all values where there is no namespace: one write. */
  async clear(): Promise<void> {
    await this.shelf.clear(this.namespace ? spaceOf(this.namespace) : undefined);
  }

  /** Does nothing: the store belongs to who opened it. */
  async disconnect(): Promise<void> {}

  /** Does nothing: errors are thrown by the call they belong to, and Keyv reports them. */
  on(_event: string, _listener: (...details: unknown[]) => void): this {
    return this;
  }

  protected async write(entry: Entry): Promise<void> {
    const ttlMs = this.ttlMsOf(entry);
    const { names, space } = this.placeOf(entry.key);
    if (ttlMs !== undefined && ttlMs <= 0) await this.shelf.delete(names);
    else await this.shelf.set(names, entry.value, { ttlMs, epochs: space ? [spaceOf(space)] : [] });
  }
}

/**
 * A storage adapter for Keyv 5, and so for cacheable and cache-manager. Clearing is one write, however much
 * there is.
 *
 * Several Keyv may share one object if all of them put their namespace before their keys. Give one with
 * `useKeyPrefix: false` or without a namespace an object of its own: its keys belong to the namespace of the object.
 *
 * There is no `iterator`: the store has no scan.
 *
 * @example
 * ```ts
 * const keyv = new Keyv({ store: new NoriKVKeyvStore(store), namespace: 'users', ttl: 60_000 });
 * ```
 */
export class NoriKVKeyvStore extends KeyvStorage<KeyvEntry> {
  readonly #namespaces = new Set<string>();
  #longestNamespace = 0;
  #namespace: string | undefined;

  /** The namespace of the Keyv made last: what `clear` clears, and where keys belong that name none. */
  get namespace(): string | undefined {
    return this.#namespace;
  }

  set namespace(namespace: string | undefined) {
    this.#namespace = namespace;
    if (!namespace) return;
    this.#namespaces.add(namespace);
    this.#longestNamespace = Math.max(this.#longestNamespace, namespace.length);
  }

  /** Writes a value. `ttl` is in milliseconds. */
  async set(key: string, value: unknown, ttl?: number): Promise<boolean> {
    await this.write({ key, value, ttl });
    return true;
  }

  /** Removes values. True if there was any. */
  async deleteMany(keys: string[]): Promise<boolean> {
    return (await Promise.all(keys.map((key) => this.delete(key)))).some(Boolean);
  }

  /** Whether there are values, in the order of the keys. */
  hasMany(keys: string[]): Promise<boolean[]> {
    return Promise.all(keys.map((key) => this.has(key)));
  }

  protected placeOf(key: string): { readonly names: readonly string[]; readonly space: string | undefined } {
    const owner = this.#ownerOf(key);
    if (owner || !this.#namespace) return { names: [key], space: owner };
    return { names: [this.#namespace, key], space: this.#namespace };
  }

  /**
   * Keyv 5 puts the namespace before the key, so the key says whose it is, whichever Keyv was made last; but none with
   * `useKeyPrefix: false`.
   */
  #ownerOf(key: string): string | undefined {
    // No further than a namespace reaches: users may choose keys, such as thousands of colons.
    let end = key.lastIndexOf(':', this.#longestNamespace);
    while (end > 0) {
      const name = key.slice(0, end);
      if (this.#namespaces.has(name)) return name;
      end = key.lastIndexOf(':', end - 1);
    }
    return undefined;
  }

  protected ttlMsOf({ ttl }: KeyvEntry): number | undefined {
    return ttl;
  }
}

/**
 * A storage adapter for Keyv 6 with its own way of expiry (`capabilities.expires`). Give every Keyv a store
 * object of its own: Keyv 6 leaves the namespace to the store, and writes it to the object.
 *
 * @example
 * ```ts
 * const keyv = new Keyv({ store: new NoriKVKeyv6Store(store), namespace: 'users', ttl: 60_000 });
 * ```
 */
export class NoriKVKeyv6Store extends KeyvStorage<Keyv6Entry> {
  namespace: string | undefined = undefined;
  readonly #now: () => number;

  constructor(store: KvStore, options: AdapterOptions = {}) {
    super(store, options);
    const { clock = systemClock } = options;
    this.#now = () => clock.now();
  }

  /** Says that `set` takes the time at which a value expires. */
  get capabilities(): { readonly expires: true } {
    return { expires: true };
  }

  /** Writes a value. `expires` is in milliseconds since the epoch. */
  async set(key: string, value: unknown, expires?: number): Promise<boolean> {
    await this.write({ key, value, expires });
    return true;
  }

  /** Removes values. True where there was one, in the order of the keys. */
  deleteMany(keys: string[]): Promise<boolean[]> {
    return Promise.all(keys.map((key) => this.delete(key)));
  }

  /** Whether there are values, in the order of the keys. */
  hasMany(keys: string[]): Promise<boolean[]> {
    return Promise.all(keys.map((key) => this.has(key)));
  }

  protected placeOf(key: string): { readonly names: readonly string[]; readonly space: string | undefined } {
    return { names: [this.namespace ?? '', key], space: this.namespace };
  }

  protected ttlMsOf({ expires }: Keyv6Entry): number | undefined {
    return expires === undefined ? undefined : expires - this.#now();
  }
}

function spaceOf(namespace: string): string {
  return `n/${joinNames([namespace])}`;
}

export type { AdapterOptions } from './adapter-options.js';
