/**
 * The bank of the shop: it takes payments by order number, so that asking twice never pays twice. It belongs
 * to somebody else, as banks do: it survives whatever happens to a checkout.
 */
export class Bank {
  readonly #payments = new Map<string, number>();
  readonly #random: () => number;
  readonly #declineRate: number;

  constructor(declineRate: number, random: () => number = Math.random) {
    this.#declineRate = declineRate;
    this.#random = random;
  }

  /** Takes money once for each order, or declines. A repeated request gets the first answer. */
  charge(order: string, amount: number): boolean {
    const known = this.#payments.get(order);
    if (known !== undefined) return known > 0;
    const isPaid = this.#random() >= this.#declineRate;
    this.#payments.set(order, isPaid ? amount : 0);
    return isPaid;
  }

  /** Gives the money of an order back, if there is any, and takes no more for it. */
  refund(order: string): void {
    this.#payments.set(order, 0);
  }

  /** What was paid for each order, and kept. */
  get payments(): ReadonlyMap<string, number> {
    return this.#payments;
  }
}
