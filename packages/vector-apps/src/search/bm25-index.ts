import { checkOptions } from '@norikv/store/checks';
import MiniSearch from 'minisearch';
import { checkFunctions, checkNumber } from '../core/checks.js';
import type { LexicalIndex } from './lexical-index.js';
import { comparable, tellingWordsOf, wordsOf } from './words.js';

/** Options of {@link createBm25Index}. */
export interface Bm25Options {
  /** How much more a word in the title counts. Default 2. */
  readonly titleBoost?: number | undefined;
  /** How soon more repetitions of a word stop counting. Default 1.2. */
  readonly k1?: number | undefined;
  /** How much long documents are held back, 0 to 1. Default 0.75. */
  readonly b?: number | undefined;
  /**
   * Makes a word comparable, or drops it with ''; passages and highlights follow it. Default: lower case, without
   * common English endings.
   */
  readonly normalize?: ((word: string) => string) | undefined;
}

interface Text {
  readonly id: string;
  readonly title: string;
  readonly content: string;
}

/**
 * An index of words in memory, beside the texts, that ranks by BM25+, on MiniSearch. Of a query, English words that
 * are everywhere ("what", "the") are left out, unless it has no others.
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
  const { titleBoost = 2, k1 = 1.2, b = 0.75, normalize = comparable } = options;
  checkNumber('titleBoost', titleBoost, 0, 1_000_000);
  checkNumber('k1', k1, 0, 1_000_000);
  checkNumber('b', b, 0, 1);
  checkFunctions({ normalize });
  const index = new MiniSearch<Text>({
    fields: ['title', 'content'],
    tokenize: (text) => wordsOf(text),
    processTerm: (word) => word && normalize(word),
    searchOptions: { boost: { title: titleBoost }, bm25: { k: k1, b, d: 0.5 }, tokenize: tellingWordsOf },
  });
  const texts = new Map<string, Text>();
  // A document that MiniSearch discards by its id alone counts in the scores of others for some more searches.
  const remove = (id: string): void => {
    const text = texts.get(id);
    texts.delete(id);
    if (text) index.remove(text);
    // It was added in part: `normalize` had thrown.
    else if (index.has(id)) index.discard(id);
  };
  return {
    add(id, { title, content }) {
      remove(id);
      const text = { id, title, content };
      index.add(text);
      texts.set(id, text);
    },
    remove,
    search(query, limit) {
      const found = index.search(query).slice(0, limit);
      return found.map(({ id, score, queryTerms }) => ({ id: String(id), score, terms: queryTerms }));
    },
    normalize,
  };
}
