import { cosine } from '../core/vector-math.js';
import { decodeSignature, decodeVector, type Fingerprint } from './fingerprint.js';
import { type Objection, objectionTo } from './guard.js';
import { jaccard } from './min-hash.js';

/** Which comparison found a duplicate. */
export type DeduplicationStage = 'exact' | 'near' | 'semantic';

/** From which similarity on texts count as the same. Null: the stage is off. */
export interface Thresholds {
  /** Estimated Jaccard similarity of the words. */
  readonly near: number | null;
  /** Cosine similarity of the embeddings. */
  readonly semantic: number | null;
  /** Cosine similarity from which a person should look. */
  readonly review: number;
}

/** How similar two texts are, and what follows. */
export interface Comparison {
  readonly stage: DeduplicationStage;
  /** 1 for equal texts, the estimated Jaccard similarity of the words, or the cosine of the embeddings. */
  readonly similarity: number;
  /** `review`: similar, but not certain enough to decide without a person. */
  readonly verdict: 'duplicate' | 'review';
  /** What speaks against a duplicate although the similarity is high enough. */
  readonly objection: Objection | null;
}

/** Compares two texts by their fingerprints. Null if they are distinct. Symmetric. */
export function compare(left: Fingerprint, right: Fingerprint, thresholds: Thresholds): Comparison | null {
  if (left.hash === right.hash) {
    return { stage: 'exact', similarity: 1, verdict: 'duplicate', objection: null };
  }
  const near = nearness(left, right, thresholds.near);
  if (near?.verdict === 'duplicate') return near;
  const semantic = semanticNearness(left, right, thresholds);
  return semantic?.verdict === 'duplicate' ? semantic : (near ?? semantic);
}

function nearness(left: Fingerprint, right: Fingerprint, threshold: number | null): Comparison | null {
  if (threshold === null || !left.signature || !right.signature) return null;
  const similarity = jaccard(decodeSignature(left.signature), decodeSignature(right.signature));
  if (similarity < threshold) return null;
  const differing = ((left.wordCount + right.wordCount) * (1 - similarity)) / (1 + similarity);
  return judged('near', similarity, objectionTo(left.facts, right.facts, differing));
}

function semanticNearness(left: Fingerprint, right: Fingerprint, thresholds: Thresholds): Comparison | null {
  if (thresholds.semantic === null || !left.vector || !right.vector) return null;
  const similarity = cosine(decodeVector(left.vector), decodeVector(right.vector));
  if (similarity < thresholds.review) return null;
  const objection = objectionTo(left.facts, right.facts);
  if (similarity >= thresholds.semantic) return judged('semantic', similarity, objection);
  return { stage: 'semantic', similarity, verdict: 'review', objection };
}

function judged(stage: DeduplicationStage, similarity: number, objection: Objection | null): Comparison {
  return { stage, similarity, verdict: objection ? 'review' : 'duplicate', objection };
}
