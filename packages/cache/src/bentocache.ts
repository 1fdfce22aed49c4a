import type { KvStore } from '@norikv/store';
import { type AdapterOptions, shelfSettings } from './adapter-options.js';
import { joinNames } from './keys.js';
import { Shelf } from './shelf.js';

/** A driver of Bentocache, for its second layer. Clearing is one write, however much there is. */
export class NoriKVDriver {
  /** Bentocache asks for it. */
  readonly type: 'l2' = 'l2';
  readonly #shelf: Shelf;
  /** The names of the namespaces around the keys, the outermost first. */
  readonly #names: readonly string[];

  /** @internal Use `noriKVDriver`. */
  constructor(shelf: Shelf, names: readonly string[]) {
    this.#shelf = shelf;
    this.#names = names;
  }

  /** A driver for keys that begin with this name; `clear` on it removes only those written through it. */
  namespace(name: string): NoriKVDriver {
    return new NoriKVDriver(this.#shelf, [...this.#names, name]);
  }

  /** A value, or undefined. */
  async get(key: string): Promise<string | undefined> {
    return (await this.#shelf.get(this.#path(key)))?.value as string | undefined;
  }

  /** Gives a value and removes it. Two callers at the same time may both get it. */
  async pull(key: string): Promise<string | undefined> {
    const value = await this.get(key);
    if (value !== undefined) await this.delete(key);
    return value;
  }

  /** `ttl` is in milliseconds. */
  async set(key: string, value: string, ttl?: number): Promise<boolean> {
    await this.#shelf.set(this.#path(key), value, { ttlMs: ttl, epochs: this.#epochs() });
    return true;
  }

  /** Removes all values of this namespace, and of those inside it. */
  async clear(): Promise<void> {
    await this.#shelf.clear(this.#epochs().at(-1));
  }

  /** Removes a value. True if there was one. */
  delete(key: string): Promise<boolean> {
    return this.#shelf.delete(this.#path(key));
  }

  /** True, also if there was none of them. */
  async deleteMany(keys: string[]): Promise<boolean> {
    await Promise.all(keys.map((key) => this.delete(key)));
    return true;
  }

  /** Does nothing: the store belongs to who opened it. */
  async disconnect(): Promise<void> {}

  /** Bentocache takes `users:key` in the root and `key` in the namespace `users` for the same. */
  #path(key: string): readonly string[] {
    return [[...this.#names, key].join(':')];
  }

  #epochs(): readonly string[] {
    return this.#names.map((_, depth) => `n/${joinNames(this.#names.slice(0, depth + 1))}`);
  }
}

/**
 * The second layer of a Bentocache store.
 *
 * @example
 * ```ts
 * bentostore().useL1Layer(memoryDriver()).useL2Layer(noriKVDriver(store));
 * ```
 */
export function noriKVDriver(
  store: KvStore,
  options: AdapterOptions = {},
): {
  readonly options: { readonly prefix?: string };
  /** Called by Bentocache. */
  factory(config: { readonly prefix?: string }): NoriKVDriver;
} {
  const settings = shelfSettings(options, 'bentocache');
  const shelves = new Map<string, Shelf>();
  const shelfOf = (prefix: string): Shelf => {
    const whole = joinNames([settings.prefix, prefix]);
    const shelf = shelves.get(prefix) ?? new Shelf(store, 'noriKVDriver', { ...settings, prefix: whole });
    shelves.set(prefix, shelf);
    return shelf;
  };
  return { options: {}, factory: ({ prefix = '' }) => new NoriKVDriver(shelfOf(prefix), []) };
}

export type { AdapterOptions } from './adapter-options.js';
