import { type KvStore, ResourceExhaustedError, UnavailableError } from '@norikv/store';
import { countCalls, createMemoryStore, FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { EventFeed, EventStore, Projection, type ProjectionOptions } from '../src/index.js';
import { holding } from './holding.js';

const soon = { pollMs: 1, maxPollMs: 5, sweepMs: 20 };

/** One process that counts all events in a record. */
function counting(client: KvStore, options: Partial<ProjectionOptions<number, never>> = {}) {
  const own = countCalls(client);
  const feed = new EventFeed(own);
  const store = new EventStore(own, { feed });
  const projection = new Projection<number>(feed, store, {
    ...{ name: 'p', revision: '1', keyOf: () => 'all', initial: () => 0, evolve: (sum) => sum + 1 },
    ...soon,
    ...(options as object),
  });
  return { feed, store, projection };
}

async function appendTo({ store, feed }: ReturnType<typeof counting>, count: number): Promise<void> {
  for (let number = 0; number < count; number += 1) await store.append('a', 'T', number);
  await feed.flush();
}

/** How often a generation was claimed by a consumer. */
async function claimsOf(client: KvStore, generation: number): Promise<number> {
  const { value } = await client.get(`events:c:projection%20p%20${generation}:0`);
  return Number(/"epoch":(\d+)/.exec(new TextDecoder().decode(value))?.[1]);
}

/** A rebuild of revision 2 that stands still at its first record until it is released. */
async function heldRebuild(client: KvStore) {
  const slow = holding(client, 'events:v:p:2', 'calls');
  slow.hold();
  const second = counting(slow.store, { revision: '2' }).projection;
  const rebuilding = second.rebuild();
  await slow.held;
  const release = async (): Promise<void> => {
    slow.release();
    await rebuilding;
  };
  return { second, release };
}

/** A rebuild of one event that has switched over, and does not know it until it is released. */
async function heldSwitch(client: KvStore) {
  const slow = holding(client, 'events:m:p', 'answers');
  const one = counting({
    ...slow.store,
    put(key, value, options) {
      if (key === 'events:m:p' && new TextDecoder().decode(value as Uint8Array).includes('"live":2'))
        slow.hold();
      return slow.store.put(key, value, options);
    },
  });
  await appendTo(one, 1);
  const rebuilding = one.projection.rebuild();
  await slow.held;
  return { one, rebuilding, release: slow.release };
}

describe('a projection', () => {
  it('is rebuilt into records of its own, though another revision was rebuilt at the same time', async () => {
    const client = createMemoryStore();
    await appendTo(counting(client), 3);
    const { second, release } = await heldRebuild(client);
    let isBroken = true;
    const evolve = (sum: number, { version }: { version: number }): number => {
      if (isBroken && version === 3) throw new Error('bug');
      return sum + 1_000;
    };
    const third = { revision: '3', batchSize: 1, evolve: evolve as never };
    await expect(counting(client, third).projection.rebuild()).rejects.toThrow('bug');
    await release();
    await second.stop();
    await using fourth = counting(client, { revision: '4' }).projection;
    await fourth.rebuild();
    expect(await fourth.get('all')).toBe(3);
    isBroken = false;
    await using repaired = counting(client, third).projection;
    await repaired.rebuild();
    expect(await repaired.get('all')).toBe(3_000);
  });

  it('goes on with a rebuild that another one has overtaken', async () => {
    const client = createMemoryStore();
    await appendTo(counting(client), 2);
    const { second, release } = await heldRebuild(client);
    const evolved: number[] = [];
    let isBroken = true;
    const evolve = (sum: number, { version }: { version: number }): number => {
      if (isBroken && version === 2) throw new Error('bug');
      evolved.push(version);
      return sum + 1;
    };
    const third = { revision: '3', evolve: evolve as never };
    await expect(counting(client, third).projection.rebuild()).rejects.toThrow('bug');
    await release();
    await second.stop();
    isBroken = false;
    await using resumed = counting(client, third).projection;
    await resumed.rebuild();
    expect(evolved).toEqual([1, 2]);
    expect(await resumed.get('all')).toBe(2);
  });

  it('answers with the newest rebuild, though an older one ends later', async () => {
    const client = createMemoryStore();
    await appendTo(counting(client), 2);
    const { second, release } = await heldRebuild(client);
    const tenfold = { revision: '3', evolve: ((sum: number) => sum + 10) as never };
    await using third = counting(client, tenfold).projection;
    await third.rebuild();
    await release();
    expect([await second.get('all'), await third.get('all')]).toEqual([20, 20]);
    // Its own records are not those that are read, so it must not say that they have all events.
    await expect(second.caughtUp()).rejects.toThrow('are of "3"');
    await second.stop();
    await expect(second.start()).rejects.toThrow('are of "3"');
  });

  it('is not kept in vain when it is unknown which records are read: started again, it keeps those', async () => {
    const client = createMemoryStore();
    let isAway = false;
    const away = async (): Promise<never> => {
      throw new UnavailableError('away', { retryable: false });
    };
    const failing: KvStore = Object.assign(Object.create(client), {
      find: (key: string) => (isAway && key.includes(':m:') ? away() : client.find?.(key)),
      async put(...call: Parameters<typeof client.put>) {
        const version = await client.put(...call);
        isAway = new TextDecoder().decode(call[1] as Uint8Array).includes('"live":2');
        return isAway ? away() : version;
      },
    });
    const one = counting(failing);
    await appendTo(one, 2);
    await one.projection.start();
    await expect(one.projection.rebuild()).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    isAway = false;
    await appendTo(one, 1);
    await one.projection.caughtUp();
    expect(await one.projection.get('all')).toBe(3);
    await one.projection.stop();
  });

  it('goes on with the old records when its rebuild could not be written', async () => {
    const client = createMemoryStore();
    const refused = new ResourceExhaustedError('full', { retryable: false });
    const full: KvStore = Object.assign(Object.create(client), {
      async put(...call: Parameters<typeof client.put>) {
        const isSwitch = new TextDecoder().decode(call[1] as Uint8Array).includes('"live":2');
        return isSwitch ? Promise.reject(refused) : client.put(...call);
      },
    });
    const one = counting(full);
    await appendTo(one, 2);
    await one.projection.start();
    await expect(one.projection.rebuild()).rejects.toBe(refused);
    await appendTo(one, 1);
    await one.projection.caughtUp();
    expect(await one.projection.get('all')).toBe(3);
    expect(await claimsOf(client, 1)).toBe(1);
    await one.projection.stop();
  });

  it('that was taken over says so until it is started again', async () => {
    const client = createMemoryStore();
    const [one, two] = [counting(client), counting(client)];
    await one.projection.start();
    await two.projection.start();
    await appendTo(one, 1);
    await expect(one.projection.done()).rejects.toMatchObject({ code: 'CHECKPOINT_LOST' });
    await two.projection.caughtUp();
    await expect(one.projection.caughtUp()).rejects.toMatchObject({ code: 'CHECKPOINT_LOST' });
    await two.projection.stop();
    await Promise.all([one.projection.start(), one.projection.start(), one.projection.caughtUp()]);
    await appendTo(one, 1);
    await one.projection.caughtUp();
    expect(await one.projection.get('all')).toBe(2);
    expect(await claimsOf(client, 1)).toBe(3);
    await one.projection.stop();
  });

  it('is not stopped by what its code makes of a record that another has kept up to date since', async () => {
    const client = createMemoryStore();
    const evolve = (sum: number, { version }: { version: number }): number => {
      if (version !== sum + 1) throw new Error(`event ${version} on ${sum}`);
      return version;
    };
    const [one, two] = [counting(client, { evolve }), counting(client, { evolve })];
    await one.projection.start();
    await appendTo(one, 2);
    await one.projection.caughtUp();
    await one.projection.stop();
    await two.projection.start();
    await appendTo(two, 2);
    await two.projection.caughtUp();
    await two.projection.stop();
    await one.projection.start();
    await appendTo(one, 1);
    await one.projection.caughtUp();
    expect(await one.projection.get('all')).toBe(5);
    await one.projection.stop();
  });

  it('is over when it is stopped, and not before the event at hand is', async () => {
    const client = createMemoryStore();
    const slow = holding(client, ':v:p:1', 'calls');
    const one = counting(slow.store);
    await one.projection.start();
    slow.hold();
    await appendTo(one, 1);
    await slow.held;
    const order: string[] = [];
    const stopping = one.projection.stop().then(() => order.push('stopped'));
    await new Promise((resolve) => setImmediate(resolve));
    order.push('released');
    slow.release();
    await stopping;
    expect(order).toEqual(['released', 'stopped']);
  });

  it.each([
    ['runs', true],
    ['is about to run', false],
  ])('started while it is being stopped runs when both are done: it %s', async (_state, isRunning) => {
    const client = createMemoryStore();
    const one = counting(client);
    const first = one.projection.start();
    if (isRunning) await first;
    await Promise.all([first, one.projection.stop(), one.projection.start()]);
    expect(await claimsOf(client, 1)).toBe(2);
    await appendTo(one, 1);
    await one.projection.caughtUp();
    expect(await one.projection.get('all')).toBe(1);
    expect(await claimsOf(client, 1)).toBe(2);
    await one.projection.stop();
  });

  it.each([':m:', ':c:'])(
    'stopped last does not run, though a start between is held up: %s',
    async (part) => {
      const client = createMemoryStore();
      const slow = holding(client, part, 'answers');
      const one = counting(slow.store);
      await one.projection.start();
      const calls = [one.projection.stop()];
      slow.hold();
      calls.push(one.projection.start(), one.projection.stop());
      await slow.held;
      slow.release();
      await Promise.all(calls);
      await appendTo(one, 1);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(await one.projection.get('all')).toBeUndefined();
    },
  );

  it('is started by all who ask for it with one try', async () => {
    const memory = createMemoryStore();
    const away = new UnavailableError('away', { outcome: 'not-applied', retryable: false });
    let tries = 0;
    const client: KvStore = {
      ...memory,
      async find(key, options) {
        if (key !== 'events:m:p') return memory.find(key, options);
        tries += 1;
        throw away;
      },
    };
    const { projection } = counting(client);
    const calls = [projection.start(), projection.start(), projection.caughtUp()];
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes).toEqual(calls.map(() => ({ status: 'rejected', reason: away })));
    expect(tries).toBe(1);
  });

  describe.each([
    ['started', false],
    ['started again after it was stopped', true],
  ])('%s while its rebuild ends', (_when, isStopped) => {
    it('is kept up to date', async () => {
      const client = createMemoryStore();
      const { rebuilding, one, release } = await heldSwitch(client);
      const stopping = isStopped ? one.projection.stop() : undefined;
      const starting = one.projection.start();
      await new Promise((resolve) => setTimeout(resolve, 20));
      release();
      await Promise.all([rebuilding, stopping, starting]);
      await appendTo(one, 1);
      await one.projection.caughtUp();
      expect(await one.projection.get('all')).toBe(2);
      expect(await claimsOf(client, 2)).toBe(isStopped ? 2 : 1);
      await one.projection.stop();
    });
  });

  it('stopped while its rebuild ends does not run, though a start between waits for it', async () => {
    const client = createMemoryStore();
    const { rebuilding, one, release } = await heldSwitch(client);
    const calls = [one.projection.start(), one.projection.stop()];
    await new Promise((resolve) => setTimeout(resolve, 20));
    release();
    await Promise.all([rebuilding, ...calls]);
    await appendTo(one, 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await one.projection.get('all')).toBe(1);
  });

  it('stopped before its rebuild switches over keeps its records, though there was nothing to catch up with', async () => {
    const client = createMemoryStore();
    const slow = holding(client, ':c:', 'answers');
    const { projection } = counting(slow.store);
    slow.hold();
    const rebuilding = projection.rebuild();
    await slow.held;
    const stopping = projection.stop();
    slow.release();
    await expect(rebuilding).rejects.toMatchObject({
      code: 'CLOSED',
      message: 'The projection was stopped; rebuild it again to go on.',
    });
    await stopping;
    expect(new TextDecoder().decode((await client.get('events:m:p')).value)).toContain('"live":1');
  });

  it('whose rebuild came too late does not run on', async () => {
    const clock = new FakeClock();
    const client = createMemoryStore({ clock, latencyMs: 10 });
    const one = counting(client, { clock });
    await clock.run(appendTo(one, 2));
    const late = expect(one.projection.rebuild({ timeoutMs: 15 })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    await clock.run(late);
    await clock.advance(1_000);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([':m:', ':c:projection%20p%202', ':v:p:2'])(
    'stopped while it is rebuilt does not run on, and can go on with it: %s',
    async (part) => {
      const client = createMemoryStore();
      const slow = holding(client, part, 'calls');
      const one = counting(slow.store);
      await appendTo(one, 2);
      slow.hold();
      const rebuilding = one.projection.rebuild().catch((error: unknown) => error);
      await slow.held;
      const stopping = one.projection.stop();
      slow.release();
      await stopping;
      expect(await rebuilding).toBeInstanceOf(Error);
      await appendTo(one, 1);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(await one.projection.get('all')).toBeUndefined();
      await one.projection.rebuild();
      expect(await one.projection.get('all')).toBe(3);
      await one.projection.stop();
    },
  );

  it('is rebuilt once by all who ask for it', async () => {
    const client = createMemoryStore();
    const one = counting(client);
    await appendTo(one, 2);
    await Promise.all([one.projection.rebuild(), one.projection.rebuild()]);
    await one.projection.caughtUp();
    expect(await one.projection.get('all')).toBe(2);
    expect(await claimsOf(client, 2)).toBe(1);
    await one.projection.stop();
    expect(new TextDecoder().decode((await client.get('events:m:p')).value)).toContain('"live":2');
  });

  it('that is taken over while its rebuild ends can be started again', async () => {
    const client = createMemoryStore();
    const slow = holding(client, ':c:projection%20p%201', 'calls');
    const one = counting(slow.store);
    await one.projection.start();
    slow.hold();
    await appendTo(one, 1);
    await slow.held;
    const rebuilding = one.projection.rebuild();
    const two = counting(client);
    while ((await two.projection.get('all')) !== 1) await new Promise((resolve) => setTimeout(resolve, 1));
    const generations = async (): Promise<string> =>
      new TextDecoder().decode((await client.get('events:m:p')).value);
    while (!(await generations()).includes('"live":2'))
      await new Promise((resolve) => setTimeout(resolve, 1));
    await two.projection.start();
    await appendTo(one, 1);
    await two.projection.caughtUp();
    await new Promise((resolve) => setTimeout(resolve, 30));
    slow.release();
    await rebuilding;
    await expect(one.projection.done()).rejects.toMatchObject({ code: 'CHECKPOINT_LOST' });
    await two.projection.stop();
    await one.projection.start();
    await appendTo(one, 1);
    await one.projection.caughtUp();
    expect(await one.projection.get('all')).toBe(3);
    await one.projection.stop();
  });
});
