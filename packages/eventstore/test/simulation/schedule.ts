import { errorCode } from '@norikv/store';
import { EventFeed, EventStore } from '../../src/index.js';
import { type Attempt, checkFeed, checkStream, fillerOf, numberOf, type Sighting } from './oracle.js';
import { World } from './world.js';

/** What a schedule did. */
export interface ScheduleResult {
  readonly acknowledged: number;
  readonly unknown: number;
  readonly rejected: number;
  readonly crashes: number;
  readonly steps: number;
  /** Keys and versions at the end. */
  readonly trace: string;
}

const longMs = 1_000_000;

/** One random schedule of writers, readers, publishers and sweepers, checked at the end. */
export async function runSchedule(seed: number, withFeed = true): Promise<ScheduleResult> {
  const world = new World(seed, { lost: 0.06, crash: 0.015 });
  const streams = world.random() < 0.5 ? ['a'] : ['a', 'b'];
  const rollBytes = 1 + world.below(600);
  const quietMs = world.random() < 0.5 ? 0 : world.below(40);
  const publishSoon = world.random() < 0.5;
  const attempts: Attempt[] = [];
  const sightings: Sighting[] = [];
  let numbers = world.below(1_000);
  let commits = 0;

  const open = (): { store: EventStore; feed: EventFeed | undefined; process: number } => {
    const { client, clock, process } = world.spawn();
    const options = { clock, random: world.random, deadlineMs: longMs, attemptTimeoutMs: longMs };
    const feed = withFeed ? new EventFeed(client, { ...options, quietMs, publishSoon }) : undefined;
    return { store: new EventStore(client, { ...options, rollBytes, feed }), feed, process };
  };

  const append = async (store: EventStore, known: Map<string, number>): Promise<void> => {
    const stream = streams[world.below(streams.length)] ?? 'a';
    const batch = Array.from({ length: 1 + world.below(3) }, () => numbers++);
    const attempt: Attempt = { stream, numbers: batch, outcome: 'unknown' };
    attempts.push(attempt);
    const kind = world.below(4);
    const expected =
      kind === 0 ? (known.get(stream) ?? 0) : kind === 1 && world.random() < 0.2 ? 'none' : 'any';
    const commitId = world.random() < 0.7 ? `c${commits++}` : undefined;
    const events = batch.map((number) => ({
      type: 'N',
      data: { number, filler: fillerOf(number) },
    }));
    for (let tries = 0; tries < 20; tries += 1) {
      try {
        const { version } = await store.append(stream, events, { expected, commitId });
        attempt.outcome = 'acknowledged';
        attempt.first = version - batch.length + 1;
        known.set(stream, version);
        return;
      } catch (error) {
        const isUnknown = (error as { outcome?: unknown }).outcome !== 'not-applied';
        if (errorCode(error) === 'STREAM_CONFLICT') {
          known.set(stream, (error as { version: number }).version);
        }
        if (!isUnknown && tries === 0) attempt.outcome = 'rejected';
        if (!isUnknown || commitId === undefined) return;
      }
    }
  };

  const write = async (appends: number): Promise<void> => {
    const { store } = open();
    const known = new Map<string, number>();
    for (let done = 0; done < appends; done += 1) {
      if (world.random() < 0.3) await Promise.all([append(store, known), append(store, known)]);
      else await append(store, known);
    }
  };

  const read = async (): Promise<void> => {
    const { store } = open();
    for (const stream of streams) {
      const events = await store.getEvents(stream).catch((error: unknown) => {
        if (errorCode(error) === 'UNAVAILABLE') return [];
        throw error;
      });
      sightings.push({ stream, numbers: events.map(numberOf) });
    }
  };

  const sweep = async (): Promise<void> => {
    const { feed } = open();
    for (let round = 0; round < 3; round += 1) await feed?.sweep().catch(() => {});
  };

  const actors = [
    ...Array.from({ length: 2 + world.below(2) }, () => () => write(2 + world.below(3))),
    ...(withFeed ? [sweep, sweep] : [read, () => write(3)]),
    read,
  ];
  await world.run(Promise.all(actors.map((act) => untilCrash(world, act))));

  world.isCalm = true;
  await world.drain();
  const { store, feed } = open();
  const check = async (): Promise<void> => {
    const lasts = new Map<string, number>();
    for (const stream of streams) {
      const last = await checkStream(store, stream, attempts, sightings);
      if (last > 0) lasts.set(stream, last);
    }
    await feed?.sweep();
    if (feed) await checkFeed(feed, lasts);
  };
  await world.run(check());
  const count = (outcome: Attempt['outcome']): number =>
    attempts.filter((attempt) => attempt.outcome === outcome).length;
  return {
    acknowledged: count('acknowledged'),
    unknown: count('unknown'),
    rejected: count('rejected'),
    crashes: world.crashes,
    steps: world.steps,
    trace: [...world.data]
      .map(([key, { version }]) => `${key.replace(/[0-9a-f]{32}/, '')}@${version.index}`)
      .join(),
  };
}

/** An actor ends when it is done, or with the first process that dies while it runs in it. */
async function untilCrash(world: World, act: () => Promise<void>): Promise<void> {
  const own = world.nextProcess;
  await Promise.race([act(), world.deathOf(own)]);
}
