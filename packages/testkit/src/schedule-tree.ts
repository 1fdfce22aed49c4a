import type { Schedules, Step } from './schedule-step.js';

/** A point where several steps were possible. */
interface Fork {
  readonly offered: string;
  /** What need not be tried here: another schedule, of the same outcome, has it in another place. */
  readonly asleep: readonly Step[];
  /** What was tried here, in schedules that came before. */
  readonly tried: Step[];
  readonly untried: Step[];
  current: Step;
}

/**
 * All schedules of a race, depth first, as one run after another asks its way through them. Of schedules that differ
 * only in the order of steps that do not matter to each other, one is enough.
 *
 * A stateless search (Godefroid, Model Checking for Programming Languages using VeriSoft, 1997) with sleep sets
 * (Godefroid, Partial-Order Methods for the Verification of Concurrent Systems, 1996).
 */
export class ScheduleTree implements Schedules {
  readonly #commute: (left: Step, right: Step) => boolean;
  readonly #forks: Fork[] = [];
  #depth = 0;

  /** @param commute - whether the order of two steps makes no difference. */
  constructor(commute: (left: Step, right: Step) => boolean) {
    this.#commute = commute;
  }

  /** @throws Error if the run is not what it was the last time it came here. */
  choose<Possible extends Step>(steps: readonly Possible[]): Possible | undefined {
    const offered = steps.map(({ id, place }) => (place === undefined ? id : `${id} at ${place}`)).join(', ');
    const fork = this.#forks[this.#depth] ?? this.#open(steps, offered);
    this.#depth += 1;
    if (fork && fork.offered !== offered) {
      throw new Error(
        `The scenario does not repeat itself: after the same steps "${fork.offered}" were possible, now "${offered}". ` +
          'Use the clock and the random numbers of the process, and wait for nothing but its store.',
      );
    }
    return steps.find(({ id }) => id === fork?.current.id);
  }

  next(): boolean {
    this.#depth = 0;
    for (let fork = this.#forks.at(-1); fork; fork = this.#forks.at(-1)) {
      const next = fork.untried.shift();
      if (next) {
        fork.tried.push(fork.current);
        fork.current = next;
        return true;
      }
      this.#forks.pop();
    }
    return false;
  }

  #open(steps: readonly Step[], offered: string): Fork | undefined {
    const before = this.#forks.at(-1);
    const asleep = before
      ? [...before.asleep, ...before.tried].filter((step) => this.#commute(step, before.current))
      : [];
    const [current, ...untried] = steps.filter(({ id }) => !asleep.some((step) => step.id === id));
    if (!current) return undefined;
    const fork = { offered, asleep, tried: [], untried, current };
    this.#forks.push(fork);
    return fork;
  }
}
