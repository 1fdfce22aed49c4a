import { countCalls, createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import {
  Aggregate,
  createCommandHandler,
  type Decider,
  EventStore,
  given,
  type RecordedEvent,
  SnapshotStore,
} from '../src/index.js';
import { type AccountCommand, type AccountEvent, account } from './account.js';
import { onEachEngine } from './on-each-engine.js';

onEachEngine('a command', (open) => {
  it('appends what it decides and gives the new state', async () => {
    await using client = await open();
    const store = new EventStore<AccountEvent>(client);
    const handle = createCommandHandler(store, account);
    expect(await handle('a', { type: 'Open', owner: 'x' })).toMatchObject({
      state: { isOpen: true },
      version: 1,
    });
    const metadata = { correlationId: 'c', causationId: 'd' };
    const result = await handle('a', { type: 'Deposit', amount: 5 }, { metadata });
    expect(result).toMatchObject({
      state: { balance: 5 },
      version: 2,
      events: [{ type: 'Deposited', metadata }],
      isDuplicate: false,
    });
    expect(await store.getEvents('a')).toHaveLength(2);
  });

  it('that decides nothing appends nothing and creates no stream', async () => {
    await using client = await open();
    const store = new EventStore<AccountEvent>(client);
    const handle = createCommandHandler(store, { ...account, decide: () => undefined });
    expect(await handle('a', { type: 'Open', owner: 'x' })).toEqual({
      state: { isOpen: false, balance: 0 },
      version: 0,
      events: [],
      isDuplicate: false,
    });
    expect(await store.streamExists('a')).toBe(false);
    const real = createCommandHandler(store, account);
    await real('a', { type: 'Open', owner: 'x' });
    expect(await real('a', { type: 'Open', owner: 'x' })).toMatchObject({ version: 1, events: [] });
  });

  it('that breaks a rule fails with that rule', async () => {
    await using client = await open();
    const handle = createCommandHandler(new EventStore<AccountEvent>(client), account);
    await expect(handle('a', { type: 'Withdraw', amount: 1 })).rejects.toThrow('Account not open');
    await handle('a', { type: 'Open', owner: 'x' });
    await expect(handle('a', { type: 'Withdraw', amount: 1 })).rejects.toThrow('Insufficient funds');
  });

  it('is decided anew when others were first: no rule is ever broken', async () => {
    await using client = await open();
    const handlers = Array.from({ length: 4 }, () => {
      const store = new EventStore<AccountEvent>(countCalls(client), { rollBytes: 300 });
      return createCommandHandler(store, account, { maxRetries: 1_000 });
    });
    const [first] = handlers;
    await first?.('a', { type: 'Open', owner: 'x' });
    await first?.('a', { type: 'Deposit', amount: 25 });
    const withdrawals = handlers.flatMap((handle) =>
      Array.from({ length: 10 }, () =>
        handle('a', { type: 'Withdraw', amount: 1 }).then(
          () => 1,
          (error: Error) => error.message,
        ),
      ),
    );
    const results = await Promise.all(withdrawals);
    expect(results.filter((result) => result === 1)).toHaveLength(25);
    expect(results.filter((result) => result === 'Insufficient funds')).toHaveLength(15);
    expect((await new EventStore<AccountEvent>(client).load('a', account)).state.balance).toBe(0);
  });
});

describe('a command', () => {
  const deposit: AccountCommand = { type: 'Deposit', amount: 1 };

  it('costs one round trip warm and two cold', async () => {
    const memory = createMemoryStore();
    const warm = createCommandHandler(new EventStore<AccountEvent>(memory), account);
    await warm('a', { type: 'Open', owner: 'x' });
    const client = countCalls(memory);
    const handle = createCommandHandler(new EventStore<AccountEvent>(client), account);
    await handle('a', deposit);
    expect(client.calls.total).toBe(2);
    await handle('a', deposit);
    expect(client.calls.total).toBe(3);
  });

  it('that finds others were first goes on from the conflict, and reads nothing', async () => {
    const memory = createMemoryStore();
    const one = countCalls(memory);
    const handle = createCommandHandler(new EventStore<AccountEvent>(one), account);
    await handle('a', { type: 'Open', owner: 'x' });
    const other = createCommandHandler(new EventStore<AccountEvent>(countCalls(memory)), account);
    for (const balance of [2, 4]) {
      await other('a', deposit);
      one.reset();
      expect(await handle('a', deposit)).toMatchObject({ state: { balance }, version: balance + 1 });
      expect(one.calls).toMatchObject({ put: 2, total: 2 });
    }
  });

  it('that finds others were first has each event in its state once, though `evolve` alters what it is given', async () => {
    const memory = createMemoryStore();
    const purse: Decider<{ balance: number }, number> = {
      name: 'purse',
      revision: '1',
      initial: () => ({ balance: 0 }),
      evolve: (state, { data }) => Object.assign(state, { balance: state.balance + data }),
      decide: (data) => ({ type: 'Deposited', data }),
    };
    const handle = createCommandHandler(new EventStore(countCalls(memory)), purse);
    const other = createCommandHandler(new EventStore(countCalls(memory)), purse);
    for (const balance of [2, 4, 6]) {
      await other('a', 1);
      expect(await handle('a', 1)).toMatchObject({ state: { balance } });
    }
  });

  it('is neither refused nor ignored because of what was remembered', async () => {
    const memory = createMemoryStore();
    const handle = createCommandHandler(new EventStore<AccountEvent>(memory), account);
    await handle('a', { type: 'Open', owner: 'x' });
    const other = new EventStore<AccountEvent>(countCalls(memory));
    await other.append('a', 'Deposited', { amount: 5 });
    expect(await handle('a', { type: 'Withdraw', amount: 5 })).toMatchObject({
      state: { balance: 0 },
      version: 3,
    });
    await other.deleteStream('a');
    expect(await handle('a', { type: 'Open', owner: 'y' })).toMatchObject({
      state: { isOpen: true },
      version: 4,
    });
  });

  it('is not retried where the caller names a version', async () => {
    const memory = createMemoryStore();
    let decisions = 0;
    const counted = {
      ...account,
      decide: (...call: Parameters<typeof account.decide>) => {
        decisions += 1;
        return account.decide(...call);
      },
    };
    const handle = createCommandHandler(new EventStore<AccountEvent>(memory), counted);
    await handle('a', { type: 'Open', owner: 'x' }, { expected: 'none' });
    await handle('a', deposit, { expected: 1 });
    decisions = 0;
    await expect(handle('a', deposit, { expected: 1 })).rejects.toMatchObject({
      code: 'STREAM_CONFLICT',
      version: 2,
      expected: 1,
    });
    expect(decisions).toBe(0);
  });

  it('gives up after so many tries, with the conflict', async () => {
    const memory = createMemoryStore();
    const store = new EventStore<AccountEvent>(memory);
    await store.append('a', 'Opened', { owner: 'x' });
    let decisions = 0;
    const handle = createCommandHandler(
      store,
      {
        ...account,
        async decide() {
          decisions += 1;
          await new EventStore<AccountEvent>(countCalls(memory)).append('a', 'Deposited', { amount: 1 });
          return { type: 'Deposited', data: { amount: 1 } } as const;
        },
      },
      { maxRetries: 3, backoff: () => 0 },
    );
    await expect(handle('a', deposit)).rejects.toMatchObject({ code: 'STREAM_CONFLICT', version: 4 });
    expect(decisions).toBe(3);
  });

  it('repeated with its commit id is applied once', async () => {
    const memory = createMemoryStore();
    const handle = createCommandHandler(new EventStore<AccountEvent>(memory), account);
    await handle('a', { type: 'Open', owner: 'x' });
    const first = await handle('a', deposit, { commitId: 'c' });
    const again = await createCommandHandler(new EventStore<AccountEvent>(countCalls(memory)), account)(
      'a',
      deposit,
      { commitId: 'c' },
    );
    expect(again).toEqual({ ...first, isDuplicate: true });
    expect(await handle('a', deposit, { commitId: 'c' })).toEqual({ ...first, isDuplicate: true });
    expect((await handle('a', deposit)).state.balance).toBe(2);
  });

  it('remembers no more streams than it should, and uses snapshots', async () => {
    const client = createMemoryStore();
    const store = new EventStore<AccountEvent>(client);
    const snapshots = new SnapshotStore(client);
    const handle = createCommandHandler(store, account, { rememberedStreams: 1, snapshots });
    for (const stream of ['a', 'b']) await handle(stream, { type: 'Open', owner: 'x' });
    await snapshots.save('a', account, { state: { isOpen: true, balance: 100 }, version: 1 });
    expect(await handle('a', deposit)).toMatchObject({ state: { balance: 101 } });
  });
});

describe('an aggregate', () => {
  class Account extends Aggregate<AccountEvent> {
    balance = 0;
    protected apply(event: RecordedEvent<AccountEvent>): void {
      if (event.type === 'Deposited') this.balance += event.data.amount;
    }
    open(): Promise<void> {
      return this.raise({ type: 'Opened', data: { owner: 'x' } });
    }
    deposit(amount: number): Promise<void> {
      return this.raise({ type: 'Deposited', data: { amount } }, { type: 'Deposited', data: { amount } });
    }
  }

  it('appends where its state ends, and not elsewhere', async () => {
    const client = createMemoryStore();
    const [one, two] = [1, 2].map(
      () => new Account(new EventStore<AccountEvent>(countCalls(client)), 'a'),
    ) as [Account, Account];
    await one.load();
    await one.open();
    await one.deposit(5);
    expect([one.balance, one.version]).toEqual([10, 3]);
    await expect(two.open()).rejects.toMatchObject({ code: 'STREAM_CONFLICT' });
    await two.load();
    await two.deposit(1);
    expect([two.balance, two.version]).toEqual([12, 5]);
    await expect(one.deposit(1)).rejects.toMatchObject({ code: 'STREAM_CONFLICT' });
    expect(one.balance).toBe(10);
    await one.load();
    await one.deposit(1);
    expect([one.balance, one.version]).toEqual([14, 7]);
  });

  it('applies each event once, however many loads and raises are under way', async () => {
    const store = new EventStore<AccountEvent>(createMemoryStore());
    await store.append('a', 'Deposited', { amount: 100 });
    const one = new Account(store, 'a');
    await Promise.all([one.load(), one.load(), one.load()]);
    expect([one.balance, one.version]).toEqual([100, 1]);
    await Promise.all([one.deposit(5), one.load(), one.load()]);
    expect([one.balance, one.version]).toEqual([110, 3]);
  });

  it('goes on after the last event it has applied when one cannot be applied', async () => {
    const store = new EventStore<AccountEvent>(createMemoryStore());
    for (const amount of [1, 2, 4]) await store.append('a', 'Deposited', { amount });
    let isBroken = true;
    class Careful extends Account {
      protected override apply(event: RecordedEvent<AccountEvent>): void {
        if (isBroken && event.version === 3) throw new Error('bug');
        super.apply(event);
      }
    }
    const one = new Careful(store, 'a');
    await expect(one.load()).rejects.toThrow('bug');
    expect(one.version).toBe(2);
    isBroken = false;
    await one.load();
    expect([one.balance, one.version]).toEqual([7, 3]);
  });

  it('of a deleted stream that raises nothing begins a new one', async () => {
    const store = new EventStore<AccountEvent>(createMemoryStore());
    await store.append('a', 'Deposited', { amount: 1 });
    await store.deleteStream('a');
    class Idle extends Account {
      nothing(): Promise<void> {
        return this.raise();
      }
    }
    const one = new Idle(store, 'a');
    await one.nothing();
    expect(one.version).toBe(0);
    await one.deposit(5);
    expect([one.balance, one.version]).toEqual([10, 3]);
    expect((await store.append('b', [])).version).toBe(0);
  });

  it('goes on after a load that was overtaken by what it raised', async () => {
    const client = createMemoryStore();
    let raised: Promise<void> | undefined;
    const slow: typeof client = {
      ...client,
      async find(key, options) {
        const found = await client.find(key, options);
        if (raised) return found;
        raised = one.deposit(1);
        await raised;
        return found;
      },
    };
    const one = new Account(new EventStore<AccountEvent>(slow), 'a');
    await one.load();
    await one.deposit(2);
    expect([one.balance, one.version]).toEqual([6, 4]);
  });

  it('does not go on after its stream was deleted, also if there is a new one', async () => {
    const store = new EventStore<AccountEvent>(createMemoryStore());
    const one = new Account(store, 'a');
    await one.open();
    await one.deposit(50);
    await store.deleteStream('a');
    const refused = { code: 'STREAM_CONFLICT', wasDeleted: true, expected: 3 };
    await expect(one.load()).rejects.toMatchObject({ ...refused, version: 0, events: [] });
    await expect(one.deposit(1)).rejects.toMatchObject(refused);
    await store.append('a', 'Deposited', { amount: 10 });
    await expect(one.load()).rejects.toMatchObject({ ...refused, version: 4, events: [{ version: 4 }] });
    await expect(one.deposit(1)).rejects.toMatchObject(refused);
    const two = new Account(store, 'a');
    await two.load();
    await two.deposit(1);
    expect([two.balance, two.version]).toEqual([12, 6]);
  });
});

describe('given, when, then', () => {
  const opened = { type: 'Opened', data: { owner: 'x' } } as const;
  const withdraw = { type: 'Withdraw', amount: 5 } as const;

  it('holds', async () => {
    await given(account).when({ type: 'Open', owner: 'x' }).thenEvents([opened]);
    await given(account, [opened]).when({ type: 'Open', owner: 'y' }).thenNothingHappened();
    await given(account, [opened]).when(withdraw).thenThrows();
    await given(account, [opened]).when(withdraw).thenThrows('Insufficient');
    await given(account, [opened])
      .when(withdraw)
      .thenThrows(/^Insufficient funds$/);
    const rude = {
      ...account,
      decide: () => {
        throw 'no';
      },
    };
    await given(rude).when(withdraw).thenThrows(/^no$/);
    const ordered = {
      ...account,
      decide: () => ({ type: 'Deposited', data: { b: [1, { d: 1, c: null }], a: 1 } }) as never,
    };
    const same = { type: 'Deposited', data: { a: 1, b: [1, { c: null, d: 1 }] } } as never;
    await given(ordered).when(withdraw).thenEvents([same]);
  });

  it('fails', async () => {
    const scenario = given(account, [opened]).when({ type: 'Deposit', amount: 5 });
    await expect(scenario.thenNothingHappened()).rejects.toThrow('but decided [{');
    await expect(scenario.thenEvents([{ type: 'Deposited', data: { amount: 6 } }])).rejects.toThrow(
      '"amount":5',
    );
    await expect(scenario.thenThrows()).rejects.toThrow('it was accepted');
    await expect(given(account, [opened]).when(withdraw).thenThrows('Account not open')).rejects.toThrow(
      'Insufficient',
    );
  });
});
