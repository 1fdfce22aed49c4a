import { UnavailableError } from '@norikv/store';
import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import {
  type AppendOptions,
  createCommandHandler,
  createErasure,
  EventConsumer,
  EventFeed,
  EventStore,
  Projection,
} from '../src/index.js';
import { type AccountEvent, account } from './account.js';
import { holding } from './holding.js';

describe('what was given up', () => {
  it('a consumer stopped while it starts does not take the checkpoint from its successor later', async () => {
    const client = createMemoryStore();
    const slow = holding(client, ':c:', 'calls');
    const slowFeed = new EventFeed(slow.store);
    const group = { group: 'g', handle: () => {}, pollMs: 1, maxPollMs: 5 };
    const first = new EventConsumer(slowFeed, new EventStore(slow.store), group);
    slow.hold();
    const starting = first.start();
    await slow.held;
    const stopping = first.stop();
    setTimeout(slow.release, 20);
    await stopping;
    const feed = new EventFeed(client);
    const store = new EventStore(client, { feed });
    await using second = new EventConsumer(feed, store, group);
    await second.start();
    await starting;
    await store.append('a', 'T', 1);
    await second.caughtUp();
  });

  it('a projection stopped while it starts does not run on', async () => {
    const client = createMemoryStore();
    const slow = holding(client, ':m:', 'calls');
    const feed = new EventFeed(slow.store);
    const store = new EventStore(slow.store, { feed });
    const count = new Projection<number>(feed, store, {
      name: 'count',
      revision: '1',
      keyOf: () => 'all',
      initial: () => 0,
      evolve: (sum) => sum + 1,
      pollMs: 1,
      maxPollMs: 2,
    });
    slow.hold();
    const starting = count.start();
    await slow.held;
    setTimeout(slow.release, 20);
    await count.stop();
    await starting;
    await store.append('a', 'T', 1);
    await feed.flush();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await count.get('all')).toBeUndefined();
  });

  it('who stops what cannot start hears of it from the start alone', async () => {
    const client = createMemoryStore();
    await new EventFeed(client, { partitions: 2 }).sweep();
    const feed = new EventFeed(client);
    const store = new EventStore(client);
    const consumer = new EventConsumer(feed, store, { group: 'g', handle: () => {} });
    const count = new Projection<number>(feed, store, {
      name: 'count',
      revision: '1',
      keyOf: () => 'all',
      initial: () => 0,
      evolve: (sum) => sum + 1,
    });
    for (const one of [consumer, count]) {
      const failed = expect(one.start()).rejects.toThrow('partitions is 1');
      await one.stop();
      await failed;
    }
  });

  it('a key looked up before an erasure opens nothing for those who ask after it', async () => {
    const client = createMemoryStore();
    const slow = holding(client, ':k:', 'answers');
    const store = new EventStore(slow.store, {
      protection: createErasure(slow.store, { subjectOf: () => 'bob' }),
    });
    await store.append('a', 'T', { secret: 1 });
    slow.hold();
    const before = store.getEvents('a');
    await slow.held;
    await createErasure(client, { subjectOf: () => 'bob' }).erase('bob');
    const after = store.getEvents('a');
    const append = store.append('a', 'T', { secret: 2 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    slow.release();
    await expect(append).rejects.toMatchObject({ code: 'SUBJECT_ERASED' });
    expect((await after)[0]?.data).toBeNull();
    await before;
  });

  it('a command that is cancelled while it decides appends nothing', async () => {
    const store = new EventStore<AccountEvent>(createMemoryStore());
    const controller = new AbortController();
    const handle = createCommandHandler(store, {
      ...account,
      decide(command: Parameters<typeof account.decide>[0], state: Parameters<typeof account.decide>[1]) {
        controller.abort();
        return account.decide(command, state);
      },
    });
    const open = { type: 'Open', owner: 'alice' } as const;
    const options = { signal: controller.signal, commitId: 'one' };
    const cancelled = { code: 'CANCELLED', outcome: 'not-applied' };
    await expect(handle('a', open, options)).rejects.toMatchObject(cancelled);
    expect(await store.getEvents('a')).toEqual([]);
  });

  it('a command that waits for its turn can be cancelled, and lets nobody pass', async () => {
    const store = new EventStore<AccountEvent>(createMemoryStore());
    let decide = (): void => {};
    const decided = new Promise<void>((resolve) => {
      decide = resolve;
    });
    let begin = (): void => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    let calls = 0;
    const handle = createCommandHandler(store, {
      ...account,
      async decide() {
        calls += 1;
        begin();
        if (calls === 1) await decided;
        return { type: 'Opened', owner: 'alice', data: { owner: 'alice' } } as const;
      },
    });
    const open = { type: 'Open', owner: 'alice' } as const;
    const first = handle('a', open);
    const controller = new AbortController();
    const second = handle('a', open, { signal: controller.signal });
    const third = handle('a', open, { signal: new AbortController().signal });
    await begun;
    controller.abort();
    await expect(second).rejects.toMatchObject({ code: 'CANCELLED', outcome: 'not-applied' });
    await expect(handle('a', open, { signal: controller.signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(calls).toBe(1);
    decide();
    expect((await first).version).toBe(1);
    expect((await third).version).toBe(2);
  });

  it('an append in parts ends with its deadline or its signal, and leaves nothing behind', async () => {
    const clock = new FakeClock();
    const client = createMemoryStore({ clock, latencyMs: 300 });
    const store = new EventStore(client, { clock });
    const events = [1, 2, 3].map(() => ({ type: 'T', data: 'x'.repeat(300_000) }));
    const late = store.append('a', events, { deadlineMs: 400 }).catch((error: unknown) => error);
    await clock.advance(450);
    expect(await clock.run(late)).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
    const controller = new AbortController();
    const { signal } = controller;
    const cancelled = store.append('a', events, { signal }).catch((error: unknown) => error);
    await clock.advance(100);
    controller.abort();
    const before = clock.monotonic();
    expect(await clock.run(cancelled)).toMatchObject({ code: 'CANCELLED', outcome: 'not-applied' });
    expect(clock.monotonic() - before).toBeLessThan(700);
    expect(await clock.run(store.version('a'))).toBe(0);
  });

  it.each([
    ['the ledger', ':d:0'],
    ['the key of a subject', ':k:'],
  ])('an append that is not made because of %s is not called unknown', async (_, part) => {
    const client = createMemoryStore();
    let isBroken = false;
    const broken: typeof client = {
      ...client,
      async put(key, value, options) {
        if (!String(key).includes(part)) return client.put(key, value, options);
        isBroken = true;
        throw new UnavailableError('reply lost');
      },
      async find(key, options) {
        if (!isBroken || !String(key).includes(part)) return client.find(key, options);
        throw new UnavailableError('reset', { retryable: false });
      },
    };
    const feed = new EventFeed(broken);
    const protection = createErasure(broken, { subjectOf: (aggregateId) => aggregateId });
    const store = new EventStore(broken, { feed, protection });
    await expect(store.append('a', 'T', 1)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      outcome: 'not-applied',
      cause: { code: 'OUTCOME_UNKNOWN' },
    });
    expect(await store.version('a')).toBe(0);
  });

  it('a read that was cancelled does not wait for the head', async () => {
    const store = new EventStore(createMemoryStore());
    await store.append('a', 'T', 1);
    const signal = AbortSignal.abort();
    await expect(store.read('a', { signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(store.events('a', { signal }).next()).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('options that would drop a condition', () => {
  const wrong = [
    ...[3, 'none', null, { expected: null }, { expectedVersion: 9 }, [1], { deadlineMs: '5' }],
    ...[{ signal: {} }, { signal: null }],
  ];

  it.each(wrong)('%j is refused by an append and a command', async (options) => {
    const store = new EventStore<AccountEvent>(createMemoryStore());
    const handle = createCommandHandler(store, account);
    const given = options as AppendOptions;
    const event = { type: 'Opened', data: { owner: 'alice' } } as const;
    await expect(store.append('a', [event], given)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(handle('a', { type: 'Open', owner: 'alice' }, given)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    expect(await store.version('a')).toBe(0);
  });

  it.each([Number.NaN, '5', -1, null])('timeoutMs %j of caughtUp is refused', async (timeoutMs) => {
    const client = createMemoryStore();
    const feed = new EventFeed(client);
    await using consumer = new EventConsumer(feed, new EventStore(client), { group: 'g', handle: () => {} });
    await expect(consumer.caughtUp({ timeoutMs: timeoutMs as number })).rejects.toThrow('timeoutMs is');
  });
});
