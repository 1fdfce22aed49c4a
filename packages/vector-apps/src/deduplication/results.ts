import type { DeduplicationStage } from './comparison.js';
import { type DocumentState, type SimilarDocument, unembeddedText } from './document-state.js';
import type { Verdict } from './verdict.js';

/**
 * What a call did with its document.
 * - `admitted`: it is new, or no duplicate any more, and stands.
 * - `updated`: it stood, and has new content now.
 * - `unchanged`: it stands, or is an alias, with this very content, since before.
 * - `rejected`: it is a duplicate. If it stood with other content, that stays.
 * - `linked`, `merged`: it is a duplicate, and kept as an alias.
 * - `replaced`: it duplicates `duplicateOf`, stands, and that one is its alias now.
 */
export type DeduplicationAction =
  | 'admitted'
  | 'updated'
  | 'unchanged'
  | 'rejected'
  | 'linked'
  | 'merged'
  | 'replaced';

/** The answer of `checkAndStore`. */
export interface DeduplicationResult {
  readonly isDuplicate: boolean;
  /** The document that it duplicates, or null. */
  readonly duplicateOf: string | null;
  /** How similar they are, by the measure of `stage`; 0 if it is no duplicate. */
  readonly similarity: number;
  /** What found the duplicate. */
  readonly stage: DeduplicationStage | null;
  readonly action: DeduplicationAction;
  /** The most similar document that is no certain duplicate: a person should look. */
  readonly review: SimilarDocument | null;
  /** All similar documents that were found, the most similar first. */
  readonly evidence: readonly SimilarDocument[];
  /** True if the embedder was down: the meaning was not compared yet, see `resume`. */
  readonly isUnembedded: boolean;
  /**
   * What cut the call off after its decision, such as the end of its time; null if nothing did. The decision holds,
   * and `repair` does the rest.
   */
  readonly cutOffBy: unknown;
}

/** What is known of a document. */
export interface StoredDocument {
  readonly id: string;
  /** Whether it was admitted. */
  readonly isAdmitted: boolean;
  /** Of which it is an alias, or null. */
  readonly duplicateOf: string | null;
  /** Its aliases, oldest first. */
  readonly aliases: readonly string[];
  readonly review: SimilarDocument | null;
  readonly isUnembedded: boolean;
}

/** Tells a caller what was decided. */
export function resultOf(
  { action, duplicate, evidence, isUnembedded, state }: Verdict,
  cutOffBy: unknown = null,
): DeduplicationResult {
  const kept = action === 'unchanged' ? state : undefined;
  return {
    isDuplicate: duplicate !== null,
    duplicateOf: duplicate?.id ?? null,
    similarity: duplicate?.similarity ?? 0,
    stage: duplicate?.stage ?? null,
    action,
    review: kept ? kept.review : (evidence.find(({ verdict }) => verdict === 'review') ?? null),
    evidence,
    isUnembedded,
    cutOffBy,
  };
}

/** What a record tells a caller; null if nothing is stored under the id. */
export function storedDocument(id: string, state: DocumentState): StoredDocument | null {
  const { standing, alias, aliases, review } = state;
  if (!standing && !alias) return null;
  return {
    id,
    isAdmitted: standing !== null,
    duplicateOf: alias?.match.id ?? null,
    aliases,
    review,
    isUnembedded: unembeddedText(state) !== null,
  };
}
