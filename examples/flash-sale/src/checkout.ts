import { type InventoryManager, ReservationResolvedError } from '@norikv/inventory';
import {
  type BankReply,
  type CheckoutMessage,
  type Customer,
  customersOf,
  type Ending,
  openSale,
  price,
  sku,
} from './sale.js';

/** Customers that are served at the same time. */
const tills = 25;

const [folder, checkout, customerCount] = process.argv.slice(2);
const replies = new Map<string, (isPaid: boolean) => void>();
process.on('message', ({ order, isPaid }: BankReply) => replies.get(order)?.(isPaid));
// A checkout without an office has no bank.
process.once('disconnect', () => process.exit(1));
// Ctrl-C reaches every process of a terminal; the office decides what becomes of its checkouts.
process.on('SIGINT', () => {});
await serveAll(String(folder), customersOf(Number(checkout), Number(customerCount)));
process.exit();

/** Serves all customers, some at a time. */
async function serveAll(folder: string, customers: readonly Customer[]): Promise<void> {
  await using sale = await openSale(folder);
  const queue = customers.values();
  const serveInTurn = async (): Promise<void> => {
    for (const customer of queue) {
      const { ending, sold } = await serve(sale.inventory, customer);
      await send({ kind: 'left', order: customer.order, ending, sold });
    }
  };
  await Promise.all(Array.from({ length: tills }, serveInTurn));
}

interface Served {
  readonly ending: Ending;
  readonly sold: number;
}

/**
 * One purchase. Every step of it can be repeated under the order number, so a successor of a dead checkout
 * just does the same again.
 */
async function serve(inventory: InventoryManager, customer: Customer): Promise<Served> {
  const { order, units, walksAway } = customer;
  try {
    const reserved = await inventory.tryReserve(sku, units, { id: order });
    if (!reserved.ok) return { ending: 'sold out', sold: 0 };
    if (walksAway) return { ending: 'walked away', sold: 0 };
    const isPaid = await askBank({ kind: 'charge', order, amount: units * price });
    if (isPaid) {
      const { sold } = await inventory.commit(reserved.reservationId);
      return { ending: 'bought', sold };
    }
    await inventory.release(reserved.reservationId);
    return { ending: 'payment declined', sold: 0 };
  } catch (error) {
    if (!(error instanceof ReservationResolvedError)) throw error;
    return settle(customer, error);
  }
}

/** The reservation has come to its end before: by the predecessor of this checkout, or by time. */
async function settle(
  { order, units, walksAway }: Customer,
  { status, sold }: ReservationResolvedError,
): Promise<Served> {
  if (status === 'committed') return { ending: 'bought', sold };
  await askBank({ kind: 'refund', order, amount: units * price });
  if (walksAway) return { ending: 'walked away', sold: 0 };
  return { ending: status === 'released' ? 'payment declined' : 'too late', sold: 0 };
}

function askBank(request: CheckoutMessage): Promise<boolean> {
  return new Promise((resolve) => {
    replies.set(request.order, resolve);
    void send(request);
  });
}

function send(message: CheckoutMessage): Promise<void> {
  return new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()));
}
