import { runInNewContext } from 'node:vm';
import { UnavailableError, VersionMismatchError } from '@norikv/store';
import { countCalls, createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import {
  createCommandHandler,
  type Decider,
  EventFeed,
  EventInvalidError,
  EventStore,
} from '../src/index.js';
import { type AccountCommand, type AccountEvent, account } from './account.js';
import { onEachEngine } from './on-each-engine.js';

const deposit = (amount: number): AccountCommand => ({ type: 'Deposit', amount });
const withdraw = (amount: number): AccountCommand => ({ type: 'Withdraw', amount });

/** An account that needs no opening. */
const purse: Decider<{ balance: number }, AccountCommand, AccountEvent> = {
  ...account,
  name: 'purse',
  initial: () => ({ balance: 0 }),
  evolve: (state, event) => ({ balance: account.evolve({ ...state, isOpen: true }, event).balance }),
  decide: (command, state) => account.decide(command, { ...state, isOpen: true }),
};

onEachEngine('a warm command handler', (open) => {
  it('gives nothing away from a deleted stream', async () => {
    await using client = await open();
    const store = new EventStore<AccountEvent>(client);
    const handle = createCommandHandler(store, purse);
    for (const deleter of [store, new EventStore(countCalls(client))]) {
      await handle('a', deposit(100));
      const seen = await store.version('a');
      await deleter.deleteStream('a');
      await expect(handle('a', withdraw(50))).rejects.toThrow('Insufficient funds');
      await expect(
        store.append('a', [{ type: 'Withdrawn', data: { amount: 50 } }], { expected: seen }),
      ).rejects.toMatchObject({ code: 'STREAM_CONFLICT', version: 0, wasDeleted: true });
      expect(await store.load('a', purse)).toMatchObject({ state: { balance: 0 }, exists: false });
    }
  });

  it('starts anew with a stream that was deleted and created again', async () => {
    await using client = await open();
    const handle = createCommandHandler(new EventStore<AccountEvent>(client), purse);
    await handle('a', deposit(100));
    const other = new EventStore<AccountEvent>(countCalls(client));
    await other.deleteStream('a');
    await other.append('a', 'Deposited', { amount: 10 });
    await expect(handle('a', withdraw(50))).rejects.toThrow('Insufficient funds');
    expect(await handle('a', withdraw(4))).toMatchObject({ state: { balance: 6 }, version: 3 });
  });
});

describe('a command that was done', () => {
  it('on a stream that was deleted before is not said to have failed when the store goes away', async () => {
    const client = createMemoryStore();
    let isAway = false;
    const flaky: typeof client = {
      ...client,
      async find(key, options) {
        if (isAway) throw new UnavailableError('away', { outcome: 'not-applied' });
        return client.find(key, options);
      },
      async put(key, value, options) {
        const version = await client.put(key, value, options);
        isAway = true;
        return version;
      },
    };
    const other = new EventStore<AccountEvent>(client);
    await other.append('a', 'Deposited', { amount: 1 });
    await other.deleteStream('a');
    const handle = createCommandHandler(new EventStore<AccountEvent>(flaky), purse);
    expect(await handle('a', deposit(5))).toMatchObject({ state: { balance: 5 }, version: 2 });
  });
});

it('a command that comes after others have made and deleted its stream has the state of its events as stored', async () => {
  const memory = createMemoryStore();
  const others = new EventStore(memory);
  let isFirst = true;
  const client: typeof memory = {
    ...memory,
    async put(key, value, options) {
      if (isFirst && key === 'events:h:a') {
        isFirst = false;
        await others.append('a', 'T', 0);
        await others.deleteStream('a');
      }
      return memory.put(key, value, options);
    },
  };
  const handle = createCommandHandler(new EventStore(client), {
    name: 'versions',
    revision: '1',
    initial: (): number[] => [],
    evolve(seen, { version }) {
      seen.push(version);
      return seen;
    },
    decide: () => ({ type: 'T', data: 1 }),
  });
  expect(await handle('a', undefined)).toMatchObject({ version: 2, state: [2] });
  expect(await handle('a', undefined)).toMatchObject({ version: 3, state: [2, 3] });
});

describe('a command that loses', () => {
  const flapping = async (): Promise<EventStore<AccountEvent>> => {
    const client = createMemoryStore();
    const store = new EventStore<AccountEvent>(client);
    const other = new EventStore<AccountEvent>(countCalls(client));
    return Object.assign(Object.create(store), {
      isProtected: false,
      append: store.append.bind(store),
      async load(...call: Parameters<typeof store.load>) {
        const loaded = await store.load(...call);
        await other.append('a', 'Deposited', { amount: 1 });
        return loaded;
      },
    });
  };

  it('says so, also if the stream came to where it is expected too late', async () => {
    const handle = createCommandHandler(await flapping(), purse, { maxRetries: 1 });
    const lost = handle('a', deposit(1), { expected: 'exists' });
    await expect(lost).rejects.toMatchObject({ code: 'CONTENTION', outcome: 'not-applied' });
  });

  it('to others at the ledger of a feed says so', async () => {
    const client = createMemoryStore();
    const busy: typeof client = {
      ...client,
      async put(key, value, options) {
        // It says what it found, so that nothing has to be read while the write counts as sent.
        if (String(key) === 'events:d:0')
          throw new VersionMismatchError('others were first', { actual: null });
        return client.put(key, value, options);
      },
    };
    const feed = new EventFeed(busy, { deadlineMs: 30 });
    const handle = createCommandHandler(new EventStore<AccountEvent>(busy, { feed }), purse);
    await expect(handle('a', deposit(1))).rejects.toMatchObject({ outcome: 'not-applied' });
  });
});

describe('a command repeated with its commit id', () => {
  it('is answered with what it did, though its rule would refuse it now', async () => {
    const client = createMemoryStore();
    const handle = createCommandHandler(new EventStore<AccountEvent>(client), purse);
    await handle('a', deposit(100));
    const first = await handle('a', withdraw(100), { commitId: 'p' });
    const again = createCommandHandler(new EventStore<AccountEvent>(countCalls(client)), purse);
    for (const repeat of [handle, again]) {
      expect(await repeat('a', withdraw(100), { commitId: 'p' })).toEqual({ ...first, isDuplicate: true });
      await expect(repeat('a', withdraw(100), { commitId: 'q' })).rejects.toThrow('Insufficient funds');
      await expect(repeat('a', withdraw(100))).rejects.toThrow('Insufficient funds');
    }
  });

  it('is answered with what it did, though it would decide otherwise or nothing now', async () => {
    const client = createMemoryStore();
    const store = new EventStore<AccountEvent>(client, {
      async validate(events) {
        for (const { data } of events) if (data.amount > 9) throw new EventInvalidError('too much');
        return events;
      },
    });
    const interest: typeof purse = {
      ...purse,
      decide: ({ type }, { balance }) => {
        if (type === 'Withdraw')
          return balance === 0 ? undefined : { type: 'Withdrawn', data: { amount: balance } };
        return { type: 'Deposited', data: { amount: balance * 2 + 1 } };
      },
    };
    const handle = createCommandHandler(store, interest);
    const once = await handle('a', deposit(0), { commitId: '1' });
    for (let count = 0; count < 2; count += 1) {
      const { events, isDuplicate } = await handle('a', deposit(0), { commitId: '1' });
      expect({ events, isDuplicate }).toEqual({ events: once.events, isDuplicate: true });
      await handle('a', deposit(0), { commitId: '2' });
    }
    await handle('a', deposit(0), { commitId: '3' });
    await expect(handle('a', deposit(0))).rejects.toMatchObject({ code: 'EVENT_INVALID' });
    expect(await handle('a', deposit(0), { commitId: '1' })).toMatchObject({ version: 1, isDuplicate: true });
    await store.deleteStream('a');
    for (const each of [handle, createCommandHandler(store, interest)]) {
      expect(await each('a', { type: 'Withdraw', amount: 0 }, { commitId: '1' })).toMatchObject({
        version: 1,
        isDuplicate: true,
      });
    }
    expect(await store.findCommit('a', 'unknown')).toBeUndefined();
    expect(await store.findCommit('nobody', '1')).toBeUndefined();
    expect(await store.streamExists('a')).toBe(false);
  });

  it('is not called refused while the store cannot say', async () => {
    const store = new EventStore<AccountEvent>(createMemoryStore());
    const handle = createCommandHandler(store, purse);
    await handle('a', deposit(10));
    await handle('a', withdraw(10), { commitId: 'c' });
    store.findCommit = () => Promise.reject(new UnavailableError('away'));
    await expect(handle('a', withdraw(10), { commitId: 'c' })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const cancelled = handle('a', deposit(1), { commitId: 'd', signal: AbortSignal.abort() });
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('what a handler remembers', () => {
  it('is out of the reach of its callers', async () => {
    const store = new EventStore<AccountEvent>(createMemoryStore());
    const last: Decider<{ balance: number; last?: { amount: number } }, AccountCommand, AccountEvent> = {
      ...purse,
      evolve: ({ balance }, event) => ({
        balance: purse.evolve({ balance }, event).balance,
        ...(event.type === 'Deposited' && { last: event.data }),
      }),
      decide(command, { balance, last }) {
        if (last && last.amount > balance) throw new Error('Altered');
        if ('amount' in command && command.amount === 0) return undefined;
        return purse.decide(command, { balance });
      },
    };
    const handle = createCommandHandler(store, last);
    const spoil = async (command: AccountCommand): Promise<void> => {
      const { state, events } = await handle('a', command);
      state.balance = 1e9;
      for (const { data } of events) Object.assign(data, { amount: 1e9 });
      await expect(handle('a', withdraw(500))).rejects.toThrow('Insufficient funds');
    };
    await spoil(deposit(10));
    await spoil(deposit(0));
    await spoil(deposit(1));
    expect(await handle('a', withdraw(11))).toMatchObject({ state: { balance: 0 } });
  });

  it('of a stream that is not there is what `initial` gives, and no copy of it', async () => {
    const nobody = {};
    const handle = createCommandHandler(new EventStore(createMemoryStore()), {
      name: 'guests',
      revision: '1',
      initial: () => nobody,
      evolve: () => ({}),
      decide(isRefused: boolean, state) {
        if (isRefused) throw new Error('refused');
        return { type: state === nobody ? 'Came' : 'Stayed', data: null };
      },
    });
    for (let times = 0; times < 2; times += 1) await expect(handle('a', true)).rejects.toThrow('refused');
    for (const type of ['Came', 'Stayed'])
      expect(await handle('a', false)).toMatchObject({ events: [{ type }] });
  });

  it('is plain data only, whatever realm it is of', async () => {
    class Money {
      readonly amount: number;
      constructor(amount: number) {
        this.amount = amount;
      }
    }
    class Amounts extends Array<number> {}
    const shared = { a: [1, null, undefined, 'x', 2n] };
    const mixed = { shared, again: [shared, new Map([[1, new Set([new Date(0)])]])] };
    const nested = Array.from({ length: 100_000 }).reduce<object>((inner) => ({ inner }), {});
    const note = Symbol('note');
    const total = {
      items: [1],
      get total() {
        return this.items.length;
      },
    };
    const states: readonly (readonly [name: string, state: unknown, isRemembered: boolean])[] = [
      ['a number', 7, true],
      ['objects and lists of all kinds', mixed, true],
      ['another realm', runInNewContext('({ list: [{}] })'), true],
      ['a class', new Money(1), false],
      ['a class in a map', new Map([[new Money(1), 1]]), false],
      ['a class of lists', Amounts.of(1), false],
      ['no prototype', Object.create(null), false],
      ['a function', [() => 1], false],
      ['a symbol', { symbol: Symbol('s') }, false],
      ['a symbol as a key', { list: [{ [note]: 1 }] }, false],
      ['a list with more', Object.assign([1], { [note]: 1 }), false],
      ['a list with gaps and more', Object.assign(new Array(2), { [note]: 1 }), false],
      ['a map with more', Object.assign(new Map(), { more: 1 }), false],
      ['a date with more', [Object.assign(new Date(0), { more: 1 })], false],
      ['a getter', total, false],
      ['a hidden property', Object.defineProperty({}, 'hidden', { value: 1 }), false],
      ['a proxy', new Proxy({}, {}), false],
      ['more levels than can be copied', nested, false],
    ];
    const remembered: string[] = [];
    for (const [name, state] of states) {
      const client = countCalls(createMemoryStore());
      const handle = createCommandHandler(new EventStore<AccountEvent>(client), {
        ...purse,
        initial: () => state,
        evolve: (before) => before,
        decide: () => ({ type: 'Deposited', data: { amount: 1 } }) as const,
      });
      await handle('a', deposit(1));
      client.reset();
      await handle('a', deposit(1));
      if (client.calls.get + client.calls.find === 0) remembered.push(name);
    }
    expect(remembered).toEqual(states.flatMap(([name, , isRemembered]) => (isRemembered ? [name] : [])));
  });

  it('never decides on a total that a copy has frozen', async () => {
    const carts: Decider<{ items: number[]; readonly total: number }, number> = {
      name: 'cart',
      revision: '1',
      initial: () => ({
        items: [],
        get total() {
          return this.items.reduce((sum, item) => sum + item, 0);
        },
      }),
      evolve(cart, { data }) {
        cart.items.push(data);
        return cart;
      },
      decide(item, { total }) {
        if (total + item > 5) throw new Error('full');
        return { type: 'Added', data: item };
      },
    };
    const handle = createCommandHandler(new EventStore(createMemoryStore()), carts);
    expect((await handle('a', 2)).state.total).toBe(2);
    expect((await handle('a', 2)).state.total).toBe(4);
    await expect(handle('a', 2)).rejects.toThrow('full');
  });
});
