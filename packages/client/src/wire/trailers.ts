/** Names of the metadata a server ends a call with. */
export const trailers = {
  /** `host:port` of the leader. */
  leaderHint: 'leader-hint',
  leader: 'x-norikv-leader',
  /** `not-applied` if the server vouches that a failed write changed nothing. */
  outcome: 'norikv-outcome',
  /** The current entry, a GetResponse, after a lost condition. */
  actual: 'norikv-actual-bin',
} as const;

/**
 * Key in `meta` of a PutResponse: names of the request's optional fields the server has honoured, separated by
 * commas. A server that skips fields it does not know cannot name them.
 */
export const honouredKey = 'norikv-honoured';

/** Names of the optional fields of a PutRequest. */
export type OptionalField = 'if_match' | 'ttl_ms' | 'idempotency_key';
