import type { Clock } from '@norikv/store';
import type { EventShape, RecordedEvent } from '../events/event-types.js';

/** Where a consumer begins: at the first event, where its group left off (or the first), or at the newest. */
export type StartFrom = 'BEGINNING' | 'CURRENT' | 'END';

/** What happens to an event whose handler fails: the consumer stops, goes on, or puts it aside and goes on. */
export type ErrorPolicy = 'stop' | 'skip' | 'park';

/** What a handler is given beside the event. */
export interface HandlingContext {
  /** Ends when the consumer is to stop. An event whose handler throws after that is not done with: it comes again. */
  readonly signal: AbortSignal;
}

/** Options of an `EventConsumer`. */
export interface ConsumerOptions<Event extends EventShape = EventShape> {
  /** Names the checkpoint. One consumer of a group runs at a time; a new one takes over. 1 to 200 bytes. */
  readonly group: string;
  /**
   * Called with one event at a time in each partition, in the order of each stream. At least once: an event
   * may come again after a crash or a takeover, so make it idempotent by stream and version.
   */
  readonly handle: (event: RecordedEvent<Event>, context: HandlingContext) => unknown;
  /** Default `CURRENT`. */
  readonly from?: StartFrom | undefined;
  /** Only streams of this category: the part of the name before the first `-`. */
  readonly category?: string | undefined;
  /** Only events of these types. */
  readonly types?: readonly Event['type'][] | undefined;
  /** Default `stop`. A function is told each failure, and says at once what happens; if it throws, the consumer stops. */
  readonly onError?: ErrorPolicy | ((error: unknown, event: RecordedEvent<Event>) => ErrorPolicy) | undefined;
  /**
   * Pointers taken at a time, with all their events; the checkpoint is saved after each batch. Default 100: give less
   * where commits are large.
   */
  readonly batchSize?: number | undefined;
  /** Wait between looks at an idle feed, doubled up to the maximum, in milliseconds. Default 50 and 2,000. */
  readonly pollMs?: number | undefined;
  readonly maxPollMs?: number | undefined;
  /** How often the ledger is swept for what a crash left unpublished, in milliseconds. Default 2,000. */
  readonly sweepMs?: number | undefined;
  /** Default: the clock of the process. */
  readonly clock?: Clock | undefined;
}

/** How long to wait for a consumer or a projection to catch up. It goes on when that is over. */
export interface CatchUpOptions {
  /** Default 30,000. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An event that was put aside. */
export interface ParkedEvent {
  readonly aggregateId: string;
  readonly version: number;
  /** The first 4,096 characters of what was thrown, not encrypted. */
  readonly error: string;
}
