import type { Decider } from '@norikv/eventstore';

/** What happens to a transfer: a stream of its own, from the request to its end. */
export type TransferEvent =
  | { readonly type: 'TransferRequested'; readonly data: TransferRequest }
  | { readonly type: 'TransferCompleted' | 'TransferRefused'; readonly data: object };

export interface TransferRequest {
  readonly from: string;
  readonly to: string;
  readonly amount: number;
}

export type TransferCommand =
  | { readonly type: 'Request'; readonly request: TransferRequest }
  | { readonly type: 'Complete' | 'Refuse' };

export interface Transfer {
  readonly request?: TransferRequest | undefined;
  readonly isOver: boolean;
}

export const transfer: Decider<Transfer, TransferCommand, TransferEvent> = {
  name: 'transfer',
  revision: '1',
  initial: () => ({ isOver: false }),
  evolve(state, event) {
    return event.type === 'TransferRequested'
      ? { ...state, request: event.data }
      : { ...state, isOver: true };
  },
  decide(command, { request, isOver }) {
    if (command.type === 'Request') {
      return request ? undefined : { type: 'TransferRequested', data: command.request };
    }
    if (isOver) return undefined;
    return { type: command.type === 'Complete' ? 'TransferCompleted' : 'TransferRefused', data: {} };
  },
};
