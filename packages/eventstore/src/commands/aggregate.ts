import { checkAtOnce } from '@norikv/store/checks';
import { StreamConflictError } from '../errors.js';
import type { EventStore } from '../events/event-store.js';
import type { EventShape, NewEvent, RecordedEvent } from '../events/event-types.js';

/**
 * A base for aggregates in the style of classes: state in fields, changed by `apply` alone.
 *
 * What a method raises is appended only if nobody else was first; otherwise it throws `StreamConflictError`
 * and the state stays as it was: call `load` and run the method again.
 *
 * @example
 * ```ts
 * class Account extends Aggregate<AccountEvent> {
 *   #balance = 0;
 *   protected apply(event: RecordedEvent<AccountEvent>) {
 *     if (event.type === 'Deposited') this.#balance += event.data.amount;
 *   }
 *   deposit(amount: number) {
 *     return this.raise({ type: 'Deposited', data: { amount } });
 *   }
 * }
 * ```
 */
export abstract class Aggregate<Event extends EventShape> {
  readonly id: string;
  readonly #store: EventStore<Event>;
  #version = 0;
  #exists = false;

  constructor(store: EventStore<Event>, id: string) {
    this.#store = store;
    this.id = id;
  }

  /** The version of the state. */
  get version(): number {
    return this.#version;
  }

  /**
   * Changes the fields by one event, at once. It must not throw: the event is stored, and cannot be tried out before.
   */
  protected abstract apply(event: RecordedEvent<Event>): void;

  /**
   * Applies the events that this object has not seen yet.
   *
   * @throws StreamConflictError if the stream was deleted since: fields cannot go back, so make a new object.
   */
  async load(): Promise<void> {
    const seen = this.#version;
    const { events, version, exists, since } = await this.#store.read(this.id, { from: seen + 1 });
    if (seen > 0 && since > seen) {
      throw new StreamConflictError(
        `"${this.id}" was deleted after version ${seen}, which this object has seen; load a new object.`,
        { aggregateId: this.id, expected: seen, version, events, wasDeleted: true },
      );
    }
    this.#applyAll(events, version);
    // Another call may have raised events since the stream was read.
    this.#exists ||= exists;
  }

  /** Appends events where this object's state ends, then applies them. Check what could be refused before. */
  protected async raise(...events: readonly NewEvent<Event>[]): Promise<void> {
    const expected = this.#exists ? this.#version : 'none';
    const result = await this.#store.append(this.id, events, { expected });
    this.#applyAll(result.events, result.version);
    this.#exists = true;
  }

  #applyAll(events: readonly RecordedEvent<Event>[], version: number): void {
    for (const event of events) {
      // Another call may have applied it meanwhile.
      if (event.version <= this.#version) continue;
      checkAtOnce('apply()', this.apply(event), 'a method that changes the fields at once');
      this.#version = event.version;
    }
    this.#version = Math.max(this.#version, version);
  }
}
