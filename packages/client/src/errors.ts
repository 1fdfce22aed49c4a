import { type ErrorFacts, NoriKVError, type Outcome } from '@norikv/store';

/** Facts of a {@link NotLeaderError}. */
export interface NotLeaderFacts extends ErrorFacts {
  readonly leaderHint?: string | undefined;
}

/** The node does not lead the shard of the key. On a write the outcome is unknown unless the error says otherwise. */
export class NotLeaderError extends NoriKVError {
  static override readonly code: string = 'NOT_LEADER';
  static override readonly outcome: Outcome = 'unknown';
  static override readonly retryable: boolean = true;
  /** Address of the leader, if the node named one that can be connected to. */
  readonly leaderHint: string | undefined;
  constructor(message: string, facts: NotLeaderFacts = {}) {
    super(message, facts);
    this.leaderHint = facts.leaderHint;
  }
}

/** A server of `createEphemeral` did not start; the message says why and where its log is. */
export class EphemeralServerError extends NoriKVError {
  static override readonly code: string = 'EPHEMERAL_SERVER';
}
