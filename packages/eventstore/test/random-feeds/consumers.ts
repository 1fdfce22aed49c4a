import { createUpdater } from '@norikv/cas-retry';
import type { Checkpoint } from '../../src/feed/checkpoints.js';
import { type ConsumerOptions, EventConsumer, type ParkedEvent } from '../../src/index.js';
import { recordCodec } from '../../src/log/record.js';
import type { Group } from './oracle.js';
import type { Noted, NotedEvent, Process, World } from './world.js';

/** A group of consumers, and at which events their handlers fail. */
export interface Reading extends Group {
  readonly options: Omit<ConsumerOptions<Noted>, 'group' | 'handle'>;
  isBad(number: number): boolean;
}

/** Waits of consumers and projections. */
export type Polling = Pick<
  ConsumerOptions,
  'batchSize' | 'checkpointMs' | 'pollMs' | 'maxPollMs' | 'sweepMs'
>;

export function pollingOf(world: World): Polling {
  return {
    batchSize: world.oneOf([1, 3, 10, 100]),
    checkpointMs: world.oneOf([0, 20, 1_000]),
    pollMs: 1 + world.upTo(30),
    maxPollMs: 30 + world.upTo(500),
    sweepMs: 20 + world.upTo(800),
  };
}

/** The groups of a schedule: of them one begins at the end, and must get what was appended since it had started. */
export function groupsOf(world: World) {
  const all = { options: {}, isOwn: () => true, isDue: () => true, isBad: () => false };
  const isOdd = (number: number): boolean => number % 2 === 1;
  const late = { startedAt: Number.POSITIVE_INFINITY };
  const isLate = (number: number): boolean => (world.attempts[number - 1]?.startedAt ?? 0) > late.startedAt;
  const groups: Reading[] = [
    { ...all, name: 'stopping', isBad: () => world.random() < 0.03 },
    {
      ...all,
      name: 'odd of a',
      options: { category: 'a', types: ['Odd'] },
      isOwn: ({ stream, number }) => stream.startsWith('a') && isOdd(number),
    },
    { ...all, name: 'parking', options: { onError: 'park' }, isBad: (number) => number % 4 === 0 },
    { ...all, name: 'late', isDue: ({ number }) => isLate(number) },
  ];
  return { groups, late };
}

/** A consumer that notes what it handles. One that is calm handles all it is given. */
export function newConsumer(
  world: World,
  process: Process,
  { name, options, isBad }: Reading,
  isCalm = false,
) {
  const { random, deliveries } = world;
  const instance = world.nextMoment();
  const consumer: EventConsumer<Noted> = new EventConsumer<Noted>(process.feed, process.store, {
    ...options,
    group: name,
    clock: process.clock,
    async handle(event) {
      const sight = world.see(event as NotedEvent, instance);
      const startedAt = world.nextMoment();
      const delivery = { ...sight, group: name, instance, startedAt, endedAt: Number.POSITIVE_INFINITY };
      deliveries.push(delivery);
      if (random() < 0.3) await world.sleep(random() * 20, process.clock);
      if (!isCalm && random() < 0.02) void consumer.stop();
      const isFailing = isBad(sight.number) && !(isCalm && options.onError === undefined);
      if (!isFailing || options.onError) delivery.endedAt = world.nextMoment();
      if (isFailing) throw Object.assign(new Error('bug'), { code: 'BUG' });
    },
  });
  return consumer;
}

/** Starts a consumer of a group, lets it run for a while, and stops it, if nothing else does. */
export async function consume(
  world: World,
  group: Reading,
  late: { startedAt: number },
  polling: Polling,
): Promise<void> {
  const process = world.oneOf(world.processes);
  const isFirst = group.name === 'late' && late.startedAt === Number.POSITIVE_INFINITY;
  const options = { ...group.options, ...polling, ...(isFirst && { from: 'END' as const }) };
  const consumer = newConsumer(world, process, { ...group, options });
  const work = async (): Promise<void> => {
    await consumer.start();
    if (isFirst) late.startedAt = world.nextMoment();
    const acknowledgedBefore = world.nextMoment();
    try {
      await consumer.caughtUp({ timeoutMs: world.upTo(800) });
      const handledBefore = world.nextMoment();
      world.arrivals.push({ group: group.name, acknowledgedBefore, handledBefore });
    } catch (error) {
      world.expect(error, 'CHECKPOINT_LOST', 'BUG');
    }
    await world.sleep(world.random() * 300, process.clock);
    await consumer.stop();
    await consumer.done().catch((error) => {
      // A store that is away is waited for.
      if (!['CHECKPOINT_LOST', 'BUG'].includes(error.code))
        world.broken.push(`${group.name} ended by ${error}`);
      world.expect(error, 'CHECKPOINT_LOST', 'BUG');
    });
  };
  await process.during(work).catch((error) => world.expect(error));
}

/** A consumer that has what a group has parked handled again, and fails with some probability. */
export function newRetrier(world: World, process: Process, { name }: Reading, failing: number) {
  const askedAt = world.nextMoment();
  return new EventConsumer<Noted>(process.feed, process.store, {
    group: name,
    clock: process.clock,
    async handle(event) {
      if (world.random() < 0.3) await world.sleep(world.random() * 20, process.clock);
      if (world.random() < failing) throw new Error('still bad');
      const { stream, version } = world.see(event as NotedEvent, askedAt);
      world.retried.add(`${stream}:${version}`);
    },
  });
}

/** Tries what a group has parked again, if nothing comes in between. */
export async function retry(world: World, group: Reading): Promise<void> {
  const process = world.oneOf(world.processes);
  const consumer = newRetrier(world, process, group, 0.5);
  if (world.random() < 0.2) void world.sleep(world.random() * 50).then(() => consumer.stop());
  const work = async (): Promise<unknown> => consumer.retryAllParked();
  await process.during(work).catch((error) => world.expect(error, 'CLOSED'));
}

/** Looks at a checkpoint each time it is called: it must not go back. */
export function watchPositions(world: World, groups: readonly Reading[]): () => Promise<void> {
  const codec = recordCodec<Checkpoint>('checkpoint');
  const updater = createUpdater(world.memory, { clock: world.clock });
  const seen = new Map<string, number>();
  return async () => {
    const { name } = world.oneOf(groups);
    const key = `events:c:${encodeURIComponent(name)}:${world.upTo(world.partitions)}`;
    const { position, version } = (await updater.read(key, codec)) ?? { position: 0, version: 0 };
    const place = position + version / 1e6;
    const before = seen.get(key) ?? 0;
    if (place < before) world.broken.push(`${name} went back from ${before} to ${place}`);
    seen.set(key, place);
  };
}

/** What a handler failed at is put aside, and once, until it is handled. */
export function checkParked(world: World, { name, isBad }: Reading, parked: readonly ParkedEvent[]): void {
  const places = parked.map(({ aggregateId, version }) => `${aggregateId}:${version}`);
  if (new Set(places).size < places.length) world.broken.push(`parked twice: ${places}`);
  for (const { stream, version, number, group } of world.deliveries) {
    const place = `${stream}:${version}`;
    const isMissing = group === name && isBad(number) && !places.includes(place) && !world.retried.has(place);
    if (isMissing && version > (world.goneUpTo.get(stream) ?? 0))
      world.broken.push(`${stream}:${version} is not put aside`);
  }
}
