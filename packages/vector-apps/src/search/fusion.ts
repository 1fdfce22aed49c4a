import { checkOneOf, refuse } from '@norikv/store/checks';
import { checkNumber } from '../core/checks.js';
import { byScore } from '../core/ranking.js';
import type { VectorHit } from '../core/select.js';
import type { LexicalHit } from './lexical-index.js';

/** How the two rankings become one. A weight of 0 or 1 turns a leg off: it is not even asked. */
export type Fusion =
  /** Weighted sum of both scores, each stretched to [0, 1] over its candidates. */
  | { readonly method: 'weighted'; readonly lexicalWeight?: number | undefined }
  /** Weighted sum of 1 / (k + rank). Default `k` is 60. Takes places, not scores: strong when scores mean little. */
  | {
      readonly method: 'reciprocal-rank';
      readonly lexicalWeight?: number | undefined;
      readonly k?: number | undefined;
    };

/** What one leg gave a document. */
export interface LegScore {
  /** From 1. */
  readonly rank: number;
  /** What the leg measures: cosine similarity, or the score of the lexical index. */
  readonly score: number;
  /** Of that, the part of the final score. */
  readonly contribution: number;
}

/** Where a score comes from. A leg is null if it was off, or did not find the document. */
export interface SearchExplanation {
  readonly vector: (LegScore & { readonly distance: number }) | null;
  readonly lexical: (LegScore & { readonly terms: readonly string[] }) | null;
}

/** A document by its rank. */
export interface RankedDocument extends SearchExplanation {
  readonly id: string;
  /** 0 to 1, higher is better. */
  readonly score: number;
  /** The chunk nearest to the query; null if only the lexical leg found it. */
  readonly part: number | null;
}

/** What both legs found, best first; null where a leg is off. */
export interface Rankings {
  readonly vector: readonly VectorHit[] | null;
  readonly lexical: readonly LexicalHit[] | null;
}

/**
 * Weight of the lexical leg.
 *
 * @throws InvalidArgumentError if the fusion is none.
 */
export function lexicalWeightOf(fusion: Fusion): number {
  if (typeof fusion !== 'object' || fusion === null) refuse('fusion', fusion, 'an object with a method');
  checkOneOf('fusion.method', fusion.method, ['weighted', 'reciprocal-rank']);
  if (fusion.method === 'reciprocal-rank')
    checkNumber('fusion.k', fusion.k ?? 60, 0, Number.MAX_SAFE_INTEGER);
  return checkNumber('fusion.lexicalWeight', fusion.lexicalWeight ?? 0.5, 0, 1);
}

/** The rankings that a search with this fusion has. */
export function askedOf({ vector, lexical }: Rankings, fusion: Fusion): Rankings {
  const weight = lexicalWeightOf(fusion);
  return { vector: lexical && weight === 1 ? null : vector, lexical: weight === 0 ? null : lexical };
}

/**
 * Joins two rankings, best first, ties by id.
 *
 * With the vector leg alone the order is its own, and the score the cosine similarity, 0 where it is negative. Otherwise it is
 * relative to the best of this query: with the lexical leg alone its score by that of the best, stretched to [0, 1] where
 * scores are negative.
 */
export function fuse({ vector, lexical }: Rankings, fusion: Fusion): RankedDocument[] {
  const vectorScores = vector?.map(({ distance }) => 1 - distance) ?? [];
  const lexicalScores = lexical?.map(({ score }) => score) ?? [];
  const [vectorShares, lexicalShares] =
    vector && lexical
      ? sharesOf(vectorScores, lexicalScores, fusion)
      : [vectorScores.map((score) => Math.max(0, score)), byBest(lexicalScores)];

  const documents = new Map<string, RankedDocument>();
  for (const [place, { id, part, distance }] of (vector ?? []).entries()) {
    const contribution = vectorShares[place] ?? 0;
    const leg = { rank: place + 1, score: 1 - distance, contribution, distance };
    documents.set(id, { id, part, score: contribution, vector: leg, lexical: null });
  }
  for (const [place, { id, score, terms }] of (lexical ?? []).entries()) {
    const contribution = lexicalShares[place] ?? 0;
    const leg = { rank: place + 1, score, contribution, terms };
    const found = documents.get(id) ?? { id, part: null, score: 0, vector: null };
    documents.set(id, { ...found, score: found.score + contribution, lexical: leg });
  }
  const ranked = [...documents.values()];
  // Where the similarity is negative, the score does not tell what is nearer.
  return lexical ? ranked.sort(byScore) : ranked;
}

/**
 * Joins two rankings circle by circle: the first `ends[0]` of both, then what is new within `ends[1]`, and so on.
 * How far somebody looked does not change the order of what was seen before. Scores never rise from one circle to
 * the next.
 */
export function fuseInCircles(
  rankings: (end: number) => Rankings,
  fusion: Fusion,
  ends: readonly number[],
): RankedDocument[] {
  const ranked = new Map<string, RankedDocument>();
  let most = Number.POSITIVE_INFINITY;
  for (const end of ends) {
    const fresh = fuse(rankings(end), fusion).filter(({ id }) => !ranked.has(id));
    for (const document of fresh) ranked.set(document.id, lowered(document, most));
    most = Math.min(most, fresh.at(-1)?.score ?? most);
  }
  return [...ranked.values()];
}

function lowered(document: RankedDocument, most: number): RankedDocument {
  if (document.score <= most) return document;
  const factor = most / document.score;
  const { vector, lexical } = document;
  return {
    ...document,
    score: most,
    vector: vector && { ...vector, contribution: vector.contribution * factor },
    lexical: lexical && { ...lexical, contribution: lexical.contribution * factor },
  };
}

function sharesOf(
  vector: readonly number[],
  lexical: readonly number[],
  fusion: Fusion,
): readonly [number[], number[]] {
  const weight = lexicalWeightOf(fusion);
  if (fusion.method === 'weighted') {
    return [scaled(stretched(vector), 1 - weight), scaled(stretched(lexical), weight)];
  }
  const { k = 60 } = fusion;
  // By what the first place in both legs would give.
  const byRank = (scores: readonly number[]): number[] => scores.map((_, place) => (k + 1) / (k + place + 1));
  return [scaled(byRank(vector), 1 - weight), scaled(byRank(lexical), weight)];
}

function stretched(scores: readonly number[]): number[] {
  const highest = scores[0] ?? 0;
  const lowest = scores.at(-1) ?? 0;
  return scores.map((score) => (highest === lowest ? 1 : (score - lowest) / (highest - lowest)));
}

/** By the best. A share of what may be negative says nothing. */
function byBest(scores: readonly number[]): number[] {
  const [best = 0, least = 0] = [scores[0], scores.at(-1)];
  if (least < 0) return stretched(scores);
  return scores.map((score) => (best > 0 ? score / best : 1));
}

function scaled(scores: readonly number[], weight: number): number[] {
  return scores.map((score) => score * weight);
}
