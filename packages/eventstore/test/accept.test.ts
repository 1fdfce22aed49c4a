import { countCalls, createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import {
  Aggregate,
  type AppendOptions,
  createCommandHandler,
  type Decider,
  EventStore,
  type RecordedEvent,
} from '../src/index.js';
import { type AccountCommand, type AccountEvent, account } from './account.js';

const deposit = (amount: number): AccountCommand => ({ type: 'Deposit', amount });
const tooMuch = (): never => {
  throw new Error('too much');
};

/** An account that needs no opening, and of which `evolve` cannot take what is more than 100. */
const fragile: Decider<{ balance: number }, AccountCommand, AccountEvent> = {
  name: 'fragile',
  revision: '1',
  initial: () => ({ balance: 0 }),
  evolve: (state, event) => {
    const amount = event.type === 'Opened' ? 0 : event.data.amount;
    // Careless: it alters the state that it is given.
    state.balance += amount;
    return amount > 100 ? tooMuch() : state;
  },
  decide: (command, { balance }) => account.decide(command, { isOpen: true, balance }),
};

describe('events', () => {
  it('that evolve cannot take are not appended by a command', async () => {
    const client = createMemoryStore();
    const store = new EventStore<AccountEvent>(client);
    const handle = createCommandHandler(store, fragile);
    await handle('a', deposit(1));
    for (const commitId of [undefined, 'c']) {
      await expect(handle('a', deposit(101), { commitId })).rejects.toThrow('too much');
    }
    expect(await store.version('a')).toBe(1);
    expect(await handle('a', deposit(2))).toMatchObject({ state: { balance: 3 }, version: 2 });
  });

  it('are not appended if accept gives a promise, which would answer too late', async () => {
    const store = new EventStore<AccountEvent>(createMemoryStore());
    const handle = createCommandHandler(store, fragile);
    const accept = async (): Promise<never> => tooMuch();
    const refusal = {
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^accept\(\) is \[object Promise\]/),
    };
    const event = { type: 'Deposited', data: { amount: 1 } } as const;
    await expect(store.append('a', [event], { accept })).rejects.toMatchObject(refusal);
    await expect(handle('a', deposit(1), { accept })).rejects.toMatchObject(refusal);
    expect(await store.version('a')).toBe(0);
  });

  it('are evolved once, though the write is made again', async () => {
    const client = createMemoryStore();
    const handle = createCommandHandler(new EventStore<AccountEvent>(client), fragile);
    const other = new EventStore<AccountEvent>(countCalls(client));
    await handle('a', deposit(1));
    await other.archiveStream('a');
    await other.restoreStream('a');
    let proposals = 0;
    const accept: AppendOptions['accept'] = () => {
      proposals += 1;
    };
    expect(await handle('a', deposit(2), { accept })).toMatchObject({ state: { balance: 3 }, version: 2 });
    expect(proposals).toBe(2);
    expect(await handle('a', deposit(4))).toMatchObject({ state: { balance: 7 }, version: 3 });
  });

  it('are shown to accept as they will be stored, which can refuse them', async () => {
    const store = new EventStore<AccountEvent>(createMemoryStore());
    const shown: RecordedEvent[] = [];
    const accept = (events: readonly RecordedEvent[]): void => {
      shown.push(...events);
      if (events.length > 1) tooMuch();
    };
    const opened = { type: 'Opened', data: { owner: 'ada' } } as const;
    const { events } = await store.append('a', [opened], { accept, commitId: 'c' });
    expect(shown).toEqual(events);
    expect(await store.append('a', [opened], { accept, commitId: 'c' })).toMatchObject({ isDuplicate: true });
    expect(shown).toHaveLength(1);
    await expect(store.append('a', [opened, opened], { accept })).rejects.toThrow('too much');
    expect(await store.version('a')).toBe(1);
  });

  it('that were refused leave nothing behind, large as they may be', async () => {
    const client = createMemoryStore();
    const keys = new Set<string>();
    const watched = {
      ...client,
      put: async (...args: Parameters<typeof client.put>) => {
        keys.add(String(args[0]));
        return client.put(...args);
      },
    };
    const store = new EventStore(watched);
    const large = Array.from({ length: 4 }, () => ({ type: 'Large', data: 'x'.repeat(500_000) }));
    await expect(store.append('a', large, { accept: tooMuch })).rejects.toThrow('too much');
    expect(keys.size).toBeGreaterThan(1);
    for (const key of keys) expect(await client.get(key).catch(() => undefined)).toBeUndefined();
  });

  it('cannot be checked by what is no function', async () => {
    const store = new EventStore(createMemoryStore());
    const accept = 5 as never;
    await expect(store.append('a', [{ type: 'A', data: null }], { accept })).rejects.toThrow(
      'accept is 5; use a function',
    );
  });
});

it('an aggregate tells by itself when it cannot apply what was appended', async () => {
  class Fragile extends Aggregate<AccountEvent> {
    protected apply(): void {
      tooMuch();
    }
    open(): Promise<void> {
      return this.raise({ type: 'Opened', data: { owner: 'ada' } });
    }
  }
  const store = new EventStore<AccountEvent>(createMemoryStore());
  const aggregate = new Fragile(store, 'a');
  await expect(aggregate.open()).rejects.toThrow('too much');
  await expect(aggregate.open()).rejects.toMatchObject({ code: 'STREAM_CONFLICT' });
  expect(await store.version('a')).toBe(1);
});
