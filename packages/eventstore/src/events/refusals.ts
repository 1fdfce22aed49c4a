import { errorCode, InvalidArgumentError, UnavailableError } from '@norikv/store';
import { IdReusedError, StreamClosedError } from '../errors.js';
import type { Outbox } from './outbox.js';
import type { Stop } from './plan-append.js';

/** An id stands for other events already. */
export function reused(name: string): IdReusedError {
  const message = `A commit or event id of "${name}" was used before with other content; use new ids for new events.`;
  return new IdReusedError(message);
}

/** A stream takes no events. */
export function closed(name: string, status: string): StreamClosedError {
  return new StreamClosedError(`"${name}" is ${status} and takes no events; nothing was appended.`);
}

/** A stream is on another feed than its writer. */
export function wrongFeed(name: string, stop: Stop, feed: Outbox | undefined): InvalidArgumentError {
  const stands = 'partitions' in stop ? stop.partitions : 0;
  return new InvalidArgumentError(
    `"${name}" is published to a feed of ${stands} partitions, but this store has ${feed?.partitions ?? 'none'}; ` +
      'open the store with the same feed. Nothing was appended.',
  );
}

/** A stream has changed as was asked, and that must not be called failed. */
export function leftOver(cause: unknown): never {
  if (errorCode(cause) === 'CORRUPT_RECORD') throw cause;
  const message =
    'The stream is as it was to be, but what was cut off may not be deleted yet; call it again.';
  throw new UnavailableError(message, { cause, outcome: 'unknown' });
}
