const pageCount = 128;

/**
 * An immutable map that is cheap to change: entries are spread over pages, and a change copies one page.
 *
 * A transition must not alter the state it is given, and copying 5,000 entries for each of 500 folded
 * reservations would take longer than the write that they share.
 */
export class PersistentMap<Value> implements Iterable<readonly [string, Value]> {
  readonly #pages: readonly (ReadonlyMap<string, Value> | undefined)[];
  readonly size: number;

  private constructor(pages: readonly (ReadonlyMap<string, Value> | undefined)[], size: number) {
    this.#pages = pages;
    this.size = size;
  }

  /** The map of some entries. Of several with one key the last one counts. */
  static of<Value>(entries: Iterable<readonly [string, Value]>): PersistentMap<Value> {
    const pages: Map<string, Value>[] = [];
    let size = 0;
    for (const [key, value] of entries) {
      const number = hash(key) % pageCount;
      const page = pages[number] ?? new Map<string, Value>();
      if (!page.has(key)) size += 1;
      pages[number] = page.set(key, value);
    }
    return new PersistentMap(pages, size);
  }

  get(key: string): Value | undefined {
    return this.#pages[hash(key) % pageCount]?.get(key);
  }

  /** This map with one entry added or replaced. */
  with(key: string, value: Value): PersistentMap<Value> {
    const number = hash(key) % pageCount;
    const page = this.#pages[number];
    const pages = [...this.#pages];
    pages[number] = new Map(page).set(key, value);
    return new PersistentMap(pages, page?.has(key) ? this.size : this.size + 1);
  }

  /** The entries by page. None of these is ever altered: the same page has the same entries. */
  get pages(): readonly ReadonlyMap<string, Value>[] {
    return this.#pages.filter((page) => page !== undefined);
  }

  *[Symbol.iterator](): Iterator<readonly [string, Value]> {
    for (const page of this.pages) yield* page;
  }
}

/** The same number for the same text in every process: FNV-1a, 32 bits. */
export function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let position = 0; position < text.length; position += 1) {
    state = Math.imul(state ^ text.charCodeAt(position), 0x01000193);
  }
  return state >>> 0;
}
