import { UnavailableError } from '@norikv/store';
import type { EventStore } from '../events/event-store.js';
import type { EventShape, RecordedEvent } from '../events/event-types.js';
import type { Pointer } from './pointer.js';

/**
 * Reads events that are known to be committed; what was cut off since then is left out.
 *
 * @throws UnavailableError for an older state of the stream.
 */
export async function readCommitted<Event extends EventShape>(
  store: EventStore<Event>,
  [aggregateId, from, to]: Pointer,
): Promise<readonly RecordedEvent<Event>[]> {
  // Archived events too: they were committed, and a stream that is restored is not published again.
  const span = { from, to, includeArchived: true };
  const { events, exists, version } = await store.read(aggregateId, span);
  if (!exists || version >= to) return events;
  throw new UnavailableError(
    `"${aggregateId}" was read at version ${version}, but version ${to} is published: the store gave an older state`,
    {
      outcome: 'not-applied',
    },
  );
}
