import { errorCode, InvalidArgumentError, UnavailableError } from '@norikv/store';
import { checkAtOnce } from '@norikv/store/checks';
import { IdReusedError, StreamClosedError } from '../errors.js';
import type { RecordedEvent } from './event-types.js';
import type { AppendOptions } from './options.js';
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

/** A write before the append failed. Its own outcome may be unknown; that of the append is known. */
export function nothingAppended(cause: unknown): never {
  const { outcome } = (cause ?? {}) as { readonly outcome?: unknown };
  if (outcome !== 'unknown') throw cause;
  const message = 'A write that must come before the append failed; nothing was appended. Try again.';
  throw new UnavailableError(message, { cause, outcome: 'not-applied' });
}

/** An option would keep a copy of what protection must be able to forget. */
export function keepsProtected(option: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `${option} is given with protection; leave it out, as it would keep a readable copy of protected data`,
  );
}

/** Asks whether events may be stored. A promise would answer after they are. */
export function ask(accept: AppendOptions['accept'], events: readonly RecordedEvent[]): void {
  checkAtOnce<unknown>('accept()', accept?.(events), 'one that answers at once. Nothing was appended.');
}

/** The stream was changed; only deleting what it no longer needs failed. That must not look like a failed call. */
export function leftOver(cause: unknown): never {
  if (errorCode(cause) === 'CORRUPT_RECORD') throw cause;
  const message =
    'The stream was changed, but what was cut off may not be deleted yet; repeat the call to delete it.';
  throw new UnavailableError(message, { cause, outcome: 'unknown' });
}
