import { explainDeadEnd } from './explain-history.js';
import type { HistoryOperation } from './history.js';
import { type Candidate, candidates, OpenWrites } from './open-writes.js';
import { type RegisterState, type Step, takeEffect, versionText } from './register-model.js';

/**
 * A depth-first search for an order of the operations of one key (Wing and Gong), with Lowe's memory of dead
 * ends.
 *
 * An open write takes effect only right before an answer that is impossible without it: anywhere else it
 * could as well happen later or never. A dead end is remembered as the answered operations placed, the state,
 * and the open writes used. Fewer used leave more choices, so a position that used a superset is dead too.
 */
export class OrderSearch {
  readonly #answered: readonly Candidate[];
  readonly #open: OpenWrites;
  readonly #answeredVersions = new Set<string>();
  readonly #takenVersions = new Set<string>();
  readonly #deadEnds = new Map<string, bigint[]>();
  readonly #path: HistoryOperation[] = [];
  #placed = 0n;
  #placedCount = 0;
  #firstUnplaced = 0;
  #used = 0n;
  #best: { readonly path: readonly HistoryOperation[]; readonly state: RegisterState } | undefined;
  #bestCount = -1;

  constructor(operations: readonly HistoryOperation[]) {
    const byTime = [...operations].sort((left, right) => left.invokedAt - right.invokedAt);
    this.#answered = candidates(byTime.filter(({ result }) => result.kind !== 'unknown'));
    this.#open = new OpenWrites(byTime);
    for (const { result } of operations) {
      if (result.kind === 'written') this.#answeredVersions.add(versionText(result.version));
    }
  }

  /** Whether the operations not yet placed can follow from this state. */
  canFinish(state: RegisterState): boolean {
    if (this.#placedCount === this.#answered.length) return true;
    this.#noteBest(state);
    const position = `${this.#placed.toString(32)}|${stateText(state)}`;
    const dead = this.#deadEnds.get(position);
    if (dead?.some((used) => (used & this.#used) === used)) return false;
    const { eligible, deadline } = this.#eligible();
    const waiting: Candidate[] = [];
    for (const candidate of eligible) {
      const step = this.#step(state, candidate.operation);
      if (step === undefined) waiting.push(candidate);
      else if (this.#canFinishAfter(state, candidate, step)) return true;
    }
    for (const candidate of waiting) {
      if (this.#canFinishByOpenWrites(state, candidate, deadline, false)) return true;
    }
    this.#deadEnds.set(position, [...(dead ?? []), this.#used]);
    return false;
  }

  /** Why there is no order, once {@link canFinish} has said so. */
  explain(): string {
    const path = this.#best?.path ?? [];
    const placed = new Set(path);
    const unplaced = this.#answered.map(({ operation }) => operation).filter((op) => !placed.has(op));
    const deadline = Math.min(...unplaced.map(({ returnedAt }) => returnedAt));
    const eligible = unplaced.filter(({ invokedAt }) => invokedAt <= deadline);
    return explainDeadEnd(path, this.#best?.state ?? null, eligible);
  }

  /** The answered operations that may come next: those called before any unplaced one had returned. */
  #eligible(): { eligible: Candidate[]; deadline: number } {
    const eligible: Candidate[] = [];
    let deadline = Number.POSITIVE_INFINITY;
    for (let place = this.#firstUnplaced; place < this.#answered.length; place++) {
      const candidate = this.#answered[place];
      if (candidate === undefined || candidate.operation.invokedAt > deadline) break;
      if ((this.#placed & candidate.bit) !== 0n) continue;
      eligible.push(candidate);
      deadline = Math.min(deadline, candidate.operation.returnedAt);
    }
    return { eligible, deadline };
  }

  #canFinishAfter(state: RegisterState, { operation, bit }: Candidate, step: Step): boolean {
    const firstUnplaced = this.#firstUnplaced;
    this.#placed |= bit;
    this.#placedCount += 1;
    while (this.#isPlaced(this.#firstUnplaced)) this.#firstUnplaced += 1;
    if (this.#follow(state, operation, step, () => this.canFinish(step.next))) return true;
    this.#firstUnplaced = firstUnplaced;
    this.#placedCount -= 1;
    this.#placed &= ~bit;
    return false;
  }

  /** Tries chains of open writes that make `wanted` possible. Only their first can be unconditional. */
  #canFinishByOpenWrites(
    state: RegisterState,
    wanted: Candidate,
    deadline: number,
    inChain: boolean,
  ): boolean {
    for (const { operation, bit } of this.#open.unused(this.#used, deadline)) {
      if (inChain && isUnconditional(operation)) continue;
      const step = this.#step(state, operation);
      if (step === undefined) continue;
      this.#used |= bit;
      const finish = (): boolean => {
        const wantedStep = this.#step(step.next, wanted.operation);
        return wantedStep === undefined
          ? this.#canFinishByOpenWrites(step.next, wanted, deadline, true)
          : this.#canFinishAfter(step.next, wanted, wantedStep);
      };
      if (this.#follow(state, operation, step, finish)) return true;
      this.#used &= ~bit;
    }
    return false;
  }

  #step(state: RegisterState, operation: HistoryOperation): Step | undefined {
    return takeEffect(
      state,
      operation,
      (version) => !this.#answeredVersions.has(version) && !this.#takenVersions.has(version),
    );
  }

  /** Goes one step; takes it back if the rest cannot follow. */
  #follow(before: RegisterState, operation: HistoryOperation, { seen }: Step, rest: () => boolean): boolean {
    const taken = before !== null && before.version === undefined ? seen?.version : undefined;
    if (taken !== undefined) this.#takenVersions.add(taken);
    this.#path.push(operation);
    if (rest()) return true;
    this.#path.pop();
    if (taken !== undefined) this.#takenVersions.delete(taken);
    return false;
  }

  #isPlaced(place: number): boolean {
    const candidate = this.#answered[place];
    return candidate !== undefined && (this.#placed & candidate.bit) !== 0n;
  }

  #noteBest(state: RegisterState): void {
    if (this.#placedCount <= this.#bestCount) return;
    this.#bestCount = this.#placedCount;
    this.#best = { path: [...this.#path], state };
  }
}

function isUnconditional({ action }: HistoryOperation): boolean {
  return action.kind !== 'get' && action.condition.kind === 'always';
}

function stateText(state: RegisterState): string {
  if (state === null) return 'absent';
  return state.version ?? `write ${state.writer.invokedAt}`;
}
