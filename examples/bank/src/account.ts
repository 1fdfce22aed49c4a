import type { Decider } from '@norikv/eventstore';

/** What happens to an account. Transfers are named, so that a step done twice is recognised. */
export type AccountEvent =
  | { readonly type: 'AccountOpened'; readonly data: { readonly balance: number } }
  | { readonly type: 'MoneyWithdrawn'; readonly data: Movement }
  | { readonly type: 'MoneyDeposited'; readonly data: Movement };

/** One side of a transfer. */
interface Movement {
  readonly transfer: string;
  readonly amount: number;
}

export type AccountCommand =
  | { readonly type: 'Open'; readonly balance: number }
  | ({ readonly type: 'Withdraw' | 'Deposit' } & Movement);

export interface Account {
  readonly isOpen: boolean;
  readonly balance: number;
  /** The transfers it has seen. */
  readonly transfers: Readonly<Record<string, true>>;
}

/** A refusal by the rules of the bank. */
export class InsufficientFundsError extends Error {}

export const account: Decider<Account, AccountCommand, AccountEvent> = {
  name: 'account',
  revision: '1',
  initial: () => ({ isOpen: false, balance: 0, transfers: {} }),
  evolve(state, { type, data }) {
    if (type === 'AccountOpened') return { ...state, isOpen: true, balance: data.balance };
    const change = type === 'MoneyDeposited' ? data.amount : -data.amount;
    return {
      ...state,
      balance: state.balance + change,
      transfers: { ...state.transfers, [data.transfer]: true },
    };
  },
  decide(command, { isOpen, balance, transfers }) {
    if (command.type === 'Open') {
      return isOpen ? undefined : { type: 'AccountOpened', data: { balance: command.balance } };
    }
    const { type, transfer, amount } = command;
    if (Object.hasOwn(transfers, transfer)) return undefined;
    if (type === 'Deposit') return { type: 'MoneyDeposited', data: { transfer, amount } };
    if (balance < amount) throw new InsufficientFundsError(`${balance} is less than ${amount}`);
    return { type: 'MoneyWithdrawn', data: { transfer, amount } };
  },
};
