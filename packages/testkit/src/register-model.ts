import type { Condition, Version } from '@norikv/store';
import type { HistoryOperation } from './history.js';

/** What a key holds: null if absent. */
export type RegisterState = PresentState | null;

/** A value and the write it comes from. */
interface PresentState {
  readonly value: string;
  /** Undefined while nobody has seen the version of a write whose reply was lost. */
  readonly version: string | undefined;
  /** The write, which tells two unseen versions apart. */
  readonly writer: HistoryOperation;
}

/** One operation taking effect. */
export interface Step {
  /** The state before it, now with the version the operation saw or used. */
  readonly seen: RegisterState;
  readonly next: RegisterState;
}

/** Whether the write of a state, its reply lost, may have made this version. */
export type CouldBe = (version: string) => boolean;

/** Lets an operation take effect; undefined if it could not have had its answer in this state. */
export function takeEffect(
  state: RegisterState,
  operation: HistoryOperation,
  couldBe: CouldBe,
): Step | undefined {
  const claim = claimOf(operation);
  if (claim === undefined) return stepFrom(state, operation);
  if (claim === null) return state === null ? stepFrom(null, operation) : undefined;
  if (state === null || (claim.value !== undefined && claim.value !== state.value)) return undefined;
  if (state.version === claim.version) return stepFrom(state, operation);
  if (state.version !== undefined || !couldBe(claim.version)) return undefined;
  return stepFrom({ ...state, version: claim.version }, operation);
}

/** A version as text: equal texts are equal versions. */
export function versionText(version: Version): string {
  return `${version.term}/${version.index}`;
}

interface Claim {
  readonly version: string;
  readonly value?: string;
}

/** What the operation says the key held: null for absent, undefined for nothing. */
function claimOf({ action, result }: HistoryOperation): Claim | null | undefined {
  if (result.kind === 'missing') return null;
  if (result.kind === 'found') return entryClaim(result.entry);
  if (result.kind === 'refused') return result.actual ? entryClaim(result.actual) : result.actual;
  if (result.kind === 'deleted' && !result.existed) return null;
  return action.kind === 'get' ? undefined : conditionClaim(action.condition);
}

function entryClaim(entry: { readonly value: string; readonly version: Version }): Claim {
  return { value: entry.value, version: versionText(entry.version) };
}

function conditionClaim(condition: Condition): Claim | null | undefined {
  if (condition.kind === 'always') return undefined;
  return condition.kind === 'absent' ? null : { version: versionText(condition.version) };
}

function stepFrom(seen: RegisterState, writer: HistoryOperation): Step | undefined {
  const { action, result } = writer;
  if (action.kind === 'get') return { seen, next: seen };
  if (result.kind === 'refused') return isRefused(seen, action.condition) ? { seen, next: seen } : undefined;
  if (action.kind === 'delete') {
    const untrue =
      result.kind === 'deleted' && seen === null && (result.existed || action.condition.kind === 'version');
    return untrue ? undefined : { seen, next: null };
  }
  const version = result.kind === 'written' ? versionText(result.version) : undefined;
  return { seen, next: { value: action.value, version, writer } };
}

function isRefused(seen: RegisterState, condition: Condition): boolean {
  if (condition.kind === 'always') return false;
  if (condition.kind === 'absent') return seen !== null;
  return seen === null || seen.version !== versionText(condition.version);
}
