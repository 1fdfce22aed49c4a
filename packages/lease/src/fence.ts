import { refuse } from '@norikv/store/checks';
import { StaleTokenError } from './errors.js';

/**
 * Keeps a resource to its newest leaseholder: remembers the highest token it has seen and refuses lower ones.
 *
 * For a server that does the work of leaseholders, one for each resource. Check and effect must be one step:
 * nothing may be awaited in between. It lives in memory; keep `highest` with the resource if that outlives
 * the process. For data in a store use `fencedPut`, for SQL put the comparison into the statement.
 *
 * @example
 * ```ts
 * const fence = new Fence();
 * server.on('request', (request, response) => {
 *   fence.accept(String(request.headers['fencing-token']));  // throws StaleTokenError: answer 412
 *   apply(request);
 * });
 * ```
 */
export class Fence {
  #highest: bigint;

  /**
   * @param highest - the highest token seen so far. Default 0: none.
   * @throws InvalidArgumentError if it is no token: a fence that starts with nonsense would let all pass.
   */
  constructor(highest = 0n) {
    this.#highest = tokenOf(highest);
  }

  get highest(): bigint {
    return this.#highest;
  }

  /**
   * Lets a token pass, and from then on refuses lower ones.
   *
   * @param token - as a bigint, or as decimal text, such as a header.
   * @throws StaleTokenError if a higher token was here before.
   * @throws InvalidArgumentError if it is no token.
   */
  accept(token: bigint | string): void {
    const value = tokenOf(token);
    if (value < this.#highest) throw new StaleTokenError({ token: value, highest: this.#highest });
    this.#highest = value;
  }
}

/** Checks a token. Text is read as a number: as text "9" would be above "10". */
export function tokenOf(token: unknown): bigint {
  if (typeof token === 'bigint' && token >= 0n) return token;
  if (typeof token === 'string' && /^[0-9]{1,40}$/.test(token)) return BigInt(token);
  return refuse('token', token, 'the token of a lease');
}
