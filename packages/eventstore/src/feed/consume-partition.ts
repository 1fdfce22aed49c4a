import type { Clock } from '@norikv/store';
import type { EventShape } from '../events/event-types.js';
import type { Checkpoint, Checkpoints } from './checkpoints.js';
import type { ConsumerOptions } from './consumer-options.js';
import type { Handling } from './handling.js';
import type { PartitionReader } from './partition-reader.js';
import { unlessAway } from './unless-away.js';
import { notYet, untilBack, type Waiting } from './until-back.js';

/** What it takes to consume a partition. */
export interface ConsumingParts<Event extends EventShape> extends Waiting {
  readonly options: ConsumerOptions<Event>;
  readonly reader: PartitionReader<Event>;
  readonly handling: Handling<Event>;
  readonly checkpoints: Checkpoints;
  readonly clock: Clock;
  /** Called with the position up to which all is handled. */
  readonly onReached: (partition: number, position: number) => void;
}

/** Has what a partition holds handled, and what comes, from a place on; ends after the event at hand. */
export async function consumePartition<Event extends EventShape>(
  parts: ConsumingParts<Event>,
  claim: Checkpoint,
): Promise<void> {
  const { reader, handling, checkpoints, bell, clock, signal, onReached } = parts;
  const { pollMs = 50, maxPollMs = 2_000, checkpointMs = 1_000 } = parts.options;
  const { partition } = reader;
  let place = claim;
  let saved = claim;
  /** When what is not saved yet was begun. */
  let unsavedSince = 0;
  const save = async (): Promise<unknown> => {
    const next = place;
    if (next !== saved && !(await unlessAway(() => checkpoints.save(partition, next)))) return notYet;
    saved = next;
    return undefined;
  };
  for (let waitMs = pollMs; !signal.aborted; ) {
    const heard = bell.rings;
    const deliveries = (await unlessAway(() => reader.after(place.position, place.version))) || [];
    if (place === saved) unsavedSince = clock.monotonic();
    try {
      for (const { position, events } of deliveries) {
        for (const event of events) {
          if (signal.aborted || !(await handling.handle(event, partition))) return;
          place = { ...place, version: event.version };
          if (clock.monotonic() - unsavedSince < checkpointMs) continue;
          // Nothing is handled meanwhile: after a crash, or by a consumer that has taken over, it would be handled again.
          await untilBack(save, parts);
          unsavedSince = clock.monotonic();
        }
        place = { ...place, position, version: 0 };
      }
    } finally {
      await save();
    }
    onReached(partition, place.position);
    if (deliveries.length > 0) {
      waitMs = pollMs;
      continue;
    }
    await bell.sleep(waitMs, heard);
    waitMs = Math.min(maxPollMs, 2 * waitMs);
  }
}
