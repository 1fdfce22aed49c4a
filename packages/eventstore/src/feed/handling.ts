import { checkAtOnce } from '@norikv/store/checks';
import type { EventShape, RecordedEvent } from '../events/event-types.js';
import type { Bell } from './bell.js';
import { checkPolicy } from './check-consumer-options.js';
import type { ConsumerOptions, ErrorPolicy } from './consumer-options.js';
import { notYet } from './not-yet.js';
import type { ParkedEvents } from './parked-events.js';
import { unlessAway } from './unless-away.js';

/** Has events handled, one at a time, and does with one that fails what is to be done with it. */
export class Handling<Event extends EventShape> {
  readonly #options: ConsumerOptions<Event>;
  readonly #parked: ParkedEvents;
  readonly #bell: Bell;
  readonly #signal: AbortSignal;

  /** @param signal - ends when the consumer is to stop. */
  constructor(options: ConsumerOptions<Event>, parked: ParkedEvents, bell: Bell, signal: AbortSignal) {
    this.#options = options;
    this.#parked = parked;
    this.#bell = bell;
    this.#signal = signal;
  }

  /** False if the consumer was stopped before the event was done with. */
  async handle(event: RecordedEvent<Event>): Promise<boolean> {
    const context = { signal: this.#signal };
    try {
      return await this.#untilBack(() => this.#options.handle(event, context));
    } catch (error) {
      if (this.#signal.aborted) return false;
      const policy = this.#policyFor(error, event);
      if (policy === 'stop') throw error;
      return policy === 'skip' || (await this.#untilBack(() => this.#park(event, error)));
    }
  }

  #policyFor(error: unknown, event: RecordedEvent<Event>): ErrorPolicy {
    const { onError = 'stop' } = this.#options;
    if (typeof onError !== 'function') return onError;
    const policy = checkAtOnce('onError()', onError(error, event));
    checkPolicy('onError()', policy);
    return policy;
  }

  /** Repeats while the store is away; false if the consumer was stopped meanwhile. */
  async #untilBack(work: () => unknown): Promise<boolean> {
    const { pollMs = 50, maxPollMs = 2_000 } = this.#options;
    for (let waitMs = pollMs; (await work()) === notYet; waitMs = Math.min(maxPollMs, 2 * waitMs)) {
      if (!this.#signal.aborted) await this.#bell.sleep(waitMs, this.#bell.rings);
      if (this.#signal.aborted) return false;
    }
    return true;
  }

  async #park(event: RecordedEvent<Event>, error: unknown): Promise<unknown> {
    const isParked = await unlessAway(() => this.#parked.add(event as RecordedEvent, error));
    return isParked || notYet;
  }
}
