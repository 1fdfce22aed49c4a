/** One thing that can happen next in a race. */
export interface Step {
  /** The same in every run that has come here on the same way. */
  readonly id: string;
  /** Who notices. Undefined where time passes, for everybody. */
  readonly process: string | undefined;
  /** What stands for the key that is read or written. Undefined where the store is not reached. */
  readonly place: string | undefined;
  readonly isWrite: boolean;
  /** What a schedule may have only so many of. */
  readonly costs: 'fault' | 'delay' | undefined;
  /** For whoever reads a schedule. */
  readonly text: string;
}

/** Which schedule each run follows. */
export interface Schedules {
  /**
   * The step for this run to take. Undefined if all that could follow is in other schedules.
   *
   * @param running - the process that went on last.
   */
  choose<Possible extends Step>(
    steps: readonly Possible[],
    running: string | undefined,
  ): Possible | undefined;
  /** Goes back to the start, and on to the next schedule. False if there is none. */
  next(): boolean;
}

/** Whether the order of two steps that are both possible makes no difference to anybody. */
export function commute(left: Step, right: Step): boolean {
  if (left.process === undefined || right.process === undefined || left.process === right.process)
    return false;
  return left.place === undefined || left.place !== right.place || !(left.isWrite || right.isWrite);
}
