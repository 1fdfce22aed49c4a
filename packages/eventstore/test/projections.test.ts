import { DeadlineExceededError, type KvStore, UnavailableError } from '@norikv/store';
import { countCalls, createMemoryStore, FakeClock, withFaults } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { EventFeed, EventStore, Projection, type ProjectionOptions } from '../src/index.js';
import { onEachEngine } from './on-each-engine.js';

const soon = { pollMs: 1, maxPollMs: 5, sweepMs: 20 };

function totals(
  client: KvStore,
  options: Partial<ProjectionOptions<number, never>> = {},
): {
  readonly store: EventStore;
  readonly projection: Projection<number>;
} {
  const own = countCalls(client);
  const feed = new EventFeed(own);
  const store = new EventStore(own, { feed });
  const projection = new Projection<number>(feed, store, {
    name: 'totals',
    revision: '1',
    keyOf: ({ type, data }) => (type === 'Added' ? data.to : undefined),
    initial: () => 0,
    evolve: (total, { data }) => total + data.amount,
    ...soon,
    ...(options as object),
  });
  return { store, projection };
}

onEachEngine('a projection', (open) => {
  it('is computed from all streams, and rebuilt to the same', async () => {
    await using client = await open();
    const { store, projection } = totals(client);
    expect(await projection.get('x')).toBeUndefined();
    await projection.start();
    await projection.start();
    const add = (stream: string, to: string, amount: number): Promise<unknown> =>
      store.append(stream, 'Added', { to, amount });
    await Promise.all([
      add('a', 'x', 1),
      add('b', 'x', 10),
      add('a', 'y', 100),
      store.append('a', 'Other', 0),
      add('__proto__', 'x', 1_000),
    ]);
    await projection.caughtUp();
    expect([await projection.get('x'), await projection.get('y')]).toEqual([1_011, 100]);
    await projection.rebuild();
    expect([await projection.get('x'), await projection.get('y')]).toEqual([1_011, 100]);
    await add('b', 'y', 1);
    await projection.caughtUp();
    expect(await projection.get('y')).toBe(101);
    await projection.stop();
    await projection.done();
  });
});

describe('a projection', () => {
  it('applies each event once, whoever delivers it again', async () => {
    const client = createMemoryStore();
    const one = totals(client);
    for (let number = 0; number < 20; number += 1)
      await one.store.append(`s${number % 3}`, 'Added', { to: 'x', amount: 1 });
    await one.projection.caughtUp();
    const key = 'events:c:projection%20totals%201:0';
    await client.delete(key);
    const two = totals(client);
    await two.projection.caughtUp();
    expect(await two.projection.get('x')).toBe(20);
    await two.projection.stop();
    await one.projection.stop();
  });

  it('is rebuilt with new code, and answers with the old records until then', async () => {
    const client = createMemoryStore();
    const { store, projection } = totals(client);
    for (const amount of [1, 2, 3]) await store.append('a', 'Added', { to: 'x', amount });
    await projection.caughtUp();
    await projection.stop();
    const broken = totals(client, {
      revision: '2',
      evolve: (() => {
        throw new Error('bug');
      }) as never,
    });
    await expect(broken.projection.rebuild()).rejects.toThrow('bug');
    expect(await projection.get('x')).toBe(6);
    const tenfold = (total: number, { data }: { data: { amount: number } }): number =>
      total + 10 * data.amount;
    await using fixed = totals(client, { revision: '3', evolve: tenfold as never }).projection;
    await fixed.rebuild();
    expect(await projection.get('x')).toBe(60);
  });

  it('can be started again if it could not start', async () => {
    const memory = createMemoryStore();
    let isAway = true;
    const away: KvStore = {
      ...memory,
      async find(key, options) {
        if (!isAway || key !== 'events:m:totals') return memory.find(key, options);
        throw new UnavailableError('away', { outcome: 'not-applied', retryable: false });
      },
    };
    const { store, projection } = totals(away);
    await expect(projection.start()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    isAway = false;
    await store.append('a', 'Added', { to: 'x', amount: 1 });
    await Promise.all([projection.start(), projection.start()]);
    await projection.caughtUp();
    expect(await projection.get('x')).toBe(1);
    await projection.stop();
  });

  it('that is interrupted while it is rebuilt goes on where it was', async () => {
    const client = createMemoryStore();
    const { store } = totals(client);
    for (const amount of [1, 2, 3]) await store.append('a', 'Added', { to: 'x', amount });
    let isBroken = true;
    const evolved = new Set<number>();
    const evolve = (total: number, { data }: { data: { amount: number } }): number => {
      if (isBroken && data.amount === 3) throw new Error('crash');
      evolved.add(data.amount);
      return total + data.amount;
    };
    const options = { revision: '2', evolve: evolve as never, batchSize: 1 };
    await expect(totals(client, options).projection.rebuild()).rejects.toThrow('crash');
    expect([...evolved]).toEqual([1, 2]);
    isBroken = false;
    evolved.clear();
    const second = totals(client, options).projection;
    await second.rebuild();
    expect([...evolved]).toEqual([3]);
    expect(await second.get('x')).toBe(6);
    await second.stop();
  });

  it('waits while the store is away, whatever it does about errors', async () => {
    for (const onError of ['stop', 'skip', 'park'] as const) {
      const clock = new FakeClock();
      const memory = createMemoryStore({ clock });
      const writing = new EventFeed(memory, { clock });
      const writer = new EventStore(memory, { feed: writing, clock });
      for (let number = 0; number < 10; number += 1)
        await clock.run(() => writer.append(`s${number}`, 'T', 1));
      const faulty = withFaults(memory, { clock });
      const feed = new EventFeed(faulty, { clock });
      let isFirst = true;
      const projection = new Projection<number>(feed, new EventStore(faulty, { feed, clock }), {
        ...{ name: 'totals', revision: '1', initial: () => 0, onError, clock },
        keyOf: ({ aggregateId }) => {
          if (aggregateId === 's4' && isFirst) faulty.faults.outage(30_000);
          if (aggregateId === 's4') isFirst = false;
          return 'all';
        },
        evolve: (total, { data }) => total + data,
      });
      await clock.run(() => projection.start());
      for (let second = 0; second < 90; second += 1) await clock.advance(1_000);
      await clock.run(() => projection.caughtUp());
      expect(await clock.run(() => projection.get('all'))).toBe(10);
      await clock.run(() => projection.stop());
    }
  });

  it('that is stopped while the store is away leaves the event to its successor', async () => {
    const memory = createMemoryStore();
    const { store } = totals(memory);
    await store.append('a', 'Added', { to: 'x', amount: 1 });
    let isAway = true;
    let attempts = 0;
    const away: KvStore = {
      ...memory,
      async put(key, value, options) {
        if (isAway && String(key).startsWith('events:v:')) {
          attempts += 1;
          throw new DeadlineExceededError('late', { outcome: 'not-applied', retryable: false });
        }
        return memory.put(key, value, options);
      },
    };
    const first = totals(away, { maxPollMs: 1_000, onError: 'skip' }).projection;
    await first.start();
    while (attempts === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await first.stop();
    isAway = false;
    await using second = totals(memory).projection;
    await second.caughtUp();
    expect(await second.get('x')).toBe(1);
  });

  it('does not wait for the store when its own code fails, whatever the error says', async () => {
    const { store, projection } = totals(createMemoryStore(), {
      evolve: (() => {
        throw new UnavailableError('a service', { outcome: 'unknown' });
      }) as never,
    });
    await store.append('a', 'Added', { to: 'x', amount: 1 });
    await projection.start();
    await expect(projection.caughtUp()).rejects.toThrow('a service');
    await expect(projection.done()).rejects.toThrow('a service');
  });

  it('is not kept up to date by code of another revision', async () => {
    const client = createMemoryStore();
    const one = totals(client);
    await one.store.append('a', 'Added', { to: 'x', amount: 1 });
    await one.projection.caughtUp();
    await one.projection.stop();
    const two = totals(client, { revision: '2' }).projection;
    await expect(two.start()).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message:
        'revision is "2", but the records of "totals" are of "1"; rebuild them, or start code of that revision',
    });
    await two.rebuild();
    await two.stop();
    await two.start();
    await two.stop();
    await expect(totals(client).projection.start()).rejects.toThrow('are of "2"');
  });

  it('takes the revision of the first that keeps it up to date, even while another is being built', async () => {
    const client = createMemoryStore();
    const broken = totals(client, {
      revision: '2',
      keyOf: () => {
        throw new Error('bug');
      },
    });
    await broken.store.append('a', 'Added', { to: 'x', amount: 1 });
    await expect(broken.projection.rebuild()).rejects.toThrow('bug');
    const starts = ['1', '3'].map((revision) => totals(client, { revision }).projection);
    const outcomes = await Promise.allSettled(starts.map((projection) => projection.start()));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const projection of starts) await projection.stop();
  });

  it('refuses bad options', () => {
    const client = createMemoryStore();
    for (const name of ['keyOf', 'initial', 'evolve', 'revision']) {
      expect(() => totals(client, { [name]: undefined })).toThrow(`${name} is undefined; use a `);
    }
    expect(() => totals(client, { name: 'x'.repeat(101) })).toThrow('name has 101 bytes; use 1 to 100');
    expect(() => totals(client, { onError: 'retry' as never })).toThrow('onError is "retry"');
    expect(() => totals(client, { onErorr: 'park' } as object)).toThrow('an option is "onErorr"; use name, ');
  });
});
