import { countCalls, createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { createCommandHandler, EventStore, type ExpectedVersion } from '../src/index.js';
import { type AccountEvent, account } from './account.js';

/** A handler that remembers an account with 100, of which another process has paid out 90 since. */
async function withOldMemory() {
  const client = createMemoryStore();
  const handle = createCommandHandler(new EventStore<AccountEvent>(client), account);
  await handle('a', { type: 'Open', owner: 'alice' });
  await handle('a', { type: 'Deposit', amount: 100 });
  const other = new EventStore<AccountEvent>(countCalls(client));
  const { version } = await other.append('a', 'Withdrawn', { amount: 90 });
  const balance = async (): Promise<number> => (await other.load('a', account)).state.balance;
  return { handle, version, balance };
}

/** A handler whose first load comes a moment before the stream gets to a version, by a deposit of 1. */
async function withLateRead(at: number) {
  const client = createMemoryStore();
  const other = new EventStore<AccountEvent>(countCalls(client));
  await other.append('a', 'Opened', { owner: 'alice' });
  await other.append('a', 'Deposited', { amount: 10 });
  for (let version = 3; version < at; version++) await other.append('a', 'Deposited', { amount: 0 });
  const store = new EventStore<AccountEvent>(client);
  let loads = 0;
  const late = Object.assign(Object.create(store), {
    isProtected: false,
    append: store.append.bind(store),
    async load(...call: Parameters<typeof store.load>) {
      const loaded = await store.load(...call);
      loads += 1;
      if (loads === 1) await other.append('a', 'Deposited', { amount: 1 });
      return loaded;
    },
  });
  const handle = createCommandHandler(late as EventStore<AccountEvent>, account);
  return { handle, behind: async () => (await other.load('a', account)).state.balance };
}

describe('a command that expects a version', () => {
  it.each<ExpectedVersion>(['any', 'exists', 3])('is decided on that version: %s', async (expected) => {
    const { handle, version, balance } = await withOldMemory();
    expect(version).toBe(3);
    await expect(handle('a', { type: 'Withdraw', amount: 50 }, { expected })).rejects.toThrow(
      'Insufficient funds',
    );
    expect(await balance()).toBe(10);
    await handle('a', { type: 'Withdraw', amount: 5 }, { expected });
    expect(await balance()).toBe(5);
  });

  it.each<ExpectedVersion>(['none', 2])('conflicts if it is another one: %s', async (expected) => {
    const { handle, balance } = await withOldMemory();
    const late = handle('a', { type: 'Withdraw', amount: 5 }, { expected });
    await expect(late).rejects.toMatchObject({ code: 'STREAM_CONFLICT', version: 3 });
    expect(await balance()).toBe(10);
  });

  it.each<ExpectedVersion>(['exists', 1])('conflicts if there is no stream: %s', async (expected) => {
    const handle = createCommandHandler(new EventStore<AccountEvent>(createMemoryStore()), account);
    const early = handle('a', { type: 'Open', owner: 'alice' }, { expected });
    await expect(early).rejects.toMatchObject({ code: 'STREAM_CONFLICT', expected, version: 0 });
  });

  it.each<ExpectedVersion>(['any', 'exists'])(
    'is decided anew when others come in between: %s',
    async (expected) => {
      const client = createMemoryStore();
      const other = new EventStore<AccountEvent>(countCalls(client));
      await other.append('a', [
        { type: 'Opened', data: { owner: 'alice' } },
        { type: 'Deposited', data: { amount: 100 } },
      ]);
      const balances: number[] = [];
      const slow: typeof account = {
        ...account,
        async decide(command, state) {
          balances.push(state.balance);
          if (balances.length === 1) await other.append('a', 'Withdrawn', { amount: 90 });
          return account.decide(command, state);
        },
      };
      const handle = createCommandHandler(new EventStore<AccountEvent>(client), slow);
      await expect(handle('a', { type: 'Withdraw', amount: 50 }, { expected })).rejects.toThrow(
        'Insufficient funds',
      );
      expect(balances).toContain(10);
      expect(await other.load('a', account)).toMatchObject({ version: 3, state: { balance: 10 } });
    },
  );

  it.each(['archiveStream', 'tombstoneStream'] as const)(
    'is refused at once by a stream that takes no events: %s',
    async (end) => {
      const client = countCalls(createMemoryStore());
      const store = new EventStore<AccountEvent>(client);
      await store.append('a', 'Opened', { owner: 'alice' });
      await store[end]('a');
      for (const expected of ['any', 'none', 'exists', 1] as const) {
        const handle = createCommandHandler(store, account);
        client.reset();
        const refused = handle('a', { type: 'Open', owner: 'bob' }, { expected });
        await expect(refused).rejects.toMatchObject({ code: 'STREAM_CLOSED', outcome: 'not-applied' });
        expect(client.calls.total).toBeLessThanOrEqual(2);
        const empty = store.append('a', [], { expected });
        if (expected === 'any') expect(await empty).toMatchObject({ version: 0 });
        else await expect(empty).rejects.toMatchObject({ code: 'STREAM_CLOSED' });
      }
    },
  );

  it('is answered as before when it is repeated under its name', async () => {
    const { handle, version, balance } = await withOldMemory();
    const order = { expected: version, commitId: 'payout' };
    const first = await handle('a', { type: 'Withdraw', amount: 5 }, order);
    await handle('a', { type: 'Deposit', amount: 1 });
    expect(await handle('a', { type: 'Withdraw', amount: 5 }, order)).toMatchObject({
      isDuplicate: true,
      events: first.events,
    });
    expect(await balance()).toBe(6);
  });

  it('goes on if the stream comes to where it is expected meanwhile', async () => {
    const { handle, version, balance } = await withOldMemory();
    const { handle: late, behind } = await withLateRead(version + 1);
    await expect(handle('a', { type: 'Withdraw', amount: 5 }, { expected: version + 1 })).rejects.toThrow(
      'not as expected',
    );
    expect(await balance()).toBe(10);
    await late('a', { type: 'Withdraw', amount: 5 }, { expected: version + 1 });
    expect(await behind()).toBe(6);
  });
});
