import { errorCode, find, type KvStore, NoriKVError } from '@norikv/store';
import type { RaceEnd, RaceProcess, ScheduleWorld } from '@norikv/testkit';
import { expect } from 'vitest';
import { answerOf } from '../../../testkit/test/every-schedule/every-schedule.js';
import { Checkpoints } from '../../src/feed/checkpoints.js';
import { createCommandHandler, type EventStore, type StreamConflictError } from '../../src/index.js';
import { numbered, type Place, processAt } from './process.js';
import { sealingOnly } from './sealing-only.js';

export type Scenario = (world: ScheduleWorld) => Promise<void>;

type Store = ReturnType<typeof processAt>['store'];

class PoorError extends NoriKVError {}

const account = {
  name: 'account',
  revision: '1',
  initial: () => 0,
  evolve: (sum: number, { data }: { readonly data: number | null }) => sum + (data ?? 0),
  decide(amount: number, sum: number) {
    if (sum + amount < 0) throw new PoorError('Insufficient funds');
    return { type: 'Numbered' as const, data: amount };
  },
};

/** What programs returned, of those that came to their end. */
function returned<Result>(ends: readonly RaceEnd<Result>[]): Result[] {
  return ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
}

async function numbersOf(store: Pick<EventStore, 'getEvents'>): Promise<unknown[]> {
  return (await store.getEvents('s')).map(({ data }) => data);
}

async function publish(world: ScheduleWorld, ...numbers: readonly number[]): Promise<void> {
  const { published, feed } = processAt(world);
  await published.append('s', numbered(...numbers));
  await feed.sweep();
}

export const oneCommit: Scenario = async (world) => {
  const commit = (place: Place) => processAt(place).store.append('s', numbered(3), { commitId: 'c' });
  const { store } = processAt(world);
  await store.append('s', numbered(1, 2));
  const told = returned(await world.race(commit, commit));
  expect(told.filter(({ isDuplicate }) => !isDuplicate).length).toBeLessThan(2);
  told.push(await commit(world));
  for (const { version, events } of told) expect([version, events.map(({ data }) => data)]).toEqual([3, [3]]);
  expect(await numbersOf(store)).toEqual([1, 2, 3]);
};

export const sealedAndCut: Scenario = async (world) => {
  const { store } = processAt(world);
  await store.append('s', numbered(1, 2));
  await store.append('s', numbered(3));
  const append = (place: Place) => processAt(place).store.append('s', numbered(4));
  const truncate = (place: Place) => processAt(place).store.truncateStream('s', 3);
  const [appended, truncated] = await world.race(append, truncate);
  const numbers = await numbersOf(store);
  const whole = [1, 2, 3, 4].slice(numbers[0] === 3 ? 2 : 0);
  expect([whole, whole.slice(0, -1)]).toContainEqual(numbers);
  if (appended.status === 'fulfilled') expect(numbers).toContain(4);
  if (truncated.status === 'fulfilled') expect(numbers[0]).toBe(3);
};

/** @param act - what does not fit the stream any more. */
const conflicting =
  (act: (store: Store) => Promise<unknown>): Scenario =>
  async (world) => {
    await processAt(world).store.append('s', numbered(1));
    const [conflict] = await world.race(
      async (place) => {
        const { store } = processAt({ ...place, store: sealingOnly(place.store) });
        await store.append('s', numbered(2, 3));
        return act(store).catch((error: unknown) => error);
      },
      (place) => processAt(place).store.truncateStream('s', 3),
    );
    const error = answerOf(conflict);
    if (error === undefined || errorCode(error) === 'UNAVAILABLE') return;
    expect(error).toMatchObject({ code: 'STREAM_CONFLICT', version: 3 });
    const { events } = error as StreamConflictError;
    expect(['2,3', '3']).toContain(`${events.map(({ version }) => version)}`);
  };

export const appendedWhileCut = conflicting((store) => store.append('s', numbered(9), { expected: 1 }));
export const deletedWhileCut = conflicting((store) => store.deleteStream('s', { expected: 1 }));

export const twoCommands: Scenario = async (world) => {
  await processAt(world).store.append('s', numbered(100));
  const withdraw = ({ name, ...place }: RaceProcess) => {
    const { clock, random } = place;
    return createCommandHandler(processAt(place).store, account, { clock, random })('s', -70, {
      commitId: name,
    });
  };
  const told = returned(await world.race(withdraw, withdraw));
  const numbers = await numbersOf(processAt(world).store);
  expect([[100], [100, -70]]).toContainEqual(numbers);
  if (told.length === 0) return;
  expect(told).toMatchObject([{ state: 30, version: 2, events: [{ data: -70 }] }]);
  expect(numbers).toEqual([100, -70]);
};

const publishing =
  (prepare: (world: ScheduleWorld) => Promise<unknown>): Scenario =>
  async (world) => {
    await prepare(world);
    const append = (place: Place) => processAt(place).published.append('s', numbered(9));
    await world.race(append, (place) => processAt(place).feed.sweep());
    const { feed, published } = processAt(world);
    await feed.sweep();
    const items = await feed.after(0, 0, 100);
    let upTo = 0;
    for (const { pointer } of items) {
      const [, from, to] = pointer;
      expect(from).toBeLessThanOrEqual(upTo + 1);
      expect(to).toBeGreaterThanOrEqual(upTo);
      upTo = to;
    }
    expect(upTo).toBe(await published.version('s'));
  };

export const publishedWhenNew = publishing((world) => processAt(world).feed.check());
export const publishedWhenClean = publishing((world) => publish(world, 1));
export const publishedWhenDirty = publishing((world) => processAt(world).published.append('s', numbered(1)));

/** @param effect - what the handler does. */
export const consuming =
  (effect: (store: KvStore, version: number) => unknown): Scenario =>
  async (world) => {
    await publish(world, 1, 2);
    const consumeAt = async (place: Place): Promise<void> => {
      const consumer = processAt(place).consumer((version) => effect(place.store, version), 'stop');
      await consumer.start();
      await consumer.caughtUp();
      await consumer.stop();
    };
    const isDone = async (version: number) => (await find(world.store, `${version}`)) !== null;
    await world.race(consumeAt);
    if (await isDone(2)) expect(await isDone(1)).toBe(true);
    await consumeAt(world);
    expect([await isDone(1), await isDone(2)]).toEqual([true, true]);
  };

/** Of consumers that begin at once one has all partitions, unless something failed. */
export const takenOver: Scenario = async (world) => {
  const checkpointsAt = ({ store, clock, random = () => 0.5 }: Place) =>
    new Checkpoints(store, 'events', 'g', { clock, random });
  const begin = (place: Place) => checkpointsAt(place).claim([0, 1], { begins: new Map(), goesOn: true });
  await begin(world);
  const ends = await world.race(begin, begin);
  const owners: unknown[] = [];
  for (const claims of returned(ends)) {
    const saves = claims.map(({ partition, place }) => checkpointsAt(world).save(partition, place));
    const results = await Promise.allSettled(saves);
    if (results.every(({ status }) => status === 'fulfilled')) owners.push(claims);
  }
  const hasFailed = (end: RaceEnd<unknown>): boolean =>
    end.status === 'crashed' || (end.status === 'rejected' && errorCode(end.reason) !== 'CHECKPOINT_LOST');
  if (!ends.some(hasFailed)) expect(owners).toHaveLength(1);
};

export const parked: Scenario = async (world) => {
  await publish(world, 1, 2);
  const fail = (): never => {
    throw new Error('bad');
  };
  const failing = processAt(world).consumer(fail, 'park');
  await failing.start();
  await failing.caughtUp();
  await failing.stop();
  const [first, second] = await failing.parked();
  let handled = 0;
  const handler = (): void => {
    handled += 1;
  };
  const [retried, dropped] = await world.race(
    (place) =>
      processAt(place)
        .consumer(handler, 'park')
        .retryParked(first?.id ?? ''),
    (place) =>
      processAt(place)
        .consumer(fail, 'park')
        .dropParked(second?.id ?? ''),
  );
  const left = (await failing.parked()).map(({ version }) => version);
  if (handled === 0) expect(left).toContain(1);
  if (retried.status === 'fulfilled') expect([handled, left.includes(1)]).toEqual([1, false]);
  if (dropped.status === 'fulfilled') expect(left).not.toContain(2);
};

export const projected: Scenario = async (world) => {
  await publish(world, 1);
  const project = async (place: Place): Promise<number[] | undefined> => {
    const projection = processAt(place).projection();
    await projection.caughtUp();
    const versions = await projection.get('all');
    await projection.stop();
    return versions;
  };
  const told = returned(await world.race(project));
  told.push(await project(world));
  for (const versions of told) expect(versions).toEqual([1]);
};

export const erased: Scenario = async (world) => {
  const commit = (place: Place) =>
    processAt(place).protectedStore.append('s', numbered(1), { commitId: 'c' });
  const erase = (place: Place) => processAt(place).erasure.erase('bob');
  const [, second] = await world.race(commit, async (place) => {
    await erase(place);
    const { isDuplicate } = await commit(place).catch((error) => {
      if (errorCode(error) === 'SUBJECT_ERASED') return { isDuplicate: undefined };
      throw error;
    });
    return isDuplicate;
  });
  const { protectedStore } = processAt(world);
  if (second.status === 'fulfilled') {
    expect(second.value ? [[null]] : [[], [null]]).toContainEqual(await numbersOf(protectedStore));
  }
  await erase(world);
  const numbers = await numbersOf(protectedStore);
  expect([[], [null]]).toContainEqual(numbers);
  if (numbers.length > 0) expect(await commit(world)).toMatchObject({ version: 1, isDuplicate: true });
  else await expect(commit(world)).rejects.toMatchObject({ code: 'SUBJECT_ERASED' });
};
