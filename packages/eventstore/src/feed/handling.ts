import { checkAtOnce } from '@norikv/store/checks';
import type { EventShape, RecordedEvent } from '../events/event-types.js';
import { checkPolicy } from './check-consumer-options.js';
import type { ConsumerOptions, ErrorPolicy } from './consumer-options.js';
import type { ParkedEvents } from './parked-events.js';
import { unlessAway } from './unless-away.js';
import { notYet, untilBack, type Waiting } from './until-back.js';

/** What a {@link Handling} works with. */
export interface HandlingParts<Event extends EventShape> extends Waiting {
  readonly options: ConsumerOptions<Event>;
  readonly parked: ParkedEvents;
}

/** Gives events to the handler, one at a time in each partition, and does as `onError` says with those that fail. */
export class Handling<Event extends EventShape> {
  readonly #parts: HandlingParts<Event>;
  /** The partitions of which the handler has an event, with those that wait until it is done. */
  readonly #waiting = new Map<number, Array<() => void>>();

  constructor(parts: HandlingParts<Event>) {
    this.#parts = parts;
  }

  /** False if the consumer was stopped before the event was done with. */
  async handle(event: RecordedEvent<Event>, partition: number): Promise<boolean> {
    const { parked, signal } = this.#parts;
    try {
      return await untilBack(() => this.once(event, partition), this.#parts);
    } catch (error) {
      if (signal.aborted) return false;
      const policy = this.#policyFor(error, event);
      if (policy === 'stop') throw error;
      const id = crypto.randomUUID();
      const park = async (): Promise<unknown> =>
        (await unlessAway(() => parked.add(id, event as RecordedEvent, error))) || notYet;
      return policy === 'skip' || (await untilBack(park, this.#parts));
    }
  }

  /** Gives the event to the handler when it has no other of its partition, unless the consumer is to stop by then. */
  once(event: RecordedEvent<Event>, partition: number): Promise<unknown> {
    return this.inTurn(partition, (handle) => handle(event));
  }

  /** Does work that gives an event to the handler, when that has no other of its partition. */
  async inTurn<Result>(
    partition: number,
    work: (handle: (event: RecordedEvent<Event>) => Promise<unknown>) => Promise<Result>,
  ): Promise<Result> {
    const { options, signal } = this.#parts;
    for (let before = this.#waiting.get(partition); before; before = this.#waiting.get(partition)) {
      const line = before;
      await new Promise<void>((resolve) => line.push(resolve));
    }
    const behind: Array<() => void> = [];
    this.#waiting.set(partition, behind);
    try {
      return await work(async (event) => {
        signal.throwIfAborted();
        return options.handle(event, { signal });
      });
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
}
