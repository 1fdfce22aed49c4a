import { type Change, keep, type Transition, write } from '@norikv/cas-retry';
import {
  type Alias,
  type Candidate,
  type DocumentState,
  isThere,
  type Revision,
  type SimilarDocument,
  unknownDocument,
} from './document-state.js';
import { bare } from './fingerprint.js';

/** What a call found when it wanted to make its content the candidate. */
export type Beginning =
  | { readonly kind: 'fenced' }
  /** The candidate is now this one; `joined` if another call had begun it with the same content. */
  | { readonly kind: 'begun' | 'joined'; readonly candidate: Candidate; readonly isUpdate: boolean }
  /** Another content is being decided upon. */
  | { readonly kind: 'occupied'; readonly candidate: Candidate }
  /** There is nothing to decide: it stands already, or what it is based on is gone. */
  | { readonly kind: 'settled'; readonly state: DocumentState };

/** Whether a step took place, and the state afterwards. */
export interface Step {
  readonly isDone: boolean;
  readonly state: DocumentState;
}

/** What became of a document that was to be listed as an alias. */
export type Listing = 'listed' | 'full' | 'not-standing';

type Decide = (state: DocumentState) => DocumentState | boolean;

/** Makes a step: a new state is written; true: it was done before; false: it cannot be done. */
function step(decide: Decide): Transition<DocumentState, Step> {
  return (state = unknownDocument): Change<DocumentState, Step> => {
    const decided = decide(state);
    if (typeof decided === 'boolean') return keep({ isDone: decided, state });
    return write(decided, { isDone: true, state: decided });
  };
}

/** What a content is to be of the document already, or else it was removed meanwhile and is not to come back. */
export type Basis = 'standing' | 'alias';

/** Makes a content the candidate. */
export function begin(wanted: Candidate, basis?: Basis): Transition<DocumentState, Beginning> {
  return (state = unknownDocument): Change<DocumentState, Beginning> => {
    const { standing, candidate, alias, floor } = state;
    const isSame = (one: Revision | null | undefined): boolean =>
      one?.fingerprint.hash === wanted.fingerprint.hash;
    const isUpdate = standing !== null;
    const isKnown = basis === 'standing' ? isSame(standing) : isSame(alias?.revision);
    if (isSame(standing) && basis !== 'standing') return keep({ kind: 'settled', state });
    if (candidate && !isSame(candidate)) return keep({ kind: 'occupied', candidate });
    if (candidate && !completes(wanted, candidate)) return keep({ kind: 'joined', candidate, isUpdate });
    if (basis && !isKnown) return keep({ kind: 'settled', state });
    if (wanted.generation <= floor) return keep({ kind: 'fenced' });
    const leftovers = left(state, candidate);
    return write({ ...state, candidate: wanted, leftovers }, { kind: 'begun', candidate: wanted, isUpdate });
  };
}

/** Whether a content has the embedding that the same content lacks, as it was begun while the embedder was down. */
function completes({ fingerprint: { vector } }: Revision, { fingerprint }: Revision): boolean {
  return vector !== null && fingerprint.unembedded !== null;
}

/** Takes a candidate back: its own call gives up, or another one outlasted or outranked it. */
export function withdraw(generation: number): Transition<DocumentState, Step> {
  return step((state) => {
    if (state.candidate?.generation !== generation) return false;
    return { ...state, candidate: null, leftovers: left(state, state.candidate) };
  });
}

/** Lets the candidate stand, in place of what stood: the one moment at which a document is admitted. */
export function admit(
  generation: number,
  review: SimilarDocument | null,
  replaced: readonly string[],
): Transition<DocumentState, Step> {
  return step((state) => {
    const { candidate, standing, alias } = state;
    if (candidate?.generation !== generation) return standing?.generation === generation;
    const { fingerprint } = candidate;
    const isSameText = standing?.fingerprint.hash === fingerprint.hash;
    const kept = isSameText || !standing ? state.aliases : [];
    return {
      ...state,
      standing: { generation, fingerprint },
      candidate: null,
      alias: null,
      aliases: union(kept, replaced),
      orphans: kept === state.aliases ? state.orphans : union(state.orphans, state.aliases),
      formerHeads: headsAfter(state, null),
      leftovers: left(state, standing, alias?.revision ?? null),
      review,
      floor: Math.max(state.floor, generation),
    };
  });
}

/** Lists a document as an alias of this one, while this content stands. */
export function list(
  alias: string,
  generation: number,
  mostAliases: number,
): Transition<DocumentState, Listing> {
  return (state = unknownDocument): Change<DocumentState, Listing> => {
    if (state.standing?.generation !== generation) return keep('not-standing');
    if (state.aliases.includes(alias)) return keep('listed');
    if (state.aliases.length >= mostAliases) return keep('full');
    return write({ ...state, aliases: [...state.aliases, alias] }, 'listed');
  };
}

/** Strikes documents off the lists of this one. */
export function unlist(ids: readonly string[]): Transition<DocumentState, Step> {
  return step((state) => {
    const aliases = without(state.aliases, ids);
    const orphans = without(state.orphans, ids);
    const isChanged = aliases.length + orphans.length < state.aliases.length + state.orphans.length;
    return !isChanged || { ...state, aliases, orphans };
  });
}

/** Makes the candidate an alias of another document. */
export function link(
  generation: number,
  match: SimilarDocument,
  isMember: boolean,
): Transition<DocumentState, Step> {
  return step((state) => {
    const { candidate, alias } = state;
    if (candidate?.generation !== generation) {
      if (alias?.revision.generation !== generation) return false;
      // Whoever was first may have removed its traces before this call had entered all of them.
      return alias.isMember || { ...state, leftovers: left(state, alias.revision) };
    }
    const { fingerprint } = candidate;
    const leftovers = left(state, alias?.revision ?? null, isMember ? null : candidate);
    const made: Alias = { match, revision: { generation, fingerprint }, isMember };
    const formerHeads = headsAfter(state, match.id);
    const floor = Math.max(state.floor, generation);
    return { ...state, candidate: null, alias: made, formerHeads, leftovers, floor };
  });
}

/**
 * Makes this document an alias of the one that replaces it.
 *
 * @param floor - the generation allotted for this; not done if it was fenced.
 */
export function demote(
  generation: number,
  match: SimilarDocument,
  floor: number,
): Transition<DocumentState, Step> {
  return step((state) => {
    const { standing } = state;
    if (standing?.generation !== generation || floor <= state.floor) return false;
    const alias = { match, revision: standing, isMember: false };
    return { ...state, standing: null, alias, review: null, leftovers: left(state, standing), floor };
  });
}

/**
 * Ends a document, and fences every call that began before.
 *
 * @param floor - the generation allotted for this; not done if it was fenced.
 */
export function remove(floor: number): Transition<DocumentState, Step> {
  return step((state) => {
    if (!isThere(state) || floor <= state.floor) return false;
    const { standing, candidate, alias, aliases } = state;
    const leftovers = left(state, standing, candidate, alias?.revision ?? null);
    const orphans = union(state.orphans, aliases);
    return { ...unknownDocument, orphans, formerHeads: headsAfter(state, null), leftovers, floor };
  });
}

/** Takes note that what a state had outstanding is done. */
export function settled(done: DocumentState): Transition<DocumentState, Step> {
  const gone = new Set(done.leftovers.map(({ generation }) => generation));
  return step((state) => ({
    ...state,
    orphans: without(state.orphans, done.orphans),
    formerHeads: without(state.formerHeads, done.formerHeads),
    leftovers: state.leftovers.filter(({ generation }) => !gone.has(generation)),
    floor: Math.max(state.floor, ...gone),
  }));
}

/** Fences every call that was allotted a generation up to this one and has not begun. */
export function fence(floor: number): Transition<DocumentState, Step> {
  return step((state) => state.floor >= floor || { ...state, floor });
}

/** Without vectors and texts: finding the traces of a content takes less. */
function left({ leftovers }: DocumentState, ...more: readonly (Revision | null)[]): Revision[] {
  const revisions = more.filter((one) => one !== null);
  return [
    ...leftovers,
    ...revisions.map((one) => ({ generation: one.generation, fingerprint: bare(one.fingerprint) })),
  ];
}

function headsAfter({ alias, formerHeads }: DocumentState, head: string | null): readonly string[] {
  const former = alias ? union(formerHeads, [alias.match.id]) : formerHeads;
  return head === null ? former : without(former, [head]);
}

function union(left: readonly string[], right: readonly string[]): string[] {
  return [...new Set([...left, ...right])];
}

function without(ids: readonly string[], gone: readonly string[]): string[] {
  return ids.filter((id) => !gone.includes(id));
}
