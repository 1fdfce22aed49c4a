import type { HistoryOperation, HistoryWrite } from './history.js';
import { versionText } from './register-model.js';

/** An operation and its place in a bit set. */
export interface Candidate {
  readonly operation: HistoryOperation;
  readonly bit: bigint;
}

/** Numbers operations for bit sets. */
export function candidates(operations: readonly HistoryOperation[]): Candidate[] {
  return operations.map((operation, place) => ({ operation, bit: 1n << BigInt(place) }));
}

/** The writes whose replies were lost. Each may take effect at any time after its call, once, or never. */
export class OpenWrites {
  /** Writes that no answer can tell apart, oldest first: only the oldest unused one needs trying. */
  readonly #groups: readonly (readonly Candidate[])[];

  constructor(operations: readonly HistoryOperation[]) {
    const seenValues = new Set(operations.map(valueSeenBy));
    const groups = new Map<string, Candidate[]>();
    for (const candidate of candidates(operations)) {
      const { action, result } = candidate.operation;
      if (result.kind !== 'unknown' || action.kind === 'get') continue;
      const looks = looksOf(action, seenValues);
      const group = groups.get(looks);
      if (group) group.push(candidate);
      else groups.set(looks, [candidate]);
    }
    this.#groups = [...groups.values()];
  }

  /** One of each group: writes called by `deadline` and not among the `used` ones. */
  *unused(used: bigint, deadline: number): Generator<Candidate> {
    for (const group of this.#groups) {
      const oldest = group.find(({ bit }) => (used & bit) === 0n);
      if (oldest !== undefined && oldest.operation.invokedAt <= deadline) yield oldest;
    }
  }
}

function valueSeenBy({ result }: HistoryOperation): string | undefined {
  if (result.kind === 'found') return result.entry.value;
  return result.kind === 'refused' ? result.actual?.value : undefined;
}

function looksOf(write: HistoryWrite, seenValues: ReadonlySet<string | undefined>): string {
  const { kind, condition } = write;
  const asked = condition.kind === 'version' ? versionText(condition.version) : condition.kind;
  const value = kind === 'put' && seenValues.has(write.value) ? write.value : null;
  return JSON.stringify([kind, asked, value]);
}
