import type { Decider } from '../src/index.js';

export type AccountEvent =
  | { readonly type: 'Opened'; readonly data: { readonly owner: string } }
  | { readonly type: 'Deposited'; readonly data: { readonly amount: number } }
  | { readonly type: 'Withdrawn'; readonly data: { readonly amount: number } };

export type AccountCommand =
  | { readonly type: 'Open'; readonly owner: string }
  | { readonly type: 'Deposit' | 'Withdraw'; readonly amount: number };

export interface AccountState {
  readonly isOpen: boolean;
  readonly balance: number;
}

/** A bank account by the rules. */
export const account: Decider<AccountState, AccountCommand, AccountEvent> = {
  name: 'account',
  revision: '1',
  initial: () => ({ isOpen: false, balance: 0 }),
  evolve(state, event) {
    if (event.type === 'Opened') return { ...state, isOpen: true };
    const sign = event.type === 'Deposited' ? 1 : -1;
    return { ...state, balance: state.balance + sign * event.data.amount };
  },
  decide(command, { isOpen, balance }) {
    if (command.type === 'Open') {
      return isOpen ? undefined : { type: 'Opened', data: { owner: command.owner } };
    }
    if (!isOpen) throw new Error('Account not open');
    const { amount } = command;
    if (command.type === 'Deposit') return amount === 0 ? [] : [{ type: 'Deposited', data: { amount } }];
    if (balance < amount) throw new Error('Insufficient funds');
    return { type: 'Withdrawn', data: { amount } };
  },
};
