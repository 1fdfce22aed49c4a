import { isNoriKVError, type KvStore } from '@norikv/store';
import { checkFunction } from '@norikv/store/checks';
import { FakeClock } from './fake-clock.js';
import {
  crashes,
  delay,
  delivery,
  faultyDeliveries,
  type PossibleStep,
  type ScheduleFault,
} from './possible-steps.js';
import { type RaceProcess, type Request, startProcess } from './race-process.js';
import type { Schedules } from './schedule-step.js';
import { waitForRealWork } from './settled.js';

/** How a program of a race ended. One that crashed returned nothing. */
export type RaceEnd<Result> = PromiseSettledResult<Result> | { readonly status: 'crashed' };

/** What a process of a race does. */
export type RaceProgram = (process: RaceProcess) => Promise<unknown>;

/** How the programs of a race ended, in their order. */
export type RaceEnds<Programs extends readonly RaceProgram[]> = {
  [Index in keyof Programs]: RaceEnd<Awaited<ReturnType<Programs[Index]>>>;
};

/** A store, a clock and processes, made anew for each schedule. */
export interface ScheduleWorld<Store extends KvStore = KvStore> {
  /** The store itself: calls made here are in no schedule. For what is there before a race, and for checks after it. */
  readonly store: Store;
  /** Stands still while a call can be answered. */
  readonly clock: FakeClock;
  /**
   * Starts a process for each program. Resolves when all have ended or crashed, and nothing is on its way any more.
   *
   * @throws what a program threw, unless it is a `NoriKVError`: those are in the result, but for those that say that the
   * program is wrong (`InvalidArgumentError`, `UnsupportedError`). An assertion in a callback whose
   * errors the code under test keeps to itself is not seen: note what is wrong there, and look at it after the race.
   * @throws Error if one waits for neither the store nor the clock.
   * @throws InvalidArgumentError for a program that is no function, such as a list of programs.
   */
  readonly race: <Programs extends readonly RaceProgram[]>(
    ...programs: Programs
  ) => Promise<RaceEnds<Programs>>;
}

/** What one schedule may have at most. */
export interface Budget {
  readonly faults: readonly ScheduleFault[];
  readonly maxFaults: number;
  readonly maxDelays: number;
  readonly maxSwitches: number;
}

interface Runner {
  readonly name: string;
  end: RaceEnd<unknown> | undefined;
  crash(): void;
}

/** The world of one run. `schedules` says in which order things happen. */
export class World<Store extends KvStore> implements ScheduleWorld<Store> {
  readonly store: Store;
  readonly clock: FakeClock = new FakeClock();
  /** What happened so far. */
  readonly taken: string[] = [];
  /** Resolves if other schedules have all that could follow: nobody needs the rest of this run. */
  readonly abandoned: Promise<void>;
  readonly #schedules: Schedules;
  readonly #budget: Budget;
  readonly #requests = new Map<string, Request>();
  readonly #places = new Map<string, string>();
  readonly #runners: Runner[] = [];
  readonly #spent = { fault: 0, delay: 0, switch: 0 };
  /** The process that went on last. */
  #running: string | undefined;
  /** How many races go on. */
  #races = 0;
  #abandon: (() => void) | undefined;

  constructor(createStore: (clock: FakeClock) => Store, schedules: Schedules, budget: Budget) {
    this.store = createStore(this.clock);
    this.#schedules = schedules;
    this.#budget = budget;
    this.abandoned = new Promise((resolve) => {
      this.#abandon = resolve;
    });
  }

  // A property, so that a scenario may take it out of its world.
  readonly race: ScheduleWorld['race'] = async (...programs) => {
    for (const program of programs) checkFunction('a program of a race', program);
    this.#races += 1;
    try {
      return (await this.#run(programs)) as never;
    } finally {
      this.#races -= 1;
    }
  };

  /** @throws Error while a race goes on: what it would have shown is not seen. */
  checkOver(): void {
    if (this.#races > 0) throw new Error('The scenario ended while a race was going on; await the race.');
  }

  async #run(programs: readonly RaceProgram[]): Promise<RaceEnd<unknown>[]> {
    const runners = programs.map((program) => this.#start(program));
    const haveEnded = (): boolean => runners.every(({ end }) => end !== undefined);
    for (;;) {
      // What is due needs no time to pass: of those who wake at the same moment each may go on first.
      await this.clock.advance(0);
      const steps = this.#possibleSteps(haveEnded());
      if (steps.length > 0) await this.#take(steps);
      else if (haveEnded()) break;
      else if (!(await this.clock.next())) {
        await waitForRealWork(() => haveEnded() || this.#requests.size > 0 || this.clock.pendingTimers > 0);
      }
    }
    for (const { end } of runners) if (end?.status === 'rejected' && !isAnswer(end.reason)) throw end.reason;
    return runners.flatMap(({ end }) => end ?? []);
  }

  #start(program: RaceProgram): Runner {
    const name = `${this.#runners.length + 1}`;
    const { store, clock } = this;
    const surroundings = { store, clock, requests: this.#requests, places: this.#places };
    const { process, kill } = startProcess(name, surroundings);
    const runner: Runner = {
      name,
      end: undefined,
      crash() {
        runner.end = { status: 'crashed' };
        kill();
      },
    };
    this.#runners.push(runner);
    const ended = (end: RaceEnd<unknown>): void => {
      runner.end ??= end;
    };
    Promise.resolve(process)
      .then(program)
      .then(
        (value) => ended({ status: 'fulfilled', value }),
        (reason) => ended({ status: 'rejected', reason }),
      );
    return runner;
  }

  #possibleSteps(haveEnded: boolean): PossibleStep[] {
    const { faults, maxFaults, maxDelays, maxSwitches } = this.#budget;
    const requests = [...this.#requests.values()];
    const steps = requests.map((request) => delivery(request));
    if (this.#spent.fault < maxFaults) {
      steps.push(...requests.flatMap((request) => faultyDeliveries(request, faults)));
      const alive = this.#runners.filter(({ end }) => end === undefined);
      if (faults.includes('crash')) steps.push(...crashes(alive, requests));
    }
    const mayDelay = steps.length > 0 && !haveEnded && this.#spent.delay < maxDelays;
    if (mayDelay && this.clock.pendingTimers > 0) steps.push(delay(this.clock));
    return this.#spent.switch < maxSwitches ? steps : steps.filter((step) => !this.#isSwitch(step, steps));
  }

  /** Whether a step is one of another process although the one that went on last could go on. */
  #isSwitch({ process }: PossibleStep, steps: readonly PossibleStep[]): boolean {
    const running = this.#running;
    if (running === undefined || process === undefined || process === running) return false;
    return steps.some((step) => step.process === running);
  }

  async #take(steps: readonly PossibleStep[]): Promise<void> {
    const step = this.#schedules.choose(steps, this.#running);
    if (!step) {
      this.#abandon?.();
      return new Promise(() => {});
    }
    this.taken.push(step.text);
    if (step.costs) this.#spent[step.costs] += 1;
    if (this.#isSwitch(step, steps)) this.#spent.switch += 1;
    this.#running = step.process ?? this.#running;
    await step.take();
  }
}

/** Whether an error is one that the code under test may end with. All others are mistakes, or assertions that failed. */
function isAnswer(error: unknown): boolean {
  return isNoriKVError(error) && error.code !== 'INVALID_ARGUMENT' && error.code !== 'UNSUPPORTED';
}
