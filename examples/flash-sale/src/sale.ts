import { type EmbeddedStore, openEmbedded } from '@norikv/embedded';
import { InventoryManager } from '@norikv/inventory';
import { type Clock, systemClock } from '@norikv/store';

/** What is on sale. */
export const sku = 'lantern';
export const price = 29;
export const checkouts = 4;

/** Long enough for a payment, short enough that what a customer walks away from is soon for sale again. */
const ttlMs = 3_000;

/** A crowd at four checkouts may have to wait for its turn, on a slow machine for long. */
const deadlineMs = 60_000;

/** How late the successor of a dead checkout may come and still be told what became of a reservation. */
const graceMs = 3_600_000;

/** The store of a sale and the stock in it. */
export interface Sale extends AsyncDisposable {
  readonly inventory: InventoryManager;
}

/** Opens the store. Every process of the sale does, and nothing else here knows which engine it is. */
export async function openSale(folder: string, clock: Clock = systemClock): Promise<Sale> {
  const store: EmbeddedStore = await openEmbedded({ path: folder });
  return {
    // All processes are on one machine and share its clock.
    inventory: new InventoryManager(store, { ttlMs, graceMs, deadlineMs, clockSkewMs: 0, clock }),
    [Symbol.asyncDispose]: () => store.close(),
  };
}

/** A customer: who wants how many units. The order number is also the id of reservation and payment. */
export interface Customer {
  readonly order: string;
  readonly units: number;
  /** Takes units and never comes to pay. */
  readonly walksAway: boolean;
}

/** The customers of one checkout: the same whenever they are asked for, so that a successor serves the same ones. */
export function customersOf(checkout: number, count: number): Customer[] {
  return Array.from({ length: count }, (_, number) => ({
    order: `order-${checkout}-${number}`,
    units: 1 + (number % 3),
    walksAway: number % 12 === 7,
  }));
}

/** How a customer left. */
export type Ending =
  | 'bought'
  | 'sold out'
  | 'payment declined'
  | 'walked away'
  /** The reservation had expired when the payment was through; the money went back. */
  | 'too late';

/** What a checkout tells the office. */
export type CheckoutMessage =
  | { readonly kind: 'charge' | 'refund'; readonly order: string; readonly amount: number }
  | { readonly kind: 'left'; readonly order: string; readonly ending: Ending; readonly sold: number };

/** What the office answers to a charge or refund. */
export interface BankReply {
  readonly order: string;
  readonly isPaid: boolean;
}
