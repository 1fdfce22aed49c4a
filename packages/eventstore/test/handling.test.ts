import { createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { type ConsumerOptions, EventConsumer, EventFeed, EventStore } from '../src/index.js';

const soon = { pollMs: 1, maxPollMs: 5, sweepMs: 20 };
const bad = new Error('bad event');

async function consumerOf(options: Omit<ConsumerOptions, 'group'>): Promise<EventConsumer> {
  const client = createMemoryStore();
  const feed = new EventFeed(client);
  const store = new EventStore(client, { feed });
  for (const type of ['Good', 'Rejected', 'Useless', 'Good']) await store.append('a', type, {});
  return new EventConsumer(feed, store, { group: 'g', ...soon, ...options });
}

describe('onError, as a function', () => {
  it('is told each failure with its event, and says what happens to it', async () => {
    const told: unknown[] = [];
    const seen: number[] = [];
    await using consumer = await consumerOf({
      handle({ type, version }) {
        if (type !== 'Good') throw bad;
        seen.push(version);
      },
      onError(error, { type, version }) {
        told.push([error, version]);
        return type === 'Rejected' ? 'park' : 'skip';
      },
    });
    await consumer.start();
    await consumer.caughtUp();
    expect(seen).toEqual([1, 4]);
    expect(told).toEqual([
      [bad, 2],
      [bad, 3],
    ]);
    expect(await consumer.parked()).toMatchObject([{ version: 2 }]);
  });

  it.each([
    ['says stop', () => 'stop', bad],
    [
      'throws',
      () => {
        throw new TypeError('a mistake of the policy');
      },
      'a mistake of the policy',
    ],
    ['says nothing that is known', () => undefined, 'onError() is undefined; use "stop" or "skip" or "park"'],
    ['says it later', async () => 'skip', 'onError() is [object Promise]; use what it resolves to'],
  ])('that %s stops the consumer', async (_what, onError, failure) => {
    await using consumer = await consumerOf({
      handle: () => {
        throw bad;
      },
      onError: onError as () => 'stop',
    });
    const done = consumer.done();
    await consumer.start();
    await expect(done).rejects.toThrow(failure);
  });
});

describe('a consumer that is to stop', () => {
  it.each(['stop', 'skip', 'park'] as const)(
    'tells its handler, and the event comes again: onError %s',
    async (onError) => {
      const client = createMemoryStore();
      await using feed = new EventFeed(client);
      const store = new EventStore(client, { feed });
      await store.append('a', 'Slow', {});
      let begin = (): void => {};
      const begun = new Promise<void>((resolve) => {
        begin = resolve;
      });
      const consumer = new EventConsumer(feed, store, {
        ...{ group: 'g', ...soon, onError },
        handle: (_event, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason));
            begin();
          }),
      });
      const done = consumer.done();
      await consumer.start();
      await begun;
      await consumer.stop();
      await done;
      expect(await consumer.parked()).toEqual([]);
      const seen: number[] = [];
      await using next = new EventConsumer(feed, store, {
        ...{ group: 'g', ...soon },
        handle: ({ version }) => seen.push(version),
      });
      await next.start();
      await next.caughtUp();
      expect(seen).toEqual([1]);
    },
  );

  it('is done at once if it never began', async () => {
    const consumer = await consumerOf({ handle: () => {} });
    const done = consumer.done();
    await consumer.stop();
    await done;
  });
});
