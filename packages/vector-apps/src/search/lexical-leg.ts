import type { VectorRecord } from '../core/vector-record.js';
import type { StoredDocument } from './document.js';
import type { LexicalHit, LexicalIndex } from './lexical-index.js';

/** The lexical index of this process, which learns from every record that is read what others have written. */
export class LexicalLeg {
  readonly #index: LexicalIndex;
  readonly #generations = new Map<string, number>();

  constructor(index: LexicalIndex) {
    this.#index = index;
  }

  get ids(): readonly string[] {
    return [...this.#generations.keys()];
  }

  /** Takes note of a record, or that there is none. True if the index knew something else. */
  note(id: string, record: VectorRecord<StoredDocument<object>> | null): boolean {
    const known = this.#generations.get(id);
    if (record === null) {
      if (known === undefined) return false;
      this.#generations.delete(id);
      this.#index.remove(id);
      return true;
    }
    if (known !== undefined && known >= record.generation) return false;
    this.#generations.set(id, record.generation);
    this.#index.add(id, record.data);
    return true;
  }

  search(query: string, limit: number): readonly LexicalHit[] {
    return this.#index.search(query, limit);
  }
}
