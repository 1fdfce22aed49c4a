import type { HeldBytes } from './held-bytes.js';
import type { Refusal } from './statuses.js';

/** A call under way, however it came in: whether it may be made, until when, and the ways to answer it. */
export interface Call {
  /** The refusal, if the caller lacks the token it needs. */
  authenticate(): Refusal | undefined;
  /** Fires when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Whether its deadline has passed before it was answered: then that is what its caller was told. */
  readonly isLate: boolean;
  /** Where the call comes from: `host:port`; `unknown` if its connection is gone. */
  readonly peer: string;
  /** Reads the request, and calls back once: with its message, or with why it is refused. */
  read(done: (result: Buffer | Refusal) => void): void;
  /** What is kept in memory until the call is over. */
  readonly held: HeldBytes;
  /** Ends the call well, with its message. */
  end(message?: Buffer): void;
  /** Ends the call with another status than OK. */
  refuse(refusal: Refusal): void;
}
