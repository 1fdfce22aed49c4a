import { type DocumentState, type SimilarDocument, unembeddedText } from './document-state.js';
import type { DeduplicationAction } from './results.js';

/** A document that another one replaces, unless it has changed meanwhile. */
export interface Replaced {
  readonly match: SimilarDocument;
  /** The last generation that is known to have been allotted to it. */
  readonly allotted: number;
  readonly isDemoted: boolean;
}

/** What was decided. */
export interface Verdict {
  readonly action: DeduplicationAction;
  readonly duplicate: SimilarDocument | null;
  readonly evidence: readonly SimilarDocument[];
  /** Whether the content that was decided upon lacks its embedding: another call may have begun it. */
  readonly isUnembedded: boolean;
  /** The last generation this call was allotted, or decided upon. */
  readonly generation: number;
  /** The record after the decision, if that is known. */
  readonly state?: DocumentState | undefined;
  /** Documents that were to be its aliases instead of standing. */
  readonly replaced?: readonly Replaced[] | undefined;
  /** The document that lists it as an alias, if that was just done. */
  readonly listedBy?: string | undefined;
}

/** The verdict on a content that stands already: what was found then still holds. */
export function unchanged(state: DocumentState, generation: number): Verdict {
  const evidence = state.review ? [state.review] : [];
  const isUnembedded = unembeddedText(state) !== null;
  return { action: 'unchanged', duplicate: null, evidence, isUnembedded, generation, state };
}
