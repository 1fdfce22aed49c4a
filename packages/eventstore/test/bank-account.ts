import type { EventStore, RecordedEvent } from '../src/index.js';

interface BankAccount {
  id: string;
  balance: number;
  isOpen: boolean;
}

/** The aggregate of the documentation, as written there. */
export class BankAccountAggregate {
  private store: EventStore;
  private state: BankAccount;

  constructor(store: EventStore, accountId: string) {
    this.store = store;
    this.state = {
      id: accountId,
      balance: 0,
      isOpen: false,
    };
  }

  async load(): Promise<void> {
    const events = await this.store.getEvents(this.state.id);

    for (const event of events) {
      this.apply(event);
    }
  }

  async openAccount(): Promise<void> {
    if (this.state.isOpen) {
      throw new Error('Account already open');
    }

    const event = await this.store.append(this.state.id, 'AccountOpened', {});
    this.apply(event);
  }

  async deposit(amount: number): Promise<void> {
    if (!this.state.isOpen) {
      throw new Error('Account not open');
    }

    const event = await this.store.append(this.state.id, 'MoneyDeposited', { amount });
    this.apply(event);
  }

  async withdraw(amount: number): Promise<void> {
    if (!this.state.isOpen) {
      throw new Error('Account not open');
    }

    if (this.state.balance < amount) {
      throw new Error('Insufficient funds');
    }

    const event = await this.store.append(this.state.id, 'MoneyWithdrawn', { amount });
    this.apply(event);
  }

  private apply(event: RecordedEvent): void {
    switch (event.type) {
      case 'AccountOpened':
        this.state.isOpen = true;
        break;
      case 'MoneyDeposited':
        this.state.balance += event.data.amount;
        break;
      case 'MoneyWithdrawn':
        this.state.balance -= event.data.amount;
        break;
    }
  }

  getBalance(): number {
    return this.state.balance;
  }
}
