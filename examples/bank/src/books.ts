import { EventConsumer, Projection, type RecordedEvent } from '@norikv/eventstore';
import { type AccountEvent, account, balanceAfter } from './account.js';
import type { Bank } from './bank.js';
import { transfer } from './transfer.js';

const soon = { pollMs: 5, maxPollMs: 100, sweepMs: 500 };
const patience = { timeoutMs: 600_000 };

/** The balance of each account, kept up to date from the feed. */
export function balancesOf(bank: Bank): Projection<number, AccountEvent> {
  return new Projection<number, AccountEvent>(bank.feed, bank.accounts, {
    name: 'balances',
    revision: '1',
    category: 'account',
    keyOf: ({ aggregateId }) => aggregateId,
    initial: () => 0,
    evolve: balanceAfter,
    ...soon,
  });
}

/** Reads the whole feed from its beginning, as an auditor would. */
async function audit(bank: Bank): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  await using consumer = new EventConsumer(bank.feed, bank.accounts, {
    group: 'audit',
    from: 'BEGINNING',
    handle: (event) => events.push(event),
    ...soon,
  });
  await consumer.start();
  await consumer.caughtUp(patience);
  return events;
}

/** Sees through what dead processes left half done. Gives the names of all transfers. */
export async function settleAll(bank: Bank): Promise<string[]> {
  const names = new Set<string>();
  await using consumer = new EventConsumer(bank.feed, bank.transfers, {
    group: 'settlement',
    category: 'transfer',
    types: ['TransferRequested'],
    async handle({ aggregateId }) {
      names.add(aggregateId);
      await bank.settle(aggregateId);
    },
    ...soon,
  });
  await consumer.start();
  await consumer.caughtUp(patience);
  return [...names];
}

/** What is wrong with the books; nothing, if all is well. */
export async function mistakes(
  bank: Bank,
  balances: Projection<number, AccountEvent>,
  accounts: readonly string[],
  total: number,
  acknowledged: ReadonlySet<string>,
): Promise<string[]> {
  const found: string[] = [];
  const stated = await Promise.all(
    accounts.map(async (name) => (await bank.accounts.load(name, account)).state.balance),
  );
  const sum = stated.reduce((before, balance) => before + balance, 0);
  if (sum !== total) found.push(`the balances sum up to ${sum}, not to ${total}`);
  if (stated.some((balance) => balance < 0)) found.push('an account is overdrawn');

  const events = await audit(bank);
  const places = events.map(({ aggregateId, version }) => `${aggregateId}@${version}`);
  if (new Set(places).size !== places.length) found.push('the audit saw an event twice');
  const streams = new Set([...accounts, ...acknowledged, ...events.map(({ aggregateId }) => aggregateId)]);
  for (const name of streams) {
    const versions = events.filter(({ aggregateId }) => aggregateId === name).map(({ version }) => version);
    const written = (await bank.accounts.getEvents(name)).map(({ version }) => version);
    if (`${versions}` !== `${written}`)
      found.push(`the audit saw ${versions.length} of ${written.length} events of ${name}`);
    if (!name.startsWith('transfer-')) continue;
    const { state } = await bank.transfers.load(name, transfer);
    if (!state.isOver) found.push(`${name} has no end`);
  }

  await balances.caughtUp(patience);
  const live = await Promise.all(accounts.map((name) => balances.get(name)));
  if (`${live}` !== `${stated}`) found.push(`the live projection says ${live}, the accounts say ${stated}`);
  await balances.rebuild(patience);
  const rebuilt = await Promise.all(accounts.map((name) => balances.get(name)));
  if (`${rebuilt}` !== `${live}`) found.push(`the rebuilt projection says ${rebuilt}, the live one ${live}`);
  return found;
}
