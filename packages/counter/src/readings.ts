import { type CallOptions, CancelledError, type Clock, DeadlineExceededError } from '@norikv/store';
import { waitWithin } from '@norikv/store/wait-within';

/** What was read, and when reading it began. */
interface Reading {
  readonly startedAt: number;
  readonly value: bigint;
}

/** Gives a reading that began less than so many milliseconds before the call; for 0 one that begins with it. */
export type Reader = (maxAgeMs: number, limits: CallOptions) => Promise<Reading>;

/**
 * Reads a value of which an old one may do. Where the latest is too old, all who come meanwhile wait for the one reading
 * that replaces it, each within limits of its own: a crowd would read once each otherwise.
 */
export function createReader(read: (limits: CallOptions) => Promise<bigint>, clock: Clock): Reader {
  let latest: Reading = { startedAt: -Infinity, value: 0n };
  let shared = { startedAt: -Infinity, reading: Promise.resolve(latest) };

  const begin = async (startedAt: number, limits: CallOptions): Promise<Reading> => {
    const reading = { startedAt, value: await read(limits) };
    if (startedAt >= latest.startedAt) latest = reading;
    return reading;
  };

  /** Begins one without limits: those of whoever comes first are not those of the others. */
  const share = (startedAt: number): typeof shared => {
    const begun = { startedAt, reading: begin(startedAt, {}) };
    begun.reading.catch(() => {
      begun.startedAt = -Infinity;
    });
    return begun;
  };

  return async (maxAgeMs, { signal, timeoutMs }) => {
    const now = clock.monotonic();
    if (now - latest.startedAt < maxAgeMs) return latest;
    const join = (): Promise<Reading> => {
      if (maxAgeMs === 0) return begin(now, { signal, timeoutMs });
      if (now - shared.startedAt >= maxAgeMs) shared = share(now);
      return shared.reading;
    };
    return waitWithin(join, {
      signal,
      cancelled: (cause) => new CancelledError('The read was cancelled.', { cause }),
      // Here, as a reading takes two round trips.
      clock,
      timeoutMs,
      late: () => new DeadlineExceededError(`No answer within ${timeoutMs} ms`, { outcome: 'not-applied' }),
    });
  };
}
