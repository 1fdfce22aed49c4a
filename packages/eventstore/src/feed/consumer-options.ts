import type { Clock } from '@norikv/store';
import type { EventShape, RecordedEvent } from '../events/event-types.js';

/**
 * Where a consumer begins: at the first event, where its group left off, or at the newest. A group has left off in a
 * partition once a consumer of it has begun there; one that is new begins at the first event with `CURRENT`, at the
 * newest with `CURRENT_OR_END`. `BEGINNING` and `END` give up the group's place, at each start.
 */
export type StartFrom = 'BEGINNING' | 'CURRENT' | 'CURRENT_OR_END' | 'END';

/**
 * What happens to an event whose handler fails: the consumer stops, goes on, or parks it and goes on, with later
 * events of its stream too. It stops with `ParkingFullError` where no more can be parked: as many as fit into half of
 * what a value of the store may have, some 2,000 with 1 MiB.
 */
export type ErrorPolicy = 'stop' | 'skip' | 'park';

/** What a handler gets besides the event. */
export interface HandlingContext {
  /** Ends when the consumer is to stop. If the handler throws after that, its event comes again. */
  readonly signal: AbortSignal;
}

/** Options of an `EventConsumer`. */
export interface ConsumerOptions<Event extends EventShape = EventShape> {
  /** Names the checkpoint. One consumer of a group runs at a time; a new one takes over. 1 to 200 bytes. */
  readonly group: string;
  /**
   * Called with one event at a time in each partition, in the order of each stream. At least once: an event
   * may come again after a crash or a takeover, so make it idempotent by stream and version. A parked event that is
   * retried comes after later ones of its stream.
   */
  readonly handle: (event: RecordedEvent<Event>, context: HandlingContext) => unknown;
  /** Default `CURRENT`. */
  readonly from?: StartFrom | undefined;
  /** Only streams of this category: the part of the name before the first `-`. */
  readonly category?: string | undefined;
  /**
   * The partitions of the feed to take over, and to sweep: the others may be another consumer's of the group. Default: all.
   */
  readonly partitions?: readonly number[] | undefined;
  /** Only events of these types. Default: of all. */
  readonly types?: readonly Event['type'][] | undefined;
  /** Default `stop`. A function gets each failure and returns at once what happens; if it throws, the consumer stops. */
  readonly onError?: ErrorPolicy | ((error: unknown, event: RecordedEvent<Event>) => ErrorPolicy) | undefined;
  /**
   * Pointers taken at a time, with all their events; the checkpoint is saved after each batch, and when the consumer
   * stops. Default 100: give less where commits are large.
   */
  readonly batchSize?: number | undefined;
  /**
   * How often the checkpoint is saved within a batch that takes long, in milliseconds: about as much is handled again
   * after a crash. 0: after each event. Default 1,000. While it cannot be saved, no further event is handled.
   */
  readonly checkpointMs?: number | undefined;
  /** First wait between looks at an idle feed, in milliseconds; it doubles up to `maxPollMs`. Default 50. */
  readonly pollMs?: number | undefined;
  /** Longest wait between looks at an idle feed, in milliseconds. Default 2,000. */
  readonly maxPollMs?: number | undefined;
  /** How often the ledger is swept for what a crash left unpublished, in milliseconds. Default 2,000. */
  readonly sweepMs?: number | undefined;
  /** Default: the clock of the process. */
  readonly clock?: Clock | undefined;
  /** Uniform in [0, 1), for waits between retries. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** How long to wait for a consumer or a projection to catch up. It goes on when that is over. */
export interface CatchUpOptions {
  /** How long to wait, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An event that was put aside. */
export interface ParkedEvent {
  /** Names its being parked. An event that comes again and fails again gets a new one. */
  readonly id: string;
  readonly aggregateId: string;
  readonly version: number;
  /** The first 4,096 characters of what was thrown last, fewer with values below 512 KiB; not encrypted. */
  readonly error: string;
  /** How often it has failed. */
  readonly attempts: number;
  /** When it was parked first, in milliseconds since the epoch. */
  readonly parkedAt: number;
}

/** The result of handling a parked event again. */
export interface Retried {
  readonly id: string;
  /**
   * `handled`, and no longer parked. `failed`: still parked. `gone`: its stream was deleted or truncated meanwhile, so it
   * is no longer parked. `absent`: nothing is parked under this id any more.
   */
  readonly outcome: 'handled' | 'failed' | 'gone' | 'absent';
  /** What was thrown, also for an event that is damaged or that `upcast` refuses. */
  readonly error?: unknown;
}
