import { errorCode } from '@norikv/store';
import { expect } from 'vitest';
import { answerOf } from '../../../testkit/test/every-schedule/every-schedule.js';
import { numbered, type Place, processAt } from './process.js';
import type { Scenario } from './scenarios.js';

const passing = ['UNAVAILABLE', 'OUTCOME_UNKNOWN', 'DEADLINE_EXCEEDED', 'CONTENTION'];
const refusals = ['STREAM_CONFLICT', 'STREAM_CLOSED'];

/** Two processes want the same version, and repeat what they want; a third cuts off, archives and restores meanwhile. */
export const repeatedWhileChanged: Scenario = async (world) => {
  await processAt(world).store.append('s', numbered(1));
  const append = (number: number) => async (place: Place) => {
    const { store } = processAt(place);
    const events = numbered(number).map((event) => ({ ...event, id: `e${number}` }));
    const told: unknown[] = [];
    for (let times = 0; times < 3; times += 1) {
      const { version } = await store.append('s', events, { expected: 1 }).catch((error) => {
        expect([...passing, ...refusals]).toContain(errorCode(error));
        return { version: errorCode(error) };
      });
      told.push(version);
    }
    return told;
  };
  const [second, third] = await world.race(append(2), append(3), async (place) => {
    const { store } = processAt(place);
    await store.truncateStream('s', 2);
    await store.archiveStream('s');
    await store.restoreStream('s');
  });
  const { store } = processAt(world);
  await world.clock.run(store.restoreStream('s'));
  const there = (await store.getEvents('s', { from: 2 })).map(({ data }) => data);
  expect([[], [2], [3]]).toContainEqual(there);
  for (const [number, end] of [
    [2, second],
    [3, third],
  ] as const) {
    const told = answerOf(end) ?? [];
    const answered = told.indexOf(2);
    if (answered < 0) continue;
    expect(there).toEqual([number]);
    for (const code of told.slice(answered)) expect(refusals).not.toContain(code);
  }
};

/** Two consumers of a group fail, park and retry, while events come. */
export const parkedWhileConsumed: Scenario = async (world) => {
  const begin = processAt(world);
  await begin.published.append('s', numbered(1, 2));
  await begin.feed.sweep();
  const handled = new Set<number>();
  const consume = async (place: Place, failing: (version: number) => boolean): Promise<number[]> => {
    const consumer = processAt(place).consumer((version) => {
      if (failing(version)) throw new Error('bad');
      handled.add(version);
    }, 'park');
    await consumer.start();
    await Promise.all([consumer.caughtUp(), consumer.retryAllParked()]);
    await consumer.retryAllParked();
    await consumer.stop();
    return (await consumer.parked()).map(({ version }) => version);
  };
  await world.race(
    (place) => consume(place, (version) => version === 1),
    (place) => consume(place, (version) => version === 2),
    async (place) => {
      const { published, feed } = processAt(place);
      await published.append('s', numbered(3));
      await feed.sweep();
    },
  );
  await world.clock.run(async () => {
    const { published, feed } = processAt(world);
    await feed.sweep();
    expect(await consume(world, () => false)).toEqual([]);
    const versions = (await published.getEvents('s')).map(({ version }) => version);
    expect([...handled].sort()).toEqual(versions);
  });
};
