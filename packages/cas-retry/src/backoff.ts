/**
 * How long to wait before the next attempt, in milliseconds. `attempt` counts from 0; `previousMs` is what
 * the last call returned (0 at first); `random` is uniform in [0, 1).
 */
export type Backoff = (attempt: number, previousMs: number, random: () => number) => number;

/** Scale of a backoff in milliseconds. */
export interface BackoffScale {
  /** Upper bound of the first wait. Default 10. */
  readonly baseMs?: number | undefined;
  /** Upper bound of every wait. Default 1,000. */
  readonly capMs?: number | undefined;
}

/** Uniform between 0 and the exponentially growing bound. The default: least work for the same progress. */
export function fullJitter(scale?: BackoffScale): Backoff {
  return (attempt, _previousMs, random) => random() * boundMs(attempt, scale);
}

/** Half of the bound, plus a uniform part of the other half: never immediate. */
export function equalJitter(scale?: BackoffScale): Backoff {
  return (attempt, _previousMs, random) => (boundMs(attempt, scale) * (1 + random())) / 2;
}

/** Uniform between the base and three times the previous wait, as in the AWS architecture blog (Brooker, 2015). */
export function decorrelatedJitter({ baseMs = 10, capMs = 1_000 }: BackoffScale = {}): Backoff {
  return (_attempt, previousMs, random) =>
    Math.min(capMs, baseMs + random() * Math.max(0, previousMs * 3 - baseMs));
}

/** The exponential bound itself. Writers that collided once collide again: only for a single writer. */
export function noJitter(scale?: BackoffScale): Backoff {
  return (attempt) => boundMs(attempt, scale);
}

function boundMs(attempt: number, { baseMs = 10, capMs = 1_000 }: BackoffScale = {}): number {
  // The power may be infinite, and 0 times that is no number.
  return baseMs && Math.min(capMs, baseMs * 2 ** attempt);
}
