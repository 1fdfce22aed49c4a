import type { VectorRecord } from '../core/vector-record.js';
import type { StoredDocument } from './document.js';
import type { LexicalHit } from './lexical-index.js';
import type { LexicalLeg } from './lexical-leg.js';

/** What the lexical leg finds for one search, by the words of the records that the search has read. */
export class LexicalRanking {
  readonly #leg: LexicalLeg;
  readonly #query: string;
  readonly #since: number;
  #latest: { readonly count: number; readonly hits: readonly LexicalHit[] } | undefined;

  /** To be made before the search reads a record. */
  constructor(leg: LexicalLeg, query: string) {
    this.#leg = leg;
    this.#query = query;
    this.#since = leg.latest;
  }

  /** The best so many documents, best first. */
  first(count: number): readonly LexicalHit[] {
    if (this.#latest?.count !== count) this.#latest = { count, hits: this.#leg.search(this.#query, count) };
    return this.#latest.hits;
  }

  /** Takes note of a record that was read: where its words were others, the ranking is made anew. */
  note(id: string, record: VectorRecord<StoredDocument<object>> | null): void {
    if (this.#leg.note(id, record, this.#since)) this.#latest = undefined;
  }
}
