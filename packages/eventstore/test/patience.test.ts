import { bytesToString, type KvStore } from '@norikv/store';
import { createMemoryStore, FakeClock, seededRandom } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import {
  type AppendOptions,
  createCommandHandler,
  createErasure,
  EventConsumer,
  EventFeed,
  EventStore,
} from '../src/index.js';
import { type AccountEvent, account } from './account.js';
import { holding } from './holding.js';

const late = { code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' };
const cancelled = { code: 'CANCELLED', outcome: 'not-applied' };

/** A store whose records of a kind cannot be reached for 3 s. */
function stuck(part: string) {
  const clock = new FakeClock();
  const client = createMemoryStore({ clock });
  const slow = holding(client, part, 'calls');
  slow.hold();
  clock.startTimer(slow.release, 3_000);
  return { clock, client: slow.store };
}

/** How a call ends, and after how long. */
async function outcomeOf(clock: FakeClock, begin: (options: AppendOptions) => Promise<unknown>) {
  const controller = new AbortController();
  const results: unknown[] = [];
  for (const options of [{ deadlineMs: 100 }, { signal: controller.signal }]) {
    if ('signal' in options) clock.startTimer(() => controller.abort(), 100);
    const startedAt = clock.monotonic();
    const error = await clock.run(begin(options).catch((caught: unknown) => caught));
    results.push(error, clock.monotonic() - startedAt);
  }
  return results;
}

const event = { type: 'Opened', data: { owner: 'alice' } } as const;
/** It needs an empty tail. */
const large = { type: 'Opened', data: { owner: 'x'.repeat(300_000) } } as const;

describe('a deadline and a signal end what comes before a write', () => {
  it.each([':d:0', ':d:partitions', ':h:'])('of an append on a feed: %s', async (part) => {
    const { clock, client } = stuck(part);
    const feed = new EventFeed(client, { clock });
    const store = new EventStore(client, { clock, feed });
    const [first, firstMs, second, secondMs] = await outcomeOf(clock, (options) =>
      store.append('a', [event], options),
    );
    expect([first, second]).toMatchObject([late, cancelled]);
    expect([firstMs, secondMs]).toEqual([100, 100]);
    await clock.advance(20_000);
    expect(await clock.run(store.version('a'))).toBe(0);
  });

  it('of an append of nothing, that only asks where the stream is', async () => {
    const { clock, client } = stuck(':h:');
    const store = new EventStore(client, { clock });
    const [first, firstMs, second, secondMs] = await outcomeOf(clock, (options) =>
      store.append('a', [], { ...options, expected: 'none' }),
    );
    expect([first, second]).toMatchObject([late, cancelled]);
    expect([firstMs, secondMs]).toEqual([100, 100]);
    expect(await clock.run(store.append('a', [], { expected: 'none' }))).toMatchObject({ version: 0 });
  });

  it('of an append that makes room for itself', async () => {
    const { clock, client } = stuck(':g:');
    const store = new EventStore(client, { clock });
    await clock.run(store.append('a', [event]));
    const [first, firstMs, second, secondMs] = await outcomeOf(clock, (options) =>
      store.append('a', [large], options),
    );
    expect([first, second]).toMatchObject([late, cancelled]);
    expect([firstMs, secondMs]).toEqual([100, 100]);
    await clock.advance(20_000);
    expect(await clock.run(store.version('a'))).toBe(1);
    expect(await clock.run(store.append('a', [large]))).toMatchObject({ version: 2 });
  });

  it('of an append that asks others to let it go first', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const other = new EventStore({ ...memory }, { clock });
    const client: KvStore = {
      ...memory,
      async put(key, value, options) {
        // Others are first each time that it has made room, and it cannot ask them.
        if (String(key).includes(':g:')) await other.append('a', [event]);
        const isAsking = typeof value !== 'string' && bytesToString(value).includes('"next":');
        return isAsking ? new Promise(() => {}) : memory.put(key, value, options);
      },
    };
    const store = new EventStore(client, { clock });
    await clock.run(store.append('a', [event]));
    const [first, firstMs, second, secondMs] = await outcomeOf(clock, (options) =>
      store.append('a', [large], options),
    );
    expect([first, second]).toMatchObject([late, cancelled]);
    expect([firstMs, secondMs]).toEqual([100, 100]);
    await clock.advance(20_000);
    const events = await clock.run(new EventStore(memory, { clock }).getEvents('a'));
    expect(events.every(({ data }) => data.owner === 'alice')).toBe(true);
  });

  it('of an append that is sealed for a subject', async () => {
    const { clock, client } = stuck(':k:');
    const protection = createErasure(client, { clock, subjectOf: () => 'alice' });
    const store = new EventStore(client, { clock, protection });
    const [first, firstMs, second, secondMs] = await outcomeOf(clock, (options) =>
      store.append('a', [event], options),
    );
    expect([first, second]).toMatchObject([late, cancelled]);
    expect([firstMs, secondMs]).toEqual([100, 100]);
  });

  it('of a command that loads, and of one that waits for its turn', async () => {
    const { clock, client } = stuck(':h:');
    const store = new EventStore<AccountEvent>(client, { clock });
    const handle = createCommandHandler(store, account, { clock });
    const first = handle('a', { type: 'Open', owner: 'alice' });
    const [waiting, waitingMs, other, otherMs] = await outcomeOf(clock, (options) =>
      handle('a', { type: 'Deposit', amount: 1 }, options),
    );
    expect([waiting, other]).toMatchObject([late, cancelled]);
    expect([waitingMs, otherMs]).toEqual([100, 100]);
    const [loading, loadingMs, left, leftMs] = await outcomeOf(clock, (options) =>
      handle('b', { type: 'Deposit', amount: 1 }, options),
    );
    expect([loading, left]).toMatchObject([late, cancelled]);
    expect([loadingMs, leftMs]).toEqual([100, 100]);
    expect((await clock.run(first)).version).toBe(1);
  });

  it.each<AppendOptions>([{ commitId: 'c' }, { expected: 7 }, { expected: 7, commitId: 'c' }])(
    'of a command that asks what became of it before: %j',
    async (given) => {
      const { clock, client } = stuck(':h:');
      const store = new EventStore<AccountEvent>(createMemoryStore({ clock }), { clock });
      const away = new EventStore<AccountEvent>(client, { clock });
      // It is loaded, and then the store is away.
      store.findCommit = (...call) => away.findCommit(...call);
      store.append = away.append.bind(away) as typeof store.append;
      const handle = createCommandHandler(store, account, { clock });
      const [first, firstMs, second, secondMs] = await outcomeOf(clock, (options) =>
        handle('a', { type: 'Deposit', amount: 1 }, { ...given, ...options }),
      );
      expect([first, second]).toMatchObject([late, cancelled]);
      expect([firstMs, secondMs]).toEqual([100, 100]);
    },
  );

  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    'of a command as a whole, however often others are first: %i',
    async (seed) => {
      const clock = new FakeClock();
      const random = seededRandom(seed);
      const client = createMemoryStore({ clock, latencyMs: 20 });
      const other = new EventStore<AccountEvent>(Object.assign({}, client), { clock, random });
      await clock.run(other.append('a', 'Opened', { owner: 'alice' }));
      let others = 1;
      const busy: typeof account = {
        ...account,
        async decide() {
          await other.append('a', 'Deposited', { amount: 1 });
          others += 1;
          return { type: 'Deposited', data: { amount: 1 } };
        },
      };
      const handle = createCommandHandler(new EventStore<AccountEvent>(client, { clock, random }), busy, {
        clock,
        random,
        maxRetries: 1_000,
      });
      const startedAt = clock.monotonic();
      const command = { type: 'Deposit', amount: 1 } as const;
      const error = await clock.run(
        handle('a', command, { deadlineMs: 500 }).catch((caught: unknown) => caught),
      );
      // What is left for a store call is rounded up to a millisecond.
      expect(clock.monotonic() - startedAt).toBeLessThanOrEqual(501);
      await clock.advance(1_000);
      const own = (await clock.run(other.version('a'))) - others;
      // The deadline may pass while a write is on its way.
      expect(own).toBeLessThanOrEqual((error as { outcome: string }).outcome === 'unknown' ? 1 : 0);
    },
  );

  it('of waiting for a consumer to catch up', async () => {
    const { clock, client } = stuck(':fh:');
    const feed = new EventFeed(client, { clock });
    const consumer = new EventConsumer(feed, new EventStore(client), { group: 'g', handle: () => {}, clock });
    const caughtUp = consumer.caughtUp({ timeoutMs: 100 }).catch((error: unknown) => error);
    expect(await clock.run(caughtUp)).toMatchObject({
      ...late,
      message: expect.stringMatching(/not caught up within 100 ms/),
    });
    expect(clock.monotonic()).toBe(100);
  });

  it('of waiting for a consumer that handles nothing, to the millisecond', async () => {
    const clock = new FakeClock();
    const client = createMemoryStore({ clock, latencyMs: 10 });
    const feed = new EventFeed(client, { clock });
    const store = new EventStore(client, { feed, clock });
    await clock.run(store.append('a', 'T', 1));
    const consumer = new EventConsumer(feed, store, { group: 'g', handle: () => {}, clock });
    const startedAt = clock.monotonic();
    const caughtUp = consumer.caughtUp({ timeoutMs: 100 }).catch((error: unknown) => error);
    expect(await clock.run(caughtUp)).toMatchObject(late);
    expect(clock.monotonic() - startedAt).toBe(100);
  });

  it('of waiting that is cancelled, before and while the store is asked; the consumer goes on', async () => {
    const { clock, client } = stuck(':fh:');
    const feed = new EventFeed(client, { clock });
    const seen: unknown[] = [];
    const handle = ({ data }: { data: unknown }): number => seen.push(data);
    const consumer = new EventConsumer(feed, new EventStore(client, { feed, clock }), {
      group: 'g',
      handle,
      clock,
    });
    const controller = new AbortController();
    const caughtUp = consumer.caughtUp({ signal: controller.signal }).catch((error: unknown) => error);
    await clock.advance(10);
    controller.abort('enough');
    expect(await clock.run(caughtUp)).toMatchObject({ ...cancelled, cause: 'enough' });
    expect(clock.monotonic()).toBe(10);
    const never = consumer.caughtUp({ signal: AbortSignal.abort() });
    await expect(never).rejects.toMatchObject(cancelled);
    await clock.advance(10_000);
    await clock.run(() => consumer.start());
    await clock.run(() => new EventStore(client, { feed, clock }).append('a', 'T', 7));
    await clock.run(() => consumer.caughtUp({ signal: new AbortController().signal }));
    expect(seen).toEqual([7]);
    await clock.run(() => consumer.stop());
    expect(clock.pendingTimers).toBe(0);
  });

  it('of waiting refuses what is no option, no time and no signal', async () => {
    const client = createMemoryStore();
    const feed = new EventFeed(client);
    const consumer = new EventConsumer(feed, new EventStore(client), { group: 'g', handle: () => {} });
    for (const [options, message] of [
      [{ timeout: 5 }, 'an option is "timeout"'],
      [{ timeoutMs: -1 }, 'timeoutMs is -1'],
      [{ signal: {} }, 'signal is [object Object]'],
    ] as const) {
      await expect(consumer.caughtUp(options as never)).rejects.toThrow(message);
    }
  });

  it('and leave no timer and no listener behind', async () => {
    const clock = new FakeClock();
    const client = createMemoryStore({ clock });
    const store = new EventStore<AccountEvent>(client, { clock, feed: new EventFeed(client, { clock }) });
    const handle = createCommandHandler(store, account, { clock });
    let listeners = 0;
    const { signal } = new AbortController();
    const watched = Object.assign(signal, {
      addEventListener(...call: Parameters<AbortSignal['addEventListener']>) {
        listeners += 1;
        return EventTarget.prototype.addEventListener.apply(signal, call);
      },
      removeEventListener(...call: Parameters<AbortSignal['removeEventListener']>) {
        listeners -= 1;
        return EventTarget.prototype.removeEventListener.apply(signal, call);
      },
    });
    const options = { signal: watched, deadlineMs: 5_000 };
    await clock.run(handle('a', { type: 'Open', owner: 'alice' }, options));
    await clock.run(store.append('a', [event], options));
    await clock.run(handle('a', { type: 'Deposit', amount: 1 }, options));
    expect([clock.pendingTimers, listeners]).toEqual([0, 0]);
  });
});

const count = { name: 'count', revision: '1', initial: () => 0, evolve: (before: number) => before + 1 };

it.each<[string, (store: EventStore, signal: AbortSignal) => Promise<unknown>]>([
  ['reading', (store, signal) => store.read('s', { signal })],
  ['reading piece by piece', (store, signal) => store.events('s', { signal }).next()],
  ['loading', (store, signal) => store.load('s', count, undefined, { signal })],
])('a signal ends %s while keys are looked up', async (_, read) => {
  const slow = holding(createMemoryStore(), ':k:', 'calls');
  const protection = createErasure(slow.store, { subjectOf: () => 'alice' });
  // Sealed in real time.
  await new EventStore(slow.store, { protection }).append('s', [event]);
  const clock = new FakeClock();
  const store = new EventStore(slow.store, { clock, protection });
  slow.hold();
  const controller = new AbortController();
  clock.startTimer(() => controller.abort('enough'), 100);
  const error = clock.run(read(store, controller.signal).catch((caught: unknown) => caught));
  expect(await error).toMatchObject({ code: 'CANCELLED', cause: 'enough' });
  expect(clock.monotonic()).toBe(100);
  slow.release();
});
