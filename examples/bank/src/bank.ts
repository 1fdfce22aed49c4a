import { type EmbeddedStore, openEmbedded } from '@norikv/embedded';
import { createCommandHandler, EventFeed, EventStore } from '@norikv/eventstore';
import { type AccountCommand, type AccountEvent, account, InsufficientFundsError } from './account.js';
import { type TransferEvent, type TransferRequest, transfer } from './transfer.js';

/** One process's way into the bank. */
export class Bank implements AsyncDisposable {
  readonly feed: EventFeed;
  readonly accounts: EventStore<AccountEvent>;
  readonly transfers: EventStore<TransferEvent>;
  readonly #client: EmbeddedStore;
  readonly #onAccount: (name: string, command: AccountCommand) => Promise<unknown>;
  readonly #onTransfer: ReturnType<
    typeof createCommandHandler<
      Parameters<typeof transfer.decide>[1],
      Parameters<typeof transfer.decide>[0],
      TransferEvent
    >
  >;

  constructor(client: EmbeddedStore) {
    this.#client = client;
    this.feed = new EventFeed(client);
    this.accounts = new EventStore<AccountEvent>(client, { feed: this.feed });
    this.transfers = new EventStore<TransferEvent>(client, { feed: this.feed });
    this.#onAccount = createCommandHandler(this.accounts, account, { maxRetries: 1_000 });
    this.#onTransfer = createCommandHandler(this.transfers, transfer, { maxRetries: 1_000 });
  }

  /** Opens the bank in a folder, which other processes may have open too. What is killed loses nothing. */
  static async open(folder: string): Promise<Bank> {
    return new Bank(await openEmbedded({ path: folder, durability: 'os' }));
  }

  async openAccount(name: string, balance: number): Promise<void> {
    await this.#onAccount(name, { type: 'Open', balance });
  }

  /** Asks for a transfer and sees it through. From here on it ends, whoever does the rest. */
  async request(name: string, request: TransferRequest): Promise<void> {
    await this.#onTransfer(name, { type: 'Request', request });
    await this.settle(name);
  }

  /**
   * Takes a transfer from wherever it is to its end. Every step may be done again, by any process: accounts
   * know the transfers they have seen.
   */
  async settle(name: string): Promise<void> {
    const { request, isOver } = (await this.transfers.load(name, transfer)).state;
    if (!request || isOver) return;
    const { from, to, amount } = request;
    try {
      await this.#onAccount(from, { type: 'Withdraw', transfer: name, amount });
    } catch (error) {
      if (!(error instanceof InsufficientFundsError)) throw error;
      await this.#onTransfer(name, { type: 'Refuse' });
      return;
    }
    await this.#onAccount(to, { type: 'Deposit', transfer: name, amount });
    await this.#onTransfer(name, { type: 'Complete' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.feed.flush();
    await this.#client.close();
  }
}
