import { ClosedError, errorCode, systemClock } from '@norikv/store';
import { checkAtOnce, checkFunction, checkString } from '@norikv/store/checks';
import { createLine, type Line } from '../commands/turns.js';
import type { EventStore } from '../events/event-store.js';
import type { EventShape, RecordedEvent } from '../events/event-types.js';
import { stateToJson } from '../events/json.js';
import { evolved, stateOf } from '../events/reducer.js';
import { checkConsumerOptions } from './check-consumer-options.js';
import type { CatchUpOptions, ConsumerOptions, ParkedEvent } from './consumer-options.js';
import { EventConsumer } from './event-consumer.js';
import type { EventFeed } from './event-feed.js';
import { unlessAway } from './unless-away.js';
import { notYet } from './until-back.js';
import { ViewRecords } from './view-records.js';

/** Options of a {@link Projection}: those of its consumer, and these. */
export interface ProjectionOptions<State, Event extends EventShape>
  extends Omit<ConsumerOptions<Event>, 'group' | 'handle' | 'from' | 'partitions'> {
  /** 1 to 100 bytes. */
  readonly name: string;
  /** Change it with `evolve`, `keyOf` or the shape of the state, and rebuild. */
  readonly revision: string;
  /** The record an event belongs to; undefined for none. A record knows each stream that it was built from. */
  readonly keyOf: (event: RecordedEvent<Event>) => string | undefined;
  /** The state of a record before its first event. It must be JSON. */
  readonly initial: () => State;
  /** Pure. */
  readonly evolve: (state: State, event: RecordedEvent<Event>) => State;
}

/**
 * Records computed from the events of all streams, a moment behind them.
 *
 * Each event is applied to a record once, however often it is delivered. A rebuild computes a new generation
 * from the first event and switches over when it has caught up; reads go on meanwhile.
 *
 * @example
 * ```ts
 * const balances = new Projection(feed, store, { name: 'balances', revision: '1', keyOf, initial, evolve });
 * await balances.start();
 * await balances.get('account-1');
 * ```
 */
export class Projection<State, Event extends EventShape = EventShape> implements AsyncDisposable {
  readonly #feed: EventFeed;
  readonly #store: EventStore<Event>;
  readonly #options: ProjectionOptions<State, Event>;
  readonly #records: ViewRecords;
  /** Starts, stops and the ends of rebuilds come one after the other, in the order in which they were asked for. */
  readonly #inTurn: Line;
  #consumer: EventConsumer<Event> | undefined;
  #hasEnded = false;
  #starting: Promise<EventConsumer<Event>> | undefined;
  #builder: EventConsumer<Event> | undefined;
  #rebuilding: Promise<void> | undefined;
  #stops = 0;

  /** @throws InvalidArgumentError for a bad option. */
  constructor(feed: EventFeed, store: EventStore<Event>, options: ProjectionOptions<State, Event>) {
    checkConsumerOptions(options, ['name', 'revision', 'keyOf', 'initial', 'evolve']);
    for (const name of ['keyOf', 'initial', 'evolve'] as const) checkFunction(name, options[name]);
    checkString('revision', options.revision);
    this.#feed = feed;
    this.#store = store;
    this.#options = { ...options };
    const { clock = systemClock, random } = options;
    this.#records = new ViewRecords(feed.client, feed.prefix, options.name, { clock, random });
    this.#inTurn = createLine(clock);
  }

  /** A record; undefined if no event belongs to it yet. Two round trips. */
  async get(key: string): Promise<State | undefined> {
    return (await this.#records.read(await this.#records.live(), key)) as State | undefined;
  }

  /**
   * Begins to keep the records up to date. One process does it at a time; the newest takes over. Begins again
   * after a failure, and after a `stop` that is under way.
   *
   * @throws InvalidArgumentError if the records are of another revision: `rebuild` them.
   */
  async start(): Promise<void> {
    await this.#start();
  }

  /** Resolves when every event that was committed before is in the records. Starts, if that was not done. */
  async caughtUp(options?: CatchUpOptions): Promise<void> {
    const consumer = await (this.#starting ?? this.#consumer ?? this.#start());
    await consumer.caughtUp(options);
  }

  /**
   * Computes all records anew from the first event, then answers from them. Goes on where an earlier rebuild of
   * the same revision was interrupted; while one is under way, waits for it. Projections in other processes are to
   * be started again afterwards, and this one after `OutcomeUnknownError`, and if a newer rebuild ended first: then
   * that one's records are read. The records of the generation before stay in the store.
   *
   * @throws DeadlineExceededError when it has not caught up within `timeoutMs` (default 30,000): call it again to go on.
   */
  rebuild(options?: { readonly timeoutMs?: number | undefined }): Promise<void> {
    this.#rebuilding ??= this.#rebuild(options).finally(() => {
      this.#rebuilding = undefined;
    });
    return this.#rebuilding;
  }

  async #rebuild(options: { readonly timeoutMs?: number | undefined } | undefined): Promise<void> {
    const stops = this.#stops;
    const generation = await this.#records.begin(this.#options.revision);
    const builder = this.#consumerOf(generation);
    this.#builder = builder;
    try {
      if (stops !== this.#stops) await builder.stop();
      await builder.start();
      await builder.caughtUp(options);
      // From here on a stop waits for it.
      if (stops !== this.#stops)
        throw new ClosedError('The projection was stopped; rebuild it again to go on.');
      await this.#inTurn(async () => {
        const isSwitched = await this.#switchTo(generation);
        await this.#endLive();
        if (isSwitched) this.#keep(builder);
        else await builder.stop();
      });
    } catch (error) {
      await builder.stop();
      throw error;
    }
  }

  async #switchTo(generation: number): Promise<boolean> {
    try {
      return await this.#records.switchTo(generation, this.#options.revision);
    } catch (error) {
      // Other records may be read by now: keeping these up to date would only seem to be right.
      if (errorCode(error) === 'OUTCOME_UNKNOWN') await this.#endLive();
      throw error;
    }
  }

  /** Ends after the event at hand. A rebuild that is under way fails, and can be gone on with. */
  async stop(): Promise<void> {
    this.#stops += 1;
    this.#starting = undefined;
    const ending = [this.#builder?.stop(), this.#consumer?.stop(), this.#rebuilding?.catch(() => {})];
    await this.#inTurn(async () => {
      await Promise.all(ending);
      await this.#endLive();
    });
  }

  async #endLive(): Promise<void> {
    await this.#consumer?.stop();
    this.#consumer = undefined;
  }

  /**
   * The events that were parked, and are in no record. `rebuild` applies them when `keyOf` and `evolve` can. They are not
   * retried one by one: applied after later events, they could make records that no rebuild makes again.
   */
  async parked(): Promise<ParkedEvent[]> {
    return this.#consumerOf(await this.#records.live()).parked();
  }

  /** Forgets a parked event, which makes room: it gets into the records by a `rebuild` only. False if it is not parked. */
  async dropParked(id: string): Promise<boolean> {
    return this.#consumerOf(await this.#records.live()).dropParked(id);
  }

  /** Rejects with what stopped the projection, if something did. */
  async done(): Promise<void> {
    await this.#consumer?.done();
  }

  /** The same as `stop`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** All who ask while a start is under way share it; a `stop` in between begins a new one. */
  #start(): Promise<EventConsumer<Event>> {
    if (this.#starting) return this.#starting;
    const starting: Promise<EventConsumer<Event>> = this.#inTurn(() => this.#begin()).finally(() => {
      if (this.#starting === starting) this.#starting = undefined;
    });
    this.#starting = starting;
    return starting;
  }

  async #begin(): Promise<EventConsumer<Event>> {
    if (this.#consumer && !this.#hasEnded) return this.#consumer;
    const consumer = this.#consumerOf(await this.#records.open(this.#options.revision));
    await consumer.start();
    this.#keep(consumer);
    return consumer;
  }

  #keep(consumer: EventConsumer<Event>): void {
    this.#consumer = consumer;
    this.#hasEnded = false;
    const end = (): void => {
      if (this.#consumer === consumer) this.#hasEnded = true;
    };
    consumer.done().then(end, end);
  }

  #consumerOf(generation: number): EventConsumer<Event> {
    const {
      name,
      revision: _revision,
      keyOf: _keyOf,
      initial: _initial,
      evolve: _evolve,
      ...rest
    } = this.#options;
    return new EventConsumer(this.#feed, this.#store, {
      ...rest,
      group: `projection ${name} ${generation}`,
      from: 'CURRENT',
      handle: (event) => this.#apply(generation, event),
    });
  }

  /** What `keyOf` and `evolve` throw is for `onError`, even if it looks as if the store were away. */
  async #apply(generation: number, event: RecordedEvent<Event>): Promise<unknown> {
    const { name, keyOf } = this.#options;
    const key = checkAtOnce('keyOf()', keyOf(event));
    if (key === undefined) return undefined;
    const mistakes = new Set<unknown>();
    const change = (state: unknown): State => {
      try {
        const before = state === undefined ? stateOf(undefined, this.#options) : (state as State);
        const next = evolved(this.#options, before, event);
        stateToJson(next, name);
        return next;
      } catch (error) {
        mistakes.add(error);
        throw error;
      }
    };
    const apply = (): Promise<void> => this.#records.apply(generation, key, event as RecordedEvent, change);
    return (await unlessAway(apply, mistakes)) === false ? notYet : undefined;
  }
}
