import { checkAtOnce } from '@norikv/store/checks';
import type { EventShape, RecordedEvent } from '../events/event-types.js';
import type { Bell } from './bell.js';
import { checkPolicy } from './check-consumer-options.js';
import type { ConsumerOptions, ErrorPolicy } from './consumer-options.js';
import { notYet } from './not-yet.js';
import type { ParkedEvents } from './parked-events.js';
import { newToken } from './token.js';
import { unlessAway } from './unless-away.js';

/** What a {@link Handling} works with. */
export interface HandlingParts<Event extends EventShape> {
  readonly options: ConsumerOptions<Event>;
  readonly parked: ParkedEvents;
  readonly bell: Bell;
  /** Ends when the consumer is to stop. */
  readonly signal: AbortSignal;
}

/** Has events handled, one at a time, and does with one that fails what is to be done with it. */
export class Handling<Event extends EventShape> {
  readonly #parts: HandlingParts<Event>;
  /** The partitions of which the handler has an event, and who waits for it. */
  readonly #waiting = new Map<number, Array<() => void>>();

  constructor(parts: HandlingParts<Event>) {
    this.#parts = parts;
  }

  /** False if the consumer was stopped before the event was done with. */
  async handle(event: RecordedEvent<Event>, partition: number): Promise<boolean> {
    const { parked, signal } = this.#parts;
    try {
      return await this.#untilBack(() => this.once(event, partition));
    } catch (error) {
      if (signal.aborted) return false;
      const policy = this.#policyFor(error, event);
      if (policy === 'stop') throw error;
      const id = newToken();
      const park = async (): Promise<unknown> =>
        (await unlessAway(() => parked.add(id, event as RecordedEvent, error))) || notYet;
      return policy === 'skip' || (await this.#untilBack(park));
    }
  }

  /** Gives the event to the handler when it has no other of its partition, unless the consumer is to stop by then. */
  async once(event: RecordedEvent<Event>, partition: number): Promise<unknown> {
    const { options, signal } = this.#parts;
    for (let before = this.#waiting.get(partition); before; before = this.#waiting.get(partition)) {
      const line = before;
      await new Promise<void>((resolve) => line.push(resolve));
    }
    const behind: Array<() => void> = [];
    this.#waiting.set(partition, behind);
    try {
      signal.throwIfAborted();
      return await options.handle(event, { signal });
    } finally {
      this.#waiting.delete(partition);
      for (const wake of behind) wake();
    }
  }

  #policyFor(error: unknown, event: RecordedEvent<Event>): ErrorPolicy {
    const { onError = 'stop' } = this.#parts.options;
    if (typeof onError !== 'function') return onError;
    const policy = checkAtOnce('onError()', onError(error, event));
    checkPolicy('onError()', policy);
    return policy;
  }

  /** Repeats while the store is away; false if the consumer was stopped meanwhile. */
  async #untilBack(work: () => unknown): Promise<boolean> {
    const { options, bell, signal } = this.#parts;
    const { pollMs = 50, maxPollMs = 2_000 } = options;
    for (let waitMs = pollMs; (await work()) === notYet; waitMs = Math.min(maxPollMs, 2 * waitMs)) {
      if (!signal.aborted) await bell.sleep(waitMs, bell.rings);
      if (signal.aborted) return false;
    }
    return true;
  }
}
