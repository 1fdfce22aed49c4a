import { refuse } from '@norikv/store/checks';
import { checkFunctions } from '../core/checks.js';

/** A document found by its words. */
export interface LexicalHit {
  readonly id: string;
  /** Higher is better; on a scale of the index's own. */
  readonly score: number;
  /** The words of the query that were found. */
  readonly terms: readonly string[];
}

/**
 * An index of words in memory, filled from the records. `createBm25Index` of `@norikv/vector-apps/bm25` makes
 * one; any other will do.
 */
export interface LexicalIndex {
  /** Adds a document, or replaces it. */
  add(id: string, document: { readonly title: string; readonly content: string }): void;
  /** Removes a document, if it is there. */
  remove(id: string): void;
  /** The best documents for a query, best first, each once. Scores are finite. */
  search(query: string, limit: number): readonly LexicalHit[];
  /** How it makes words comparable: passages and highlights follow it. Default: as `createBm25Index()` does. */
  readonly normalize?: ((word: string) => string) | undefined;
}

/** @throws InvalidArgumentError unless the value has the functions of an index. */
export function checkLexical(lexical: LexicalIndex): void {
  const { add, remove, search, normalize } = lexical ?? {};
  for (const [name, value] of Object.entries({ add, remove, search })) {
    if (typeof value !== 'function') refuse(`lexical.${name}`, value, 'an index such as createBm25Index()');
  }
  checkFunctions({ 'lexical.normalize': normalize });
}
