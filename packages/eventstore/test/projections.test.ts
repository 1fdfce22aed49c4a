import type { KvStore } from '@norikv/store';
import { countCalls, createMemoryStore, withFaults } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { EventFeed, EventStore, Projection, type ProjectionOptions } from '../src/index.js';
import { onEachEngine } from './engines.js';

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
    const faulty = withFaults(memory);
    const { store, projection } = totals(faulty);
    faulty.faults.next('get', 'lost-request');
    await expect(projection.start()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
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
});
