import { bytesToString, type KvStore, UnsupportedError } from '@norikv/store';
import { type AdapterOptions, shelfSettings } from './adapter-options.js';
import { Shelf } from './shelf.js';

/** What the driver uses of the options of a call. */
export interface UnstorageCall {
  /** Time to live in seconds, as for the other drivers of unstorage; 0 is none. */
  readonly ttl?: number | undefined;
}

/** A driver of unstorage. */
export interface UnstorageDriver {
  readonly name: string;
  readonly options: AdapterOptions;
  /** Whether there is a value. */
  hasItem(key: string): Promise<boolean>;
  /** A value as text, or null. */
  getItem(key: string): Promise<string | null>;
  /** A value as it was given, bytes as a `Uint8Array`; null if there is none. */
  getItemRaw(key: string): Promise<unknown>;
  /** Writes text. */
  setItem(key: string, value: string, call?: UnstorageCall): Promise<void>;
  /** Writes the bytes of a buffer or of any view of one, or else what JSON can say. */
  setItemRaw(key: string, value: unknown, call?: UnstorageCall): Promise<void>;
  /** Removes a value. */
  removeItem(key: string): Promise<void>;
  /** Always empty: the store has no scan. */
  getKeys(): Promise<string[]>;
  /**
   * Removes everything, with one write.
   *
   * @throws UnsupportedError if `base` names a part: there is no scan to find it.
   */
  clear(base?: string): Promise<void>;
}

/**
 * A driver of unstorage, and so of Nitro and Nuxt. Mount it for what has to be cleared alone: a mount is cleared
 * as a whole, with one write.
 *
 * @example
 * ```ts
 * const storage = createStorage({ driver: noriKVDriver(store, { prefix: 'pages' }) });
 * await storage.setItem('home', html, { ttl: 60 });
 * ```
 */
export function noriKVDriver(store: KvStore, options: AdapterOptions = {}): UnstorageDriver {
  const shelf = new Shelf(store, 'noriKVDriver', shelfSettings(options, 'unstorage'));
  const get = async (key: string): Promise<unknown> => (await shelf.get([key]))?.value ?? null;
  const set = (key: string, value: unknown, { ttl }: UnstorageCall = {}): Promise<void> =>
    shelf.set([key], value, { ttlMs: (ttl ?? 0) === 0 ? undefined : Number(ttl) * 1_000 });
  return {
    name: 'norikv',
    options,
    hasItem: async (key) => (await get(key)) !== null,
    async getItem(key) {
      const value = await get(key);
      return value instanceof Uint8Array ? bytesToString(value) : (value as string | null);
    },
    getItemRaw: get,
    setItem: set,
    setItemRaw: set,
    async removeItem(key) {
      await shelf.delete([key]);
    },
    getKeys: async () => [],
    async clear(base = '') {
      if (base === '') return shelf.clear();
      throw new UnsupportedError(
        `clear: the part ${JSON.stringify(base)} cannot be cleared alone; mount a driver with a prefix of its own for it`,
      );
    },
  };
}

export type { AdapterOptions } from './adapter-options.js';
