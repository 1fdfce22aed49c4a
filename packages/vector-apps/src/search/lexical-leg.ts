import { checkAtOnce, refuse } from '@norikv/store/checks';
import type { VectorRecord } from '../core/vector-record.js';
import type { StoredDocument } from './document.js';
import type { LexicalHit, LexicalIndex } from './lexical-index.js';
import type { Normalize } from './words.js';

/** The lexical index of this process, which learns from every record that is read what others have written. */
export class LexicalLeg {
  readonly #index: LexicalIndex;
  readonly #known = new Map<string, { readonly generation: number; readonly notedAt: number }>();
  #latest = 0;

  /** Makes a word comparable, if the index has a way of its own. */
  readonly normalize: Normalize | undefined;

  constructor(index: LexicalIndex) {
    this.#index = index;
    this.normalize = index.normalize?.bind(index);
  }

  get ids(): readonly string[] {
    return [...this.#known.keys()];
  }

  /** The number of the latest note. */
  get latest(): number {
    return this.#latest;
  }

  /**
   * Takes note of a record, or that there is none. True if the index knew something else, or did so at `since`.
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
      checkAtOnce('what lexical.remove answers', this.#index.remove(id), atOnce);
      return true;
    }
    if (known !== undefined && known.generation >= record.generation) {
      return known.generation === record.generation && known.notedAt > since;
    }
    this.#latest += 1;
    this.#known.set(id, { generation: record.generation, notedAt: this.#latest });
    checkAtOnce('what lexical.add answers', this.#index.add(id, record.data), atOnce);
    return true;
  }

  /**
   * The best documents, best first, each once.
   *
   * @throws InvalidArgumentError for a score that is no number: it would make those of all others no numbers.
   */
  search(query: string, limit: number): readonly LexicalHit[] {
    const found = checkAtOnce('what lexical.search answers', this.#index.search(query, limit), atOnce);
    const byId = new Map<string, LexicalHit>();
    for (const hit of found) {
      if (!Number.isFinite(hit.score)) refuse('a score of lexical.search', hit.score, 'finite numbers');
      if (hit.score > (byId.get(hit.id)?.score ?? Number.NEGATIVE_INFINITY)) byId.set(hit.id, hit);
    }
    return [...byId.values()].sort((one, other) => other.score - one.score);
  }
}

const atOnce = 'an index that works at once';
