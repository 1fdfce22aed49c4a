import {
  checkParked,
  consume,
  groupsOf,
  newConsumer,
  newRetrier,
  pollingOf,
  type Reading,
  retry,
  watchPositions,
} from './consumers.js';
import { brokenPromises } from './oracle.js';
import { Lists } from './projections.js';
import { append, change, look } from './streams.js';
import { type NotedEvent, type Process, World } from './world.js';

/** What a schedule came to. */
export interface ScheduleResult {
  /** Promises that were broken; none if all is well. */
  readonly broken: readonly string[];
  /** Codes of the errors that callers were given. */
  readonly outcomes: ReadonlySet<string>;
}

/**
 * Processes append to streams, archive, restore, delete, truncate and erase them, while others consume and project what
 * is published, start, stop, stand still and die, over a store that fails in every way a network can make it.
 */
export async function runSchedule(seed: number): Promise<ScheduleResult> {
  const world = new World(seed);
  const { clock, random } = world;
  const { groups, late } = groupsOf(world);
  const polling = pollingOf(world);
  const lists = new Lists(world, polling);
  const endsAt = 300 + random() * 1_500;
  const again = async (act: () => Promise<void>, pauseMs: number): Promise<void> => {
    while (clock.monotonic() < endsAt) {
      await world.sleep(random() * pauseMs);
      await act();
    }
  };
  const twice = groups.filter(({ name }) => name !== 'late' && random() < 0.4);
  const parking = groups.filter(({ options }) => options.onError === 'park');
  const restlessMs = world.oneOf([100, 400, 1e9]);
  const roles = [
    again(() => append(world), 30),
    again(() => append(world), 100),
    again(() => look(world), 50),
    again(() => change(world), 100),
    again(() => world.disturb(), restlessMs),
    again(watchPositions(world, groups), 20),
    again(() => lists.keep(), 100),
    again(() => lists.keep(), 400),
    ...parking.map((group) => again(() => retry(world, group), 200)),
    ...[...groups, ...twice].map((group) => again(() => consume(world, group, late, polling), 200)),
  ];
  await clock.run(Promise.all(roles));
  const process = await world.calm();
  await clock.run(() => settle(world, process, groups, lists));
  return { broken: [...world.broken, ...brokenPromises(world, groups)], outcomes: world.outcomes };
}

/** Lets everything come to its end, and looks at what is there. */
async function settle(
  world: World,
  process: Process,
  groups: readonly Reading[],
  lists: Lists,
): Promise<void> {
  const { goneUpTo } = world;
  const askedAt = world.nextMoment();
  for (const stream of world.streams) {
    const { since, events } = await process.store.read(stream, { includeArchived: true });
    goneUpTo.set(stream, Math.max(goneUpTo.get(stream) ?? 0, since - 1));
    for (const event of events) world.see(event as NotedEvent, askedAt);
  }
  for (const group of groups) {
    const consumer = newConsumer(world, process, group, true);
    await consumer.start();
    await consumer.caughtUp();
    await consumer.stop();
    if (group.options.onError !== 'park') continue;
    checkParked(world, group, await consumer.parked());
    const outcomes = (await newRetrier(world, process, group, 0).retryAllParked()).map(
      ({ outcome }) => outcome,
    );
    if (outcomes.includes('failed') || (await consumer.parked()).length > 0)
      world.broken.push(`${group.name} still has parked events: ${outcomes}`);
  }
  await lists.check(process);
}
