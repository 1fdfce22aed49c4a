import type { VectorRecord } from '../core/vector-record.js';
import type { StoredDocument } from './document.js';
import type { LexicalHit, LexicalIndex } from './lexical-index.js';

/** The lexical index of this process, which learns from every record that is read what others have written. */
export class LexicalLeg {
  readonly #index: LexicalIndex;
  readonly #known = new Map<string, { readonly generation: number; readonly notedAt: number }>();
  #latest = 0;

  constructor(index: LexicalIndex) {
    this.#index = index;
  }

  get ids(): readonly string[] {
    return [...this.#known.keys()];
  }

  /** The number of the latest note. */
  get latest(): number {
    return this.#latest;
  }

  /**
   * Takes note of a record, or that there is none. True if the index knew something else.
   *
   * @param since - what `latest` was before the record was read: a record that was written meanwhile is there,
   * although a read that began earlier has not seen it.
   */
  note(
    id: string,
    record: VectorRecord<StoredDocument<object>> | null,
    since: number = Number.POSITIVE_INFINITY,
  ): boolean {
    const known = this.#known.get(id);
    if (record === null) {
      if (known === undefined || known.notedAt > since) return false;
      this.#known.delete(id);
      this.#index.remove(id);
      return true;
    }
    if (known !== undefined && known.generation >= record.generation) return false;
    this.#latest += 1;
    this.#known.set(id, { generation: record.generation, notedAt: this.#latest });
    this.#index.add(id, record.data);
    return true;
  }

  search(query: string, limit: number): readonly LexicalHit[] {
    return this.#index.search(query, limit);
  }
}
