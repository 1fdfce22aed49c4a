import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ItemConflictError, type ItemView } from '@norikv/inventory';
import { isNoriKVError } from '@norikv/store';
import { Bank } from './bank.js';
import { mistakesIn, unitsSold } from './books.js';
import { type Departure, runSale } from './office.js';
import { helpText, type Options, parseOptions, UsageError } from './options.js';
import { checkouts, openSale, type Sale, sku } from './sale.js';

process.exitCode = await main(process.argv.slice(2));

/** Runs the example. Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => interruption.abort());
  try {
    const options = parseOptions(args);
    if (options.help) {
      process.stdout.write(helpText);
      return 0;
    }
    if (options.data !== undefined) return await sell(options.data, options, interruption.signal);
    const folder = mkdtempSync(join(tmpdir(), 'norikv-flash-sale-'));
    try {
      return await sell(folder, options, interruption.signal);
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  } catch (error) {
    if (interruption.signal.aborted) return say(130, 'Interrupted.');
    if (error instanceof UsageError) return say(2, `${error.message}\n--help shows all options.`);
    throw error;
  }
}

/** Holds the sale, and checks the books. */
async function sell(folder: string, options: Options, signal: AbortSignal): Promise<number> {
  const { stock, customers, declined, kill } = options;
  await using sale = await openNewSale(folder, stock);
  const bank = new Bank(declined / 100);
  say(
    0,
    `${stock} units, ${checkouts * customers} customers at ${checkouts} checkouts, ${declined} % of the payments fail.`,
  );

  const startedAt = performance.now();
  const onNote = (note: string): void => void say(0, note);
  const departures = await runSale({ folder, bank, stock, customers, kill, signal, onNote });
  say(0, `${summary(departures)} (in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s)`);

  const item = await afterTheLastReservation(sale, signal);
  const found = mistakesIn({ stock, item, departures, payments: bank.payments });
  if (found.length > 0) return say(1, `The books are wrong:\n${found.join('\n')}`);
  const sold = unitsSold(departures);
  return say(
    0,
    `Stock, sales and money are equal: ${sold} units sold and paid for, ${item.onHand} left, 0 reserved.`,
  );
}

/** A folder that cannot be used is a wrong option, not a failure of the sale. */
async function openNewSale(folder: string, stock: number): Promise<Sale> {
  try {
    const sale = await openSale(folder);
    await sale.inventory.createItem(sku, stock);
    return sale;
  } catch (error) {
    if (error instanceof ItemConflictError)
      throw new UsageError(`--data: ${folder} holds a sale already; use another folder`);
    if (isNoriKVError(error)) throw new UsageError(`--data: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Waits until time has ended what customers walked away from. Nothing has to be done for that. */
async function afterTheLastReservation({ inventory }: Sale, signal: AbortSignal): Promise<ItemView> {
  let item = await inventory.get(sku);
  if (item.reserved > 0) say(0, `${item.reserved} units are still reserved by customers who walked away.`);
  while (item.reserved > 0) {
    const last = Math.max(...item.reservations.map(({ expiresAt }) => expiresAt));
    await sleep(Math.max(1, last - Date.now()), undefined, { signal });
    item = await inventory.get(sku);
  }
  return item;
}

function summary(departures: ReadonlyMap<string, Departure>): string {
  const counts = new Map<string, number>();
  for (const { ending } of departures.values()) counts.set(ending, (counts.get(ending) ?? 0) + 1);
  return `Customers: ${[...counts].map(([ending, count]) => `${count} ${ending}`).join(', ')}.`;
}

function say(exitCode: number, text: string): number {
  (exitCode === 0 ? process.stdout : process.stderr).write(`${text}\n`);
  return exitCode;
}
