import { countCalls, createMemoryStore } from '@norikv/testkit';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import {
  createCommandHandler,
  type Decider,
  EventConsumer,
  EventFeed,
  EventStore,
  type EventsOf,
  type JsonData,
  type RecordedEvent,
  type Upcast,
  validateWith,
} from '../src/index.js';
import { type AccountEvent, account } from './account.js';

describe('upcasting', () => {
  const upcast: Upcast = (event) =>
    event.type === 'MoneyPaidIn'
      ? { ...event, type: 'Deposited', data: { amount: event.data.cents / 100 } }
      : event;

  it('happens on every path', async () => {
    const client = createMemoryStore();
    const feed = new EventFeed(client);
    const old = new EventStore(client, { feed, rollBytes: 1 });
    await old.append('a', 'Opened', { owner: 'x' });
    await old.append('a', 'MoneyPaidIn', { cents: 500 });
    const store = new EventStore<AccountEvent>(countCalls(client), { feed, upcast, inline: [account] });
    const today = { type: 'Deposited', data: { amount: 5 }, version: 2 };
    expect((await store.getEvents('a'))[1]).toMatchObject(today);
    expect((await store.read('a', { direction: 'backward' })).events[0]).toMatchObject(today);
    for await (const event of store.events('a', { from: 2 })) expect(event).toMatchObject(today);
    expect((await store.load('a', account)).state.balance).toBe(5);
    await expect(store.append('a', [], { expected: 1 })).rejects.toMatchObject({ events: [today] });
    const handle = createCommandHandler(store, account);
    expect((await handle('a', { type: 'Withdraw', amount: 5 })).state.balance).toBe(0);
    const seen: string[] = [];
    const consumer = new EventConsumer(feed, store, { group: 'g', handle: ({ type }) => seen.push(type) });
    await consumer.start();
    await consumer.caughtUp();
    await consumer.stop();
    expect(seen).toEqual(['Opened', 'Deposited', 'Withdrawn']);
  });

  it('that fails for an event refuses it: nobody could read it back', async () => {
    const client = createMemoryStore();
    const strict: Upcast = (event) => {
      if (event.data === 'bad') throw new Error(`cannot read version ${event.version}`);
      return event;
    };
    const store = new EventStore(client, { upcast: strict });
    await store.append('a', 'T', 'good');
    const outcomes = await Promise.allSettled(
      ['good', 'bad', 'good'].map((data) => store.append('a', 'T', data)),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await store.getEvents('a')).map(({ data }) => data)).toEqual(['good', 'good', 'good']);
    await expect(store.append('a', 'T', 'bad')).rejects.toThrow('cannot read version 4');
  });

  it('reaches inline state', async () => {
    const store = new EventStore<AccountEvent>(createMemoryStore(), { upcast, inline: [account] });
    await store.append('a', 'Opened', { owner: 'x' });
    await (store as unknown as EventStore).append('a', 'MoneyPaidIn', { cents: 100 });
    expect((await store.load('a', account)).state).toEqual({ isOpen: true, balance: 1 });
  });
});

describe('validation', () => {
  const suites = {
    zod: {
      Deposited: z.object({ amount: z.number().positive(), note: z.string().default('none') }),
      Closed: z.object({}),
    },
    valibot: {
      Deposited: v.object({
        amount: v.pipe(v.number(), v.minValue(1)),
        note: v.optional(v.string(), 'none'),
      }),
      Closed: v.object({}),
    },
  };
  for (const [library, schemas] of Object.entries(suites)) {
    it(`with ${library} refuses before anything is written, and stores what the schema makes of it`, async () => {
      const client = countCalls(createMemoryStore());
      const store = new EventStore(client, { validate: validateWith(schemas) });
      const refused = store.append('a', [
        { type: 'Closed', data: {} },
        { type: 'Deposited', data: { amount: -1 } },
      ]);
      await expect(refused).rejects.toMatchObject({
        code: 'EVENT_INVALID',
        outcome: 'not-applied',
        issues: [expect.stringMatching(/^amount: /)],
      });
      await expect(store.append('a', 'Deposited', 7)).rejects.toMatchObject({ code: 'EVENT_INVALID' });
      await expect(store.append('a', 'toString', {})).rejects.toThrow('no schema for "toString"');
      expect(client.calls.total).toBe(0);
      expect(await store.append('a', 'Deposited', { amount: 5 })).toMatchObject({
        data: { amount: 5, note: 'none' },
      });
    });
  }

  it('may take its time, and never concerns old events', async () => {
    const client = createMemoryStore();
    await new EventStore(client).append('a', 'Deposited', { amount: -1 });
    const schemas = { Deposited: z.object({ amount: z.number().refine(async (amount) => amount > 0) }) };
    const store = new EventStore(client, { validate: validateWith(schemas) });
    await expect(store.append('a', 'Deposited', { amount: -1 })).rejects.toMatchObject({
      code: 'EVENT_INVALID',
    });
    expect(await store.getEvents('a')).toHaveLength(1);
  });
});

describe('types', () => {
  const store = new EventStore<AccountEvent>(createMemoryStore());

  it('of an event follow from its type', async () => {
    await store.append('a', 'Opened', { owner: 'x' });
    for (const event of await store.getEvents('a')) {
      expectTypeOf(event).toEqualTypeOf<RecordedEvent<AccountEvent>>();
      if (event.type === 'Deposited') expectTypeOf(event.data).toEqualTypeOf<{ readonly amount: number }>();
      if (event.type === 'Opened') expectTypeOf(event.data.owner).toEqualTypeOf<string>();
    }
    expectTypeOf(store.append('a', 'Opened', { owner: 'x' }))
      .resolves.toHaveProperty('data')
      .toEqualTypeOf<{ readonly owner: string }>();
    for await (const event of store.events('a'))
      expectTypeOf(event.type).toEqualTypeOf<AccountEvent['type']>();
  });

  it('refuse events of a wrong shape', () => {
    type Single = (id: string, type: 'Deposited', data: { amount: number }) => unknown;
    expectTypeOf(store.append<'Deposited'>).toExtend<Single>();
    expectTypeOf(store.append<'Deposited'>)
      .parameter(2)
      .toEqualTypeOf<{ readonly amount: number }>();
    type Batch = Parameters<EventStore<AccountEvent>['append']>[1];
    expectTypeOf<readonly [{ type: 'Deposited'; data: { amount: number } }]>().toExtend<Batch>();
    expectTypeOf<readonly [{ type: 'Deposited'; data: { amount: string } }]>().not.toExtend<Batch>();
    expectTypeOf<readonly [{ type: 'Opened'; data: { amount: number } }]>().not.toExtend<Batch>();
    expectTypeOf<readonly [{ type: 'Closed'; data: object }]>().not.toExtend<Batch>();
    expectTypeOf<'Closed'>().not.toExtend<AccountEvent['type']>();
  });

  it('of a decider follow from the store and from what it returns', async () => {
    const handle = createCommandHandler(store, {
      name: 'balance',
      revision: '1',
      initial: () => ({ balance: 0 }),
      evolve: (state, event) =>
        event.type === 'Deposited' ? { balance: state.balance + event.data.amount } : state,
      decide: async (amount: number, { balance }) =>
        balance < 0 ? [] : { type: 'Deposited', data: { amount } },
    });
    const { state, events } = await handle('b', 5);
    expectTypeOf(state).toEqualTypeOf<{ balance: number }>();
    expectTypeOf(events).toEqualTypeOf<readonly RecordedEvent<AccountEvent>[]>();
    expect(state).toEqual({ balance: 5 });
    type Decided = Awaited<ReturnType<Decider<number, number, AccountEvent>['decide']>>;
    expectTypeOf<{ type: 'Deposited'; data: { amount: number } }>().toExtend<Decided>();
    expectTypeOf<{ type: 'Opened'; data: { amount: number } }>().not.toExtend<Decided>();
    expectTypeOf<{ type: 'Closed'; data: object }>().not.toExtend<Decided>();
  });

  it('without a description are those of JSON', async () => {
    const untyped = new EventStore(createMemoryStore());
    const event = await untyped.append('a', 'Anything', { goes: [1] });
    expectTypeOf(event.data).toEqualTypeOf<JsonData>();
    expectTypeOf(event.data).toBeAny();
  });

  it('follow from schemas', () => {
    const schemas = { Deposited: z.object({ amount: z.number() }), Named: v.object({ name: v.string() }) };
    expectTypeOf<EventsOf<typeof schemas>>().toEqualTypeOf<
      | { readonly type: 'Deposited'; readonly data: { amount: number } }
      | { readonly type: 'Named'; readonly data: { name: string } }
    >();
  });
});
