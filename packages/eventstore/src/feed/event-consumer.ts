import { type Clock, ClosedError, systemClock } from '@norikv/store';
import { checkFunction, checkString } from '@norikv/store/checks';
import { waitWithin } from '@norikv/store/wait-within';
import type { EventStore } from '../events/event-store.js';
import type { EventShape } from '../events/event-types.js';
import { checkSamePrefix } from '../events/outbox.js';
import { type Bell, createBell } from './bell.js';
import { checkCatchUpOptions, checkConsumerOptions, checkPartitions } from './check-consumer-options.js';
import { Checkpoints } from './checkpoints.js';
import { consumePartition } from './consume-partition.js';
import type { CatchUpOptions, ConsumerOptions, ParkedEvent, Retried } from './consumer-options.js';
import type { EventFeed } from './event-feed.js';
import { Handling } from './handling.js';
import { late, waitCancelled } from './late.js';
import { ParkedEvents } from './parked-events.js';
import { PartitionReader } from './partition-reader.js';
import { Retrying } from './retrying.js';
import { unlessAway } from './unless-away.js';

/**
 * Handles the events of all streams, or of a category, in the order of the feed.
 *
 * At least once, each stream in order. The checkpoint belongs to the newest consumer of the group: an older
 * one stops with `CheckpointLostError` when it tries to move on.
 *
 * @example
 * ```ts
 * const consumer = new EventConsumer(feed, store, { group: 'audit', handle: (event) => print(event) });
 * await consumer.start();
 * await consumer.caughtUp();
 * await consumer.stop();
 * ```
 */
export class EventConsumer<Event extends EventShape = EventShape> implements AsyncDisposable {
  readonly #feed: EventFeed;
  readonly #partitions: readonly number[];
  readonly #options: ConsumerOptions<Event>;
  readonly #clock: Clock;
  readonly #bell: Bell;
  readonly #checkpoints: Checkpoints;
  readonly #parked: ParkedEvents;
  readonly #handling: Handling<Event>;
  readonly #retrying: Retrying<Event>;
  readonly #readerOf: (partition: number) => PartitionReader<Event>;
  readonly #positions: number[] = [];
  readonly #watchers = new Map<object, () => void>();
  #started: Promise<void> | undefined;
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  readonly #stopping = new AbortController();
  #markOver: (() => void) | undefined;
  readonly #over = new Promise<void>((resolve) => {
    this.#markOver = resolve;
  });

  /** @throws InvalidArgumentError for a bad option. */
  constructor(feed: EventFeed, store: EventStore<Event>, options: ConsumerOptions<Event>) {
    checkConsumerOptions(options, ['group', 'handle', 'from', 'partitions']);
    const { batchSize = 100, category, types, clock = systemClock, random } = options;
    checkFunction('handle', options.handle);
    checkSamePrefix(feed, store);
    this.#feed = feed;
    this.#partitions = checkPartitions(options.partitions, feed.partitions);
    this.#options = { ...options };
    this.#clock = clock;
    this.#bell = createBell(clock);
    this.#checkpoints = new Checkpoints(feed.client, feed.prefix, options.group, { clock, random });
    this.#parked = new ParkedEvents(feed.client, feed.prefix, options.group, { clock, random });
    const { signal } = this.#stopping;
    const shared = { parked: this.#parked, clock, signal };
    this.#handling = new Handling({ ...shared, options: this.#options, bell: this.#bell });
    this.#retrying = new Retrying(store, feed, this.#handling, shared);
    const selection = { batchSize, category, types: types && [...types] };
    this.#readerOf = (partition) => new PartitionReader(feed, store, partition, selection);
  }

  /**
   * Takes over the group and begins. Resolves when every event from then on will be handled.
   *
   * @throws ClosedError once it was stopped: make a new one.
   * @throws CheckpointLostError if another consumer of the group began at the same time, and was last: it has the group.
   * @throws InvalidArgumentError if the feed was made with another number of partitions.
   */
  async start(): Promise<void> {
    if (this.#isStopping) throw new ClosedError('The consumer was stopped; make a new one.');
    this.#started ??= this.#begin().catch((error: unknown) => {
      this.#started = undefined;
      throw error;
    });
    await this.#started;
  }

  async #begin(): Promise<void> {
    const { from = 'CURRENT' } = this.#options;
    await this.#feed.check();
    const goesOn = from.startsWith('CURRENT');
    const begins = from.endsWith('END') ? await this.#publishedSoFar() : new Map<number, number>();
    const claims = await this.#checkpoints.claim(this.#partitions, { begins, goesOn });
    const stopListening = this.#feed.onPublished(() => this.#bell.ring());
    const parts = {
      options: this.#options,
      handling: this.#handling,
      checkpoints: this.#checkpoints,
      bell: this.#bell,
      clock: this.#clock,
      signal: this.#stopping.signal,
      onReached: (partition: number, position: number) => {
        this.#positions[partition] = position;
        this.#lookAtProgress();
      },
    };
    const loops = claims.map(({ partition, place }) =>
      this.#guard(() => consumePartition({ ...parts, reader: this.#readerOf(partition) }, place)),
    );
    const work = Promise.all([...loops, this.#guard(() => this.#sweepNowAndThen())]);
    this.#running = work.then(stopListening).then(this.#markOver);
  }

  /**
   * Ends after the event that is being handled, so do not wait for it in `handle`. Throws nothing: a failure is
   * reported by `done`.
   */
  async stop(): Promise<void> {
    this.#end();
    await this.#started?.catch(() => {});
    await this.#running;
    await this.#retrying.over();
    this.#markOver?.();
  }

  /** Resolves when the consumer has stopped, or is stopped before it began; rejects if it was by an error. */
  async done(): Promise<void> {
    await this.#over;
    if (this.#failure) throw this.#failure.error;
  }

  /**
   * Resolves when every event that was committed before this call, by any process, has been handled.
   *
   * @throws DeadlineExceededError after `timeoutMs`, CancelledError when the signal ended, and what stopped the
   * consumer, if it stops.
   */
  async caughtUp(options: CatchUpOptions = {}): Promise<void> {
    const { timeoutMs, signal } = checkCatchUpOptions(options);
    const clock = this.#clock;
    const endsAt = clock.monotonic() + timeoutMs;
    const tooLate = (): Error => late(`The consumer has not caught up within ${timeoutMs} ms`);
    const patience = { clock, signal, late: tooLate, cancelled: waitCancelled };
    const ends = await waitWithin(() => this.#publishedSoFar(), { ...patience, timeoutMs });
    const isThere = (): boolean =>
      [...ends].every(([partition, end]) => (this.#positions[partition] ?? 0) >= end);
    this.#bell.ring();
    const watcher = {};
    const arrival = (): Promise<void> =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (isThere()) resolve();
          else if (this.#isStopping) reject(this.#failure?.error ?? late('The consumer was stopped'));
        };
        this.#watchers.set(watcher, check);
        check();
      });
    try {
      await waitWithin(arrival, { ...patience, timeoutMs: Math.max(0, endsAt - clock.monotonic()) });
    } finally {
      this.#watchers.delete(watcher);
    }
  }

  /** The newest position of each of its partitions, with all that was committed before. */
  async #publishedSoFar(): Promise<Map<number, number>> {
    await this.#feed.sweep(this.#partitions);
    const ends = await this.#feed.ends(this.#partitions);
    return new Map(this.#partitions.map((partition, at) => [partition, ends[at] ?? 0]));
  }

  /** The events that this group has put aside, in the order in which they failed. One round trip. */
  parked(): Promise<ParkedEvent[]> {
    return this.#parked.list();
  }

  /**
   * Has a parked event handled again, whether this consumer was started or not; one at a time, and not while the
   * consumer handles another of its partition, so do not wait for it in `handle`.
   *
   * It comes after later events of its stream, and is taken out once it was handled: again after a crash in between,
   * and twice if two consumers retry it. `onError` is not asked.
   *
   * @throws ClosedError if the consumer is stopped, and what the store throws while it is away: nothing is lost.
   */
  async retryParked(id: string): Promise<Retried> {
    return this.#retrying.one(checkString('id', id));
  }

  /** The same for each event that is parked now, in their order; one that fails holds up none. */
  retryAllParked(): Promise<Retried[]> {
    return this.#retrying.all();
  }

  /** Forgets a parked event: no retry begins with it any more. False if nothing is parked under this id. */
  async dropParked(id: string): Promise<boolean> {
    return this.#parked.remove(checkString('id', id));
  }

  /** The same as `stop`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #sweepNowAndThen(): Promise<void> {
    const { sweepMs = 2_000 } = this.#options;
    let sweptAt = this.#clock.monotonic();
    await unlessAway(() => this.#feed.sweep(this.#partitions));
    while (!this.#isStopping) {
      await this.#bell.sleep(sweepMs, this.#bell.rings);
      if (this.#isStopping || this.#clock.monotonic() - sweptAt < sweepMs) continue;
      sweptAt = this.#clock.monotonic();
      await unlessAway(() => this.#feed.sweep(this.#partitions));
    }
  }

  /** The first loop that fails ends the others. */
  async #guard(loop: () => Promise<void>): Promise<void> {
    try {
      await loop();
    } catch (error) {
      this.#failure ??= { error };
    }
    this.#end();
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  #end(): void {
    this.#stopping.abort();
    this.#bell.ring();
    this.#lookAtProgress();
  }

  #lookAtProgress(): void {
    for (const check of this.#watchers.values()) check();
  }
}
