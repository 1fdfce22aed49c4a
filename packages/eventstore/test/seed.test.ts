import { countCalls } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { EventStore } from '../src/index.js';
import { BankAccountAggregate } from './bank-account.js';
import { onEachEngine } from './on-each-engine.js';

onEachEngine('the documentation', (open) => {
  it('works as written', async () => {
    await using client = await open();
    const eventStore = new EventStore(client);

    const account = new BankAccountAggregate(eventStore, 'account-123');

    // Replay history
    await account.load();

    // Execute commands (generates events)
    await account.openAccount();
    await account.deposit(100);
    await account.withdraw(30);
    expect(account.getBalance()).toBe(70);

    // Audit trail
    const events = await eventStore.getEvents('account-123');
    expect(events).toMatchObject([
      { aggregateId: 'account-123', type: 'AccountOpened', data: {}, version: 1 },
      { aggregateId: 'account-123', type: 'MoneyDeposited', data: { amount: 100 }, version: 2 },
      { aggregateId: 'account-123', type: 'MoneyWithdrawn', data: { amount: 30 }, version: 3 },
    ]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(3);
    expect(events.every(({ timestamp }) => Math.abs(timestamp - Date.now()) < 60_000)).toBe(true);

    const reloaded = new BankAccountAggregate(eventStore, 'account-123');
    await reloaded.load();
    expect(reloaded.getBalance()).toBe(70);
    await expect(reloaded.withdraw(71)).rejects.toThrow('Insufficient funds');
    expect(await eventStore.getEventsAfter('account-123', 2)).toMatchObject([{ version: 3 }]);
    expect(await eventStore.getEvents('account-9')).toEqual([]);
  });

  it('loses no event of appenders that race', async () => {
    await using client = await open();
    const stores = Array.from({ length: 4 }, () => new EventStore(countCalls(client)));
    const appended = await Promise.all(
      stores.flatMap((store, writer) =>
        Array.from({ length: 10 }, (_, number) => store.append('busy', 'Added', { writer, number })),
      ),
    );
    const events = await new EventStore(client).getEvents('busy');
    expect(events.map(({ version }) => version)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    for (const event of appended) expect(events[event.version - 1]).toEqual(event);
  });
});
