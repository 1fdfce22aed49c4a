import { checkOptions } from '@norikv/store/checks';
import MiniSearch from 'minisearch';
import { checkFunctions, checkNumber } from '../core/checks.js';
import type { LexicalIndex } from './lexical-index.js';
import { stemOf, tellingWords, wordsOf } from './words.js';

/** Options of {@link createBm25Index}. */
export interface Bm25Options {
  /** How much more a word in the title counts. Default 2. */
  readonly titleBoost?: number | undefined;
  /** How soon a word that comes again stops to count. Default 1.2. */
  readonly k1?: number | undefined;
  /** How much long documents are held back, 0 to 1. Default 0.75. */
  readonly b?: number | undefined;
  /** Makes a word comparable, or drops it with ''. Default: lower case, without common English endings. */
  readonly normalize?: ((word: string) => string) | undefined;
}

/**
 * An index of words in memory that ranks by BM25+, on MiniSearch. Of a query, English words that are everywhere
 * ("what", "the") are left out, unless it has no others.
 *
 * @throws InvalidArgumentError if an option is wrong.
 *
 * @example
 * ```ts
 * import { SemanticSearchEngine } from '@norikv/vector-apps';
 * import { createBm25Index } from '@norikv/vector-apps/bm25';
 *
 * const engine = new SemanticSearchEngine(store, model, { lexical: createBm25Index() });
 * ```
 */
export function createBm25Index(options: Bm25Options = {}): LexicalIndex {
  checkOptions(options, ['titleBoost', 'k1', 'b', 'normalize']);
  const { titleBoost = 2, k1 = 1.2, b = 0.75 } = options;
  const { normalize = (word) => stemOf(word.toLowerCase()) } = options;
  checkNumber('titleBoost', titleBoost, 0, 1_000_000);
  checkNumber('k1', k1, 0, 1_000_000);
  checkNumber('b', b, 0, 1);
  checkFunctions({ normalize });
  const index = new MiniSearch<{ id: string; title: string; content: string }>({
    fields: ['title', 'content'],
    processTerm: (word) => normalize(word),
    searchOptions: { boost: { title: titleBoost }, bm25: { k: k1, b, d: 0.5 } },
  });
  return {
    add(id, { title, content }) {
      if (index.has(id)) index.discard(id);
      index.add({ id, title, content });
    },
    remove(id) {
      if (index.has(id)) index.discard(id);
    },
    search(query, limit) {
      const words = wordsOf(query).map(({ start, end }) => query.slice(start, end));
      const found = index.search(tellingWords(words).join(' ')).slice(0, limit);
      return found.map(({ id, score, queryTerms }) => ({ id: String(id), score, terms: queryTerms }));
    },
  };
}
