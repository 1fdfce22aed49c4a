import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Bank } from './bank.js';
import { type BankReply, type CheckoutMessage, checkouts, type Ending } from './sale.js';

/** How the sale is to be run. */
export interface Order {
  readonly folder: string;
  readonly bank: Bank;
  /** Units on sale. */
  readonly stock: number;
  /** Customers of each checkout. */
  readonly customers: number;
  /** Whether a checkout is killed in the middle. */
  readonly kill: boolean;
  readonly signal: AbortSignal;
  readonly onNote: (note: string) => void;
}

/** How a customer left, and with how many units. */
export interface Departure {
  readonly ending: Ending;
  readonly sold: number;
}

const checkoutFile = fileURLToPath(new URL('./checkout.ts', import.meta.url));

/**
 * Runs the checkouts, connects them with the bank, and writes down how each customer left.
 *
 * The checkout that asks for the payment in the middle of the sale is killed just when the bank has taken the
 * money: the worst moment there is. A successor serves its customers once more.
 */
export async function runSale({
  folder,
  bank,
  stock,
  customers,
  kill,
  signal,
  onNote,
}: Order): Promise<Map<string, Departure>> {
  const departures = new Map<string, Departure>();
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);
  const killAt = Math.min(checkouts * customers, stock / 2) / 4;
  let charges = 0;
  let victim: ChildProcess | undefined;

  const listen = (checkout: ChildProcess, number: number, message: CheckoutMessage): void => {
    const { kind, order } = message;
    if (kind === 'left') {
      departures.set(order, { ending: message.ending, sold: message.sold });
      return;
    }
    if (kind === 'refund') bank.refund(order);
    const isPaid = kind === 'charge' && bank.charge(order, message.amount);
    charges += 1;
    if (kill && !victim && isPaid && charges >= killAt) {
      victim = checkout;
      checkout.kill('SIGKILL');
      onNote(`Checkout ${number} was killed after ${order} was paid, and before it was told so.`);
      return;
    }
    const reply: BankReply = { order, isPaid };
    // What a dead checkout asked for last may be read after its death. Nobody hears the answer.
    checkout.send(reply, () => {});
  };

  /** Runs one checkout until all its customers have left. */
  const staff = async (number: number): Promise<void> => {
    const args = [folder, number, customers].map(String);
    const checkout = fork(checkoutFile, args, { signal: stop, killSignal: 'SIGKILL' });
    checkout.on('message', (message: CheckoutMessage) => listen(checkout, number, message));
    // What it said last is heard before its successor begins.
    const [[exitCode]] = await Promise.all([once(checkout, 'close'), once(checkout, 'disconnect')]);
    if (exitCode === 0) return;
    if (checkout !== victim) throw new Error(`Checkout ${number} died; see what it wrote above`);
    onNote('Another takes its place and serves the same customers again.');
    await staff(number);
  };

  try {
    await Promise.all(Array.from({ length: checkouts }, (_, index) => staff(index + 1)));
  } finally {
    failure.abort();
  }
  return departures;
}
