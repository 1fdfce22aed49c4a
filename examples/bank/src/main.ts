import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bank } from './bank.js';
import { balancesOf, mistakes, settleAll } from './books.js';
import { helpText, type Options, parseOptions } from './options.js';
import { work } from './workforce.js';

const startBalance = 1_000;

process.exitCode = await main(process.argv.slice(2));

/** Runs the example. Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(args);
  } catch (error) {
    return say(2, `${(error as Error).message}\n--help shows all options.`);
  }
  if (options.help) return say(0, helpText);
  const folder = mkdtempSync(join(tmpdir(), 'norikv-bank-'));
  try {
    return await runBank(folder, options);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Opens accounts, lets the processes work, and checks the books. */
async function runBank(folder: string, options: Options): Promise<number> {
  await using bank = await Bank.open(folder);
  const accounts = Array.from({ length: options.accounts }, (_, number) => `account-${number}`);
  await Promise.all(accounts.map((name) => bank.openAccount(name, startBalance)));
  await using balances = balancesOf(bank);
  await balances.start();

  const startedAt = performance.now();
  const { acknowledged, killed, killedAfter } = await work(folder, options);
  const seconds = (performance.now() - startedAt) / 1_000;
  say(
    0,
    `4 processes made ${acknowledged.size} transfers between ${accounts.length} accounts in ${seconds.toFixed(1)} s.`,
  );
  say(0, `Process ${killed} was killed after its ${killedAfter}. transfer, in the middle of something.`);

  const transfers = await settleAll(bank);
  say(0, `${transfers.length} transfers were requested; all have come to their end now.`);
  const total = startBalance * accounts.length;
  const found = await mistakes(bank, balances, accounts, total, acknowledged);
  if (found.length > 0) return say(1, `The books are wrong:\n${found.join('\n')}`);
  return say(
    0,
    `The balances sum up to exactly ${total}, the audit feed holds every event once,\n` +
      'and the projection rebuilt from zero equals the live one.',
  );
}

function say(exitCode: number, text: string): number {
  (exitCode === 0 ? process.stdout : process.stderr).write(`${text.trimEnd()}\n`);
  return exitCode;
}
