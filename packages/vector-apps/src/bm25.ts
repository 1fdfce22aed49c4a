export { type Bm25Options, createBm25Index } from './search/bm25-index.js';
export type { LexicalHit, LexicalIndex } from './search/lexical-index.js';
