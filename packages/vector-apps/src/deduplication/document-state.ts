import { type Codec, jsonCodec } from '@norikv/cas-retry';
import type { Comparison } from './comparison.js';
import type { Fingerprint } from './fingerprint.js';

/** One content of a document. Its generation is never used again for that document. */
export interface Revision {
  readonly generation: number;
  readonly fingerprint: Fingerprint;
}

/** A content that is in the index and not yet decided upon. */
export interface Candidate extends Revision {
  /** Wall-clock time of the call, in milliseconds: of two candidates the earlier goes first. */
  readonly since: number;
}

/** A document that is similar to this one, and how. */
export interface SimilarDocument extends Comparison {
  readonly id: string;
}

/** That a document is a known duplicate of another. */
export interface Alias {
  /** Of which: `match.id`. */
  readonly match: SimilarDocument;
  readonly revision: Revision;
  /** Whether later texts are compared with it too. */
  readonly isMember: boolean;
}

/** All that is known of one id. The record is the truth; claims, bands and vectors are derived from it. */
export interface DocumentState {
  /** What was admitted. */
  readonly standing: Revision | null;
  readonly candidate: Candidate | null;
  readonly alias: Alias | null;
  /** The duplicates of this document that are kept as its aliases, oldest first. */
  readonly aliases: readonly string[];
  /** Former aliases that are to be decided upon anew. */
  readonly orphans: readonly string[];
  /** Documents this one is an alias of no longer, whose lists still name it. */
  readonly formerHeads: readonly string[];
  /** Contents whose traces in the index are to be removed. */
  readonly leftovers: readonly Revision[];
  /** A similar document that a person should look at. */
  readonly review: SimilarDocument | null;
  /** No generation up to this one may begin any more. */
  readonly floor: number;
}

/** The state of an id nothing is known of. */
export const unknownDocument: DocumentState = {
  standing: null,
  candidate: null,
  alias: null,
  aliases: [],
  orphans: [],
  formerHeads: [],
  leftovers: [],
  review: null,
  floor: 0,
};

/** How a {@link DocumentState} is kept. */
export const documentCodec: Codec<DocumentState> = jsonCodec((data): DocumentState => {
  const state = data as DocumentState;
  const isState =
    [state.standing, state.candidate, state.alias?.revision ?? null].every(
      (revision) => revision === null || isRevision(revision),
    ) &&
    [state.aliases, state.orphans, state.formerHeads].every((ids) => Array.isArray(ids)) &&
    Array.isArray(state.leftovers) &&
    state.leftovers.every(isRevision) &&
    Number.isSafeInteger(state.floor);
  if (!isState) throw new TypeError('not the record of a document');
  return state;
});

function isRevision(value: unknown): boolean {
  const { generation, fingerprint } = (value ?? {}) as Partial<Revision>;
  return Number.isSafeInteger(generation) && typeof fingerprint?.hash === 'string';
}

/** The contents others are compared with. */
export function liveRevisions({ standing, candidate, alias }: DocumentState): Revision[] {
  return [standing, candidate, alias?.isMember ? alias.revision : null].filter((one) => one !== null);
}

/** The content that was decided upon: it stands, or is that of an alias. */
export function contentOf({ standing, alias }: DocumentState): Fingerprint | undefined {
  return (standing ?? alias?.revision)?.fingerprint;
}

/** Its text, while its embedding is outstanding; null otherwise. */
export function unembeddedText(state: DocumentState): string | null {
  return contentOf(state)?.unembedded ?? null;
}

/** Whether nothing is under way and nothing is left to be removed. */
export function isSettled({ candidate, ...state }: DocumentState): boolean {
  return !candidate && !hasOutstanding(state);
}

/** Whether there is something to be done that anybody can do. */
export function hasOutstanding({
  orphans,
  formerHeads,
  leftovers,
}: Pick<DocumentState, 'orphans' | 'formerHeads' | 'leftovers'>): boolean {
  return orphans.length + formerHeads.length + leftovers.length > 0;
}

/** Whether there is a content, decided upon or not. */
export function isThere({ standing, candidate, alias }: DocumentState): boolean {
  return standing !== null || candidate !== null || alias !== null;
}

/** Whether nothing is left of the document but the fence against those who began before. */
export function isGone(state: DocumentState): boolean {
  return !isThere(state) && state.aliases.length === 0 && isSettled(state);
}

/** Whether a candidate goes before another: any total order will do, and the earlier is the fairer. */
export function precedes(
  left: { readonly id: string; readonly candidate: Candidate },
  right: { readonly id: string; readonly candidate: Candidate },
): boolean {
  const apart = left.candidate.since - right.candidate.since;
  return apart < 0 || (apart === 0 && left.id < right.id);
}
