import type { KvStore } from '@norikv/store';
import { checkFunction, checkOneOf, checkOptions, checkWhole, refuse } from '@norikv/store/checks';
import type { FakeClock } from './fake-clock.js';
import { createMemoryStore, type MemoryStore } from './memory-store.js';
import type { ScheduleFault } from './possible-steps.js';
import { RandomSchedules } from './random-schedules.js';
import { commute, type Schedules } from './schedule-step.js';
import { ScheduleTree } from './schedule-tree.js';
import { type Budget, type ScheduleWorld, World } from './schedule-world.js';

/** Options of {@link exploreSchedules}. */
export interface ExploreOptions<Store extends KvStore = MemoryStore> {
  /** What can go wrong. Default: nothing. */
  readonly faults?: readonly ScheduleFault[] | undefined;
  /** How many faults one schedule may have. Default 1. */
  readonly maxFaults?: number | undefined;
  /**
   * How often time may pass, until the next timer, although a call could be answered: a slow network, or a process that
   * stands still. Default 0: time passes when everybody waits for it.
   */
  readonly maxDelays?: number | undefined;
  /**
   * How often a schedule may leave a process for another one although it could go on. Default: any number. A bound makes
   * larger races possible, and most mistakes show with 2 (Musuvathi and Qadeer, CHESS, 2007).
   */
  readonly maxSwitches?: number | undefined;
  /** How many schedules there may be before it gives up, or, with `random`, how many there are. Default 100,000 or 1,000. */
  readonly maxSchedules?: number | undefined;
  /**
   * Draws schedules by chance instead of going through all: for races that are too large for that. Give a
   * {@link seededRandom}, to be able to repeat it.
   */
  readonly random?: (() => number) | undefined;
  /** Makes the store of each run; it must answer without waiting for anything real. Default: a memory store. */
  readonly createStore?: ((clock: FakeClock) => Store) | undefined;
}

/** What {@link exploreSchedules} did. */
export interface Exploration {
  /** How many schedules were tried. Each has another outcome than all others, or another way to it, unless drawn by chance. */
  readonly schedules: number;
}

const optionNames: readonly (keyof ExploreOptions)[] = [
  'faults',
  'maxFaults',
  'maxDelays',
  'maxSwitches',
  'maxSchedules',
  'random',
  'createStore',
];

/** All that can go wrong. */
export const scheduleFaults: readonly ScheduleFault[] = [
  'lost-request',
  'lost-reply',
  'delayed-delivery',
  'duplicated-delivery',
  'own-mismatch',
  'slow-reply',
  'crash',
];

/**
 * Runs a scenario under every schedule: every order in which the store can answer the processes of its races, and every
 * way in which what you allow can go wrong. What it finds no fault with has none, for this scenario.
 *
 * Of schedules that differ only in the order of calls that do not matter to each other (of other keys, or two reads) one
 * is run. So processes must share nothing but the store, and what they return. Two processes of four calls each on one
 * key have 70 schedules, with one lost reply some 300; three processes soon have millions.
 *
 * @throws Error with the schedule, as a list, and what the scenario threw as its cause.
 * @throws Error if there are more than `maxSchedules`, if the scenario is not the same each time, or if it ends before its
 * race.
 * @throws InvalidArgumentError naming the option that is wrong.
 *
 * @example
 * ```ts
 * await exploreSchedules(
 *   async (world) => {
 *     const add = ({ store, clock, random }: RaceProcess) =>
 *       new DistributedCounter(store, 'visits', { clock, random }).increment();
 *     await world.race(add, add);
 *     assert.equal(await new DistributedCounter(world.store, 'visits').get(), 2);
 *   },
 *   { faults: ['lost-reply'] },
 * );
 * ```
 */
export async function exploreSchedules<Store extends KvStore = MemoryStore>(
  scenario: (world: ScheduleWorld<Store>) => Promise<void>,
  options: ExploreOptions<Store> = {},
): Promise<Exploration> {
  checkFunction('scenario', scenario);
  const { maxSchedules, createStore, random, ...budget } = settingsOf(options);
  const plan: Schedules = random ? new RandomSchedules(random, budget) : allSchedules(budget);
  let schedules = 0;
  do {
    if (schedules === maxSchedules) {
      if (random) break;
      throw new Error(
        `There are more than ${maxSchedules} schedules; the first ${maxSchedules} passed. ` +
          'Make fewer calls, allow fewer faults or delays, raise maxSchedules, or draw some of them (random).',
      );
    }
    const world = new World(createStore, plan, budget);
    const run = scenario(world).then(() => {
      world.checkOver();
      return true;
    });
    const isWhole = await Promise.race([run, world.abandoned.then(() => false)]).catch((cause) => {
      throw failed(schedules + 1, world.taken, cause);
    });
    if (isWhole) schedules += 1;
  } while (plan.next());
  return { schedules };
}

/** A schedule within a bound of switches may stand for itself only: the others of its kind may be beyond it. */
function allSchedules({ maxSwitches }: Budget): Schedules {
  return new ScheduleTree(maxSwitches === Infinity ? commute : () => false);
}

function settingsOf<Store extends KvStore>(options: ExploreOptions<Store>) {
  checkOptions(options, optionNames);
  const {
    faults = [],
    maxFaults = 1,
    maxDelays = 0,
    maxSwitches = Infinity,
    random,
    maxSchedules = random ? 1_000 : 100_000,
  } = options;
  if (!Array.isArray(faults)) refuse('faults', faults, 'a list of faults');
  for (const fault of faults) checkOneOf('faults', fault, scheduleFaults);
  checkWhole('maxFaults', maxFaults, 0);
  checkWhole('maxDelays', maxDelays, 0);
  if (maxSwitches !== Infinity) checkWhole('maxSwitches', maxSwitches, 0);
  checkWhole('maxSchedules', maxSchedules);
  if (random !== undefined) checkFunction('random', random);
  const inMemory = (clock: FakeClock): KvStore => createMemoryStore({ clock });
  const createStore = options.createStore ?? (inMemory as (clock: FakeClock) => Store);
  checkFunction('createStore', createStore);
  return { faults, maxFaults, maxDelays, maxSwitches, maxSchedules, random, createStore };
}

function failed(number: number, steps: readonly string[], cause: unknown): Error {
  const list = steps.map((step, position) => `  ${position + 1}. ${step}`);
  const message = cause instanceof Error ? cause.message : String(cause);
  return new Error([`Schedule ${number} fails: ${message}`, ...list].join('\n'), { cause });
}
