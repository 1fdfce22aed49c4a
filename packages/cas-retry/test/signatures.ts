import { bytesToString, isNoriKVError, type Outcome, stringToBytes } from '@norikv/store';
import { createMemoryStore, type MemoryStore, type MemoryStoreOptions } from '@norikv/testkit';
import { type Codec, type UpdateOptions, type Updater, write } from '../src/index.js';

/** A book of names, oldest first. */
export const bookCodec: Codec<readonly string[]> = {
  encode: (names) => stringToBytes(names.join(' ')),
  decode: (bytes) => bytesToString(bytes).split(' ').filter(Boolean),
};

/** Writes a name into the book, and answers with the book. */
export function sign(
  updater: Updater,
  name: string,
  { ttlMs, ...options }: UpdateOptions & { readonly ttlMs?: number } = {},
): Promise<readonly string[]> {
  const add = (names: readonly string[] = []) => write([...names, name], [...names, name], ttlMs);
  return updater.update('book', bookCodec, add, options);
}

/** What the signatures came to, as their processes were told. */
export class Told {
  readonly #outcomes = new Map<string, Outcome | 'applied'>();

  /** Notes the outcome of a signature. Until it is there, it is unknown. */
  async note(name: string, signing: Promise<readonly string[]>): Promise<void> {
    this.#outcomes.set(name, 'unknown');
    try {
      const names = await signing;
      if (names.at(-1) !== name) throw new Error(`${name} was told of ${names}`);
      this.#outcomes.set(name, 'applied');
    } catch (error) {
      if (!isNoriKVError(error)) throw error;
      this.#outcomes.set(name, error.outcome);
    }
  }

  /** Throws unless what was written agrees: nothing twice, and nothing against what was told. */
  check(written: readonly string[]): void {
    for (const [name, outcome] of this.#outcomes) {
      const times = written.filter((other) => other === name).length;
      const fits = outcome === 'unknown' ? times <= 1 : times === (outcome === 'applied' ? 1 : 0);
      if (!fits) throw new Error(`${name} was written ${times} times, and its outcome is ${outcome}`);
    }
  }
}

/** A memory store that notes each name that a write adds to a book. */
export interface NotingStore extends MemoryStore {
  readonly written: readonly string[];
}

export function notingStore(options: MemoryStoreOptions): NotingStore {
  const store = createMemoryStore(options);
  const written: string[] = [];
  let book: readonly string[] = [];
  const put: MemoryStore['put'] = async (key, value, putOptions) => {
    const version = await store.put(key, value, putOptions);
    const [, text = ''] = (typeof value === 'string' ? value : bytesToString(value)).split('\n');
    const names = text.split(' ');
    written.push(...names.slice(names[0] === book[0] ? book.length : 0));
    book = names;
    return version;
  };
  return { ...store, put, written };
}
