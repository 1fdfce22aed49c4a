import type { Decider } from '@norikv/eventstore';

/** What happens to an account. Transfers are named, so that a step done twice is recognised. */
export type AccountEvent =
  | { readonly type: 'AccountOpened'; readonly data: { readonly balance: number } }
  | { readonly type: 'MoneyWithdrawn' | 'WithdrawalRefused'; readonly data: Movement }
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
  /** The transfers it has seen, and whether it refused them. */
  readonly transfers: Readonly<Record<string, 'done' | 'refused'>>;
}

/** What an event makes of a balance. */
export function balanceAfter(balance: number, { type, data }: AccountEvent): number {
  if (type === 'AccountOpened') return data.balance;
  if (type === 'WithdrawalRefused') return balance;
  return balance + (type === 'MoneyDeposited' ? data.amount : -data.amount);
}

export const account: Decider<Account, AccountCommand, AccountEvent> = {
  name: 'account',
  revision: '1',
  initial: () => ({ isOpen: false, balance: 0, transfers: {} }),
  evolve(state, event) {
    const balance = balanceAfter(state.balance, event);
    if (event.type === 'AccountOpened') return { ...state, isOpen: true, balance };
    const outcome = event.type === 'WithdrawalRefused' ? 'refused' : 'done';
    return { ...state, balance, transfers: { ...state.transfers, [event.data.transfer]: outcome } };
  },
  decide(command, { isOpen, balance, transfers }) {
    if (command.type === 'Open') {
      return isOpen ? undefined : { type: 'AccountOpened', data: { balance: command.balance } };
    }
    const { type, transfer, amount } = command;
    if (Object.hasOwn(transfers, transfer)) return undefined;
    if (type === 'Deposit') return { type: 'MoneyDeposited', data: { transfer, amount } };
    // An event, not an error: who comes later must not withdraw what was refused, though there is money by then.
    return { type: balance < amount ? 'WithdrawalRefused' : 'MoneyWithdrawn', data: { transfer, amount } };
  },
};
