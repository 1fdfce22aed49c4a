import { type Clock, ClosedError } from '@norikv/store';
import { createLine, type Line } from '../commands/turns.js';
import type { EventStore } from '../events/event-store.js';
import type { EventShape, RecordedEvent } from '../events/event-types.js';
import type { ParkedEvent, Retried } from './consumer-options.js';
import type { EventFeed } from './event-feed.js';
import type { Handling } from './handling.js';
import type { ParkedEvents } from './parked-events.js';
import { readCommitted } from './read-committed.js';
import { isAway } from './unless-away.js';

/** What a {@link Retrying} works with. */
export interface RetryingParts {
  readonly parked: ParkedEvents;
  readonly clock: Clock;
  /** Ends when the consumer is to stop. */
  readonly signal: AbortSignal;
}

/** Gives parked events to the handler again, one after the other. */
export class Retrying<Event extends EventShape> {
  readonly #store: EventStore<Event>;
  readonly #feed: EventFeed;
  readonly #handling: Handling<Event>;
  readonly #parts: RetryingParts;
  readonly #inTurn: Line;

  constructor(store: EventStore<Event>, feed: EventFeed, handling: Handling<Event>, parts: RetryingParts) {
    this.#store = store;
    this.#feed = feed;
    this.#handling = handling;
    this.#parts = parts;
    this.#inTurn = createLine(parts.clock);
  }

  one(id: string): Promise<Retried> {
    return this.#inTurn(async () => {
      const entry = (await this.#list()).find((parked) => parked.id === id);
      return entry ? this.#again(entry) : { id, outcome: 'absent' };
    });
  }

  all(): Promise<Retried[]> {
    return this.#inTurn(async () => {
      const retried: Retried[] = [];
      for (const entry of await this.#list()) retried.push(await this.#again(entry));
      return retried;
    });
  }

  /** Resolves when those that were begun are over. */
  over(): Promise<void> {
    return this.#inTurn(async () => {});
  }

  async #list(): Promise<readonly ParkedEvent[]> {
    const { parked, signal } = this.#parts;
    if (signal.aborted) throw stopped(signal.reason);
    return parked.list();
  }

  /** It is taken out only when it was handled: after a crash in between it is handled again. */
  #again({ id, aggregateId, version }: ParkedEvent): Promise<Retried> {
    const { parked, signal } = this.#parts;
    return this.#handling.inTurn(this.#feed.partitionOf(aggregateId), async (handle) => {
      // It may have been dropped while others were handled.
      if (!(await this.#list()).some((entry) => entry.id === id)) return { id, outcome: 'absent' };
      let event: RecordedEvent<Event> | undefined;
      try {
        [event] = await readCommitted(this.#store, [aggregateId, version, version]);
        if (event) await handle(event);
      } catch (error) {
        if (signal.aborted) throw stopped(error);
        if (!event && isAway(error)) throw error;
        await parked.failed(id, error);
        return { id, outcome: 'failed', error };
      }
      await parked.remove(id);
      return { id, outcome: event ? 'handled' : 'gone' };
    });
  }
}

function stopped(cause: unknown): ClosedError {
  return new ClosedError('The consumer was stopped; what is parked stays. Make a new one.', { cause });
}
