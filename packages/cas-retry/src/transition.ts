/** What a transition decided, and what its caller is told once that is durable. */
export interface Change<State, Result> {
  readonly kind: 'write' | 'keep' | 'remove';
  readonly result: Result;
  /** The new state of a `write`. */
  readonly state?: State | undefined;
  /** The time to live a `write` gives the record; without it the record no longer expires. */
  readonly ttlMs?: number | undefined;
}

/**
 * What a command does to a record: a pure, synchronous function of the current state (undefined if there is
 * none) and the wall-clock time in whole milliseconds.
 *
 * It may run several times for one call and must not change its argument. Throwing rejects its own caller
 * only and changes nothing. It runs with the transitions of other callers of the key, maybe in their asynchronous
 * context: what it needs of a request it must be handed, and not take from an `AsyncLocalStorage`.
 */
export type Transition<State, Result> = (current: State | undefined, now: number) => Change<State, Result>;

/**
 * Decides to replace the state.
 *
 * @param ttlMs - time to live of the record from now on; without it the record no longer expires.
 */
export function write<State, Result>(state: State, result: Result, ttlMs?: number): Change<State, Result> {
  return { kind: 'write', state, result, ttlMs };
}

/** Decides to change nothing and to answer `result`. Confirmed on a fresh read before the caller hears it. */
export function keep<Result>(result: Result): Change<never, Result> {
  return { kind: 'keep', result };
}

/** Decides to remove the record. */
export function remove<Result>(result: Result): Change<never, Result> {
  return { kind: 'remove', result };
}
