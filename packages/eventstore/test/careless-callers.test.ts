import { countCalls, createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import {
  Aggregate,
  createCommandHandler,
  createErasure,
  EventConsumer,
  EventFeed,
  EventStore,
  given,
  type NewEvent,
  Projection,
  type RecordedEvent,
  type Reducer,
  SnapshotStore,
} from '../src/index.js';

const soon = { pollMs: 1, maxPollMs: 5, sweepMs: 20 };
const later = async (): Promise<never> => {
  throw new Error('later');
};
const sum: Reducer<{ total: number }> = {
  name: 'sum',
  revision: '1',
  initial: () => ({ total: 0 }),
  evolve: ({ total }, { data }) => ({ total: total + data }),
};
const promised = { ...sum, evolve: later as unknown as typeof sum.evolve };

describe('what callers change while a call is under way', () => {
  it('is not in a snapshot', async () => {
    const snapshots = new SnapshotStore(createMemoryStore());
    const state = { total: 1 };
    const saving = snapshots.save('s', sum, { state, version: 1 });
    state.total = 2;
    await saving;
    expect(await snapshots.get('s', 'sum')).toMatchObject({ version: 1, state: { total: 1 } });
  });

  it('is not missing in an append whose events are being checked', async () => {
    const validate = async (events: readonly NewEvent[]): Promise<readonly NewEvent[]> => {
      await Promise.resolve();
      return events;
    };
    const store = new EventStore(createMemoryStore(), { validate });
    const events = [{ type: 'Added', data: 1 }];
    const appending = store.append('s', events);
    events.length = 0;
    expect(await appending).toMatchObject({ version: 1 });
  });

  it('is not in an event that is being sealed', async () => {
    const client = createMemoryStore();
    const store = new EventStore(client, { protection: createErasure(client, { subjectOf: () => 'x' }) });
    const data = { amount: 1 };
    const metadata = { correlationId: 'first' };
    const appending = store.append('s', [{ type: 'Added', data, metadata }]);
    data.amount = 2;
    metadata.correlationId = 'second';
    const { events } = await appending;
    expect(events).toMatchObject([{ data: { amount: 1 }, metadata: { correlationId: 'first' } }]);
    expect(await store.getEvents('s')).toEqual(events);
  });

  it('is not in a command that waits', async () => {
    const store = new EventStore(createMemoryStore());
    const handle = createCommandHandler(store, {
      ...sum,
      decide: (data: number) => ({ type: 'Added', data }),
    });
    const options = { commitId: 'first' };
    const first = handle('s', 1, options);
    options.commitId = 'second';
    const second = handle('s', 2, options);
    expect([(await first).version, (await second).version]).toEqual([1, 2]);
    expect(await store.findCommit('s', 'first')).toMatchObject({ events: [{ data: 1 }] });
  });

  it('is not in what is read', async () => {
    const store = new EventStore(createMemoryStore());
    await store.append(
      's',
      [1, 2, 3].map((data) => ({ type: 'Added', data })),
    );
    const options = { from: 1, maxCount: 1 };
    const reading = store.read('s', options);
    const next = store.events('s', options).next();
    options.from = 3;
    expect((await reading).events).toMatchObject([{ version: 1 }]);
    expect(await next).toMatchObject({ value: { version: 1 } });
  });

  it('does not change a consumer that was made', async () => {
    const client = createMemoryStore();
    const feed = new EventFeed(client);
    const store = new EventStore(client, { feed });
    const seen: string[] = [];
    const types = ['Added'];
    const options = { group: 'g', types, handle: () => void seen.push('first'), ...soon };
    await using consumer = new EventConsumer(feed, store, options);
    options.handle = () => void seen.push('second');
    types.length = 0;
    await store.append('s', 'Added', 1);
    await consumer.start();
    await consumer.caughtUp();
    expect(seen).toEqual(['first']);
  });
});

it.each([Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])(
  'a deadline that is none is refused by its name, whatever comes before the write: %d',
  async (deadlineMs) => {
    const client = countCalls(createMemoryStore());
    const store = new EventStore(client, { feed: new EventFeed(client) });
    const handle = createCommandHandler(store, { ...sum, decide: () => ({ type: 'Added', data: 1 }) });
    const refusal = {
      code: 'INVALID_ARGUMENT',
      message: `deadlineMs is ${deadlineMs}; use milliseconds below 2^31 (24 days), or leave it out`,
    };
    for (const data of [1, 'x'.repeat(300_000)]) {
      const events = [{ type: 'Added', data }];
      await expect(store.append('s', events, { deadlineMs })).rejects.toMatchObject(refusal);
    }
    await expect(handle('s', 'add', { deadlineMs })).rejects.toMatchObject(refusal);
    expect(client.calls.total).toBe(0);
  },
);

it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '5', null])(
  'a number of streams that is none is refused: %j',
  (rememberedStreams) => {
    const store = new EventStore(createMemoryStore());
    const decider = { ...sum, decide: () => ({ type: 'Added', data: 1 }) };
    const open = (): unknown =>
      createCommandHandler(store, decider, { rememberedStreams: rememberedStreams as number });
    expect(open).toThrow(/^rememberedStreams is .*; use a whole number, at least 0/);
  },
);

it('events may be checked at once', async () => {
  const validate = (events: readonly NewEvent[]): readonly NewEvent[] => events;
  const store = new EventStore(createMemoryStore(), { validate: validate as never });
  expect(await store.append('s', [{ type: 'Added', data: 1 }])).toMatchObject({ version: 1 });
});

describe('a promise where an answer is due', () => {
  it('is refused of upcast, and nothing is appended', async () => {
    const client = createMemoryStore();
    const upcast = later as unknown as (event: RecordedEvent) => RecordedEvent;
    const store = new EventStore(client, { upcast });
    await expect(store.append('s', 'Added', 1)).rejects.toThrow('upcast() is [object Promise]');
    expect(await new EventStore(client).version('s')).toBe(0);
    await new EventStore(client).append('s', 'Added', 1);
    await expect(store.getEvents('s')).rejects.toThrow('upcast() is [object Promise]');
  });

  it('is refused of evolve, inline, in commands and on loading', async () => {
    const client = createMemoryStore();
    const inline = new EventStore(client, { inline: [promised] });
    await expect(inline.append('s', 'Added', 1)).rejects.toThrow('evolve() is [object Promise]');
    const store = new EventStore(client);
    const handle = createCommandHandler(store, { ...promised, decide: () => ({ type: 'Added', data: 1 }) });
    await expect(handle('s', 'add')).rejects.toThrow('evolve() is [object Promise]');
    expect(await store.version('s')).toBe(0);
    await store.append('s', 'Added', 1);
    await expect(store.load('s', promised)).rejects.toThrow('evolve() is [object Promise]');
  });

  it('is refused of accept, whichever library it is of, and nothing is appended', async () => {
    const store = new EventStore(createMemoryStore());
    const handle = createCommandHandler(store, { ...sum, decide: () => ({ type: 'Added', data: 1 }) });
    // biome-ignore lint/suspicious/noThenProperty: a promise of another library.
    const foreign = { then: (_done: unknown, fail: (error: unknown) => void) => fail(new Error('no')) };
    for (const accept of [later, () => foreign as unknown as undefined]) {
      const refusal = {
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/^accept\(\) is .*Nothing/),
      };
      await expect(store.append('s', [{ type: 'Added', data: 1 }], { accept })).rejects.toMatchObject(
        refusal,
      );
      await expect(handle('s', 'add', { accept })).rejects.toMatchObject(refusal);
    }
    expect(await store.version('s')).toBe(0);
  });

  it('is refused of apply of an aggregate, which stays where it was', async () => {
    class Late extends Aggregate<{ type: 'Added'; data: number }> {
      protected override async apply(): Promise<never> {
        return later();
      }
      add(): Promise<void> {
        return this.raise({ type: 'Added', data: 1 });
      }
    }
    const store = new EventStore<{ type: 'Added'; data: number }>(createMemoryStore());
    const refusal = 'apply() is [object Promise]; use a method that changes the fields at once';
    const aggregate = new Late(store, 's');
    await expect(aggregate.add()).rejects.toThrow(refusal);
    expect([aggregate.version, await store.version('s')]).toEqual([0, 1]);
    await expect(new Late(store, 's').load()).rejects.toThrow(refusal);
  });

  it('is refused of initial, and in scenarios', async () => {
    const initial = later as unknown as typeof sum.initial;
    const store = new EventStore(createMemoryStore());
    await expect(store.load('s', { ...sum, initial })).rejects.toThrow('initial() is [object Promise]');
    const decider = { ...sum, decide: () => undefined };
    expect(() => given({ ...decider, initial })).toThrow('initial() is [object Promise]');
    const events = [{ type: 'Added', data: 1 }];
    expect(() => given({ ...decider, evolve: promised.evolve }, events)).toThrow(
      'evolve() is [object Promise]',
    );
    const inline = new EventStore(createMemoryStore(), { inline: [{ ...sum, initial }] });
    await expect(inline.append('s', 'Added', 1)).rejects.toThrow('initial() is [object Promise]');
    expect(await inline.version('s')).toBe(0);
  });

  it('is refused of keyOf and evolve of a projection, which stops', async () => {
    for (const name of ['keyOf', 'initial', 'evolve']) {
      const client = createMemoryStore();
      const feed = new EventFeed(client);
      const store = new EventStore(client, { feed });
      await store.append('s', 'Added', 1);
      const own = { name: 'p', revision: '1', keyOf: () => 'k', initial: () => 0, evolve: () => 1 };
      await using projection = new Projection<number>(feed, store, { ...own, [name]: later, ...soon });
      await projection.start();
      await expect(projection.caughtUp()).rejects.toThrow(`${name}() is [object Promise]`);
    }
  });

  it('is refused of subjectOf', async () => {
    const client = createMemoryStore();
    const protection = createErasure(client, { subjectOf: later as unknown as () => string });
    const store = new EventStore(client, { protection });
    await expect(store.append('s', 'Added', 1)).rejects.toThrow('subjectOf() is [object Promise]');
  });
});

it('a listener of a feed may end its listening and begin anew', async () => {
  const client = createMemoryStore();
  const feed = new EventFeed(client);
  let calls = 0;
  const listener = (): void => {
    calls += 1;
    stop();
    if (calls < 50) stop = feed.onPublished(listener);
  };
  let stop = feed.onPublished(listener);
  await feed.sweep();
  expect(calls).toBe(1);
});
