/** A call that was made, on an object that others call at the same time. */
export interface MadeCall<Model> {
  readonly name: string;
  readonly startedAt: number;
  endedAt: number;
  /** What its caller was told; undefined if that may have been applied at any time, or never. */
  answer: string | undefined;
  /** What it does when it is alone, and its answer. */
  apply(model: Model): readonly [model: Model, answer: string];
}

/**
 * Whether there is one order of the calls that respects real time and explains all answers (Wing and Gong,
 * 1993, with states that led nowhere remembered, as Lowe does). For up to 30 calls.
 */
export function haveOneOrder<Model>(initial: Model, calls: readonly MadeCall<Model>[]): boolean {
  const deadEnds = new Set<string>();
  const isDone = (done: number, place: number): boolean => (done & (1 << place)) !== 0;
  const isExplained = (done: number, model: Model): boolean => {
    const waiting = calls.filter(({ answer }, place) => answer !== undefined && !isDone(done, place));
    if (waiting.length === 0) return true;
    const state = `${done} ${JSON.stringify(model)}`;
    if (deadEnds.has(state)) return false;
    deadEnds.add(state);
    const firstEnd = Math.min(...waiting.map(({ endedAt }) => endedAt));
    return calls.some((call, place) => {
      if (isDone(done, place) || call.startedAt > firstEnd) return false;
      const [next, answer] = call.apply(model);
      const fits = call.answer === undefined || call.answer === answer;
      return fits && isExplained(done | (1 << place), next);
    });
  };
  return isExplained(0, initial);
}
