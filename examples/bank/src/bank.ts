import { type EmbeddedStore, openEmbedded } from '@norikv/embedded';
import { createCommandHandler, EventFeed, EventStore } from '@norikv/eventstore';
import { type Account, type AccountCommand, type AccountEvent, account } from './account.js';
import { type TransferEvent, type TransferRequest, transfer } from './transfer.js';

/** As long as it takes on a machine that is busy with other things. */
const patience = { deadlineMs: 120_000, attemptTimeoutMs: 120_000 };

/** One process's way into the bank. */
export class Bank implements AsyncDisposable {
  readonly feed: EventFeed;
  readonly accounts: EventStore<AccountEvent>;
  readonly transfers: EventStore<TransferEvent>;
  readonly #client: EmbeddedStore;
  readonly #onAccount: (name: string, command: AccountCommand) => Promise<Account>;
  readonly #onTransfer: ReturnType<
    typeof createCommandHandler<
      Parameters<typeof transfer.decide>[1],
      Parameters<typeof transfer.decide>[0],
      TransferEvent
    >
  >;

  constructor(client: EmbeddedStore) {
    this.#client = client;
    this.feed = new EventFeed(client, patience);
    this.accounts = new EventStore<AccountEvent>(client, { ...patience, feed: this.feed });
    this.transfers = new EventStore<TransferEvent>(client, { ...patience, feed: this.feed });
    const handleAccount = createCommandHandler(this.accounts, account, { maxRetries: 1_000 });
    this.#onAccount = async (name, command) => (await handleAccount(name, command)).state;
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
   * Takes a transfer from wherever it is to its end. Every step may be done again, by any process and by several at
   * once: accounts know the transfers they have seen, and which of them they refused.
   */
  async settle(name: string): Promise<void> {
    const { request, isOver } = (await this.transfers.load(name, transfer)).state;
    if (!request || isOver) return;
    const { from, to, amount } = request;
    const { transfers } = await this.#onAccount(from, { type: 'Withdraw', transfer: name, amount });
    const isRefused = transfers[name] === 'refused';
    if (!isRefused) await this.#onAccount(to, { type: 'Deposit', transfer: name, amount });
    await this.#onTransfer(name, { type: isRefused ? 'Refuse' : 'Complete' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.feed.flush();
    await this.#client.close();
  }
}
