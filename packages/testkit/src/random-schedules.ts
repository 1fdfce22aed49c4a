import { draw } from '@norikv/store/checks';
import type { Schedules, Step } from './schedule-step.js';

type Cost = NonNullable<Step['costs']>;

/** What a schedule may have at most. */
export interface Allowance {
  readonly maxFaults: number;
  readonly maxDelays: number;
}

/** What was drawn for one run, and how far it is. */
interface Course {
  /** How likely it is that a process is left that could go on. */
  readonly restlessness: number;
  /** Where something goes wrong: after how many steps. */
  readonly due: Readonly<Record<Cost, number[]>>;
  taken: number;
}

/** A first guess. Later ones are taken from what came before. */
const usualSteps = 8;

/**
 * Schedules drawn at random. If all steps had the same chance at each point, hardly any process would go on for long, and
 * hardly any fault would wait. So each schedule has a restlessness of its own, and its faults have places that are drawn
 * from the whole length of a run.
 *
 * After Burckhardt, Kothari, Musuvathi and Nagarakatte, A Randomized Scheduler with Probabilistic Guarantees of Finding
 * Bugs (2010), who place what they do by the length of earlier runs, too.
 */
export class RandomSchedules implements Schedules {
  readonly #random: () => number;
  readonly #allowance: Allowance;
  #longest = usualSteps;
  #course: Course;

  constructor(random: () => number, allowance: Allowance) {
    this.#random = () => draw(random);
    this.#allowance = allowance;
    this.#course = this.#begin();
  }

  choose<Possible extends Step>(
    steps: readonly Possible[],
    running: string | undefined,
  ): Possible | undefined {
    const suitable = this.#suitable(steps, running);
    this.#course.taken += 1;
    return suitable[Math.floor(this.#random() * suitable.length)];
  }

  next(): boolean {
    this.#longest = Math.max(this.#longest, this.#course.taken);
    this.#course = this.#begin();
    return true;
  }

  #begin(): Course {
    const { maxFaults, maxDelays } = this.#allowance;
    const places = (count: number): number[] =>
      Array.from({ length: Math.min(count, this.#longest) }, () =>
        Math.floor(this.#random() * this.#longest),
      );
    return {
      restlessness: this.#random() ** 2,
      due: { fault: places(maxFaults), delay: places(maxDelays) },
      taken: 0,
    };
  }

  #suitable<Possible extends Step>(
    steps: readonly Possible[],
    running: string | undefined,
  ): readonly Possible[] {
    for (const cost of ['fault', 'delay'] as const) {
      const costly = steps.filter(({ costs }) => costs === cost);
      if (costly.length > 0 && this.#isDue(cost)) return costly;
    }
    const { restlessness } = this.#course;
    const free = steps.filter(({ costs }) => costs === undefined);
    const own = free.filter(({ process }) => process === running);
    const others = free.filter(({ process }) => process !== running);
    if (own.length === 0) return others;
    return others.length > 0 && this.#random() < restlessness ? others : own;
  }

  /** Whether the place of one has come. It is taken then. */
  #isDue(cost: Cost): boolean {
    const { due, taken } = this.#course;
    const first = due[cost].findIndex((place) => place <= taken);
    if (first >= 0) due[cost].splice(first, 1);
    return first >= 0;
  }
}
