import type { Ledger } from './ledger.js';
import type { Publisher } from './publisher.js';

/** A ledger of which more is taken is crowded: where values have 1 MiB, from some 1,000 streams with short names on. */
const crowdedShare = 1 / 8;

/** Lets streams into the ledger, and sees to it that there is room. */
export class Entrance {
  readonly #ledger: Ledger;
  readonly #publisher: Publisher;
  readonly #makingRoom = new Map<number, Promise<void>>();

  constructor(ledger: Ledger, publisher: Publisher) {
    this.#ledger = ledger;
    this.#publisher = publisher;
  }

  /** Enters a stream, after making room where there is none. True if the ledger is crowded. */
  async enter(partition: number, aggregateId: string): Promise<boolean> {
    for (;;) {
      const taken = await this.#ledger.enter(partition, aggregateId);
      if (taken !== undefined) return taken > crowdedShare;
      await this.#makeRoom(partition);
    }
  }

  /** Once for all who wait for it. */
  #makeRoom(partition: number): Promise<void> {
    const known = this.#makingRoom.get(partition);
    if (known) return known;
    const making = this.#publisher.makeRoom(partition).finally(() => this.#makingRoom.delete(partition));
    this.#makingRoom.set(partition, making);
    return making;
  }
}
