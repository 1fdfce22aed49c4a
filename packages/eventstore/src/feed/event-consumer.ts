import { type Clock, ClosedError, systemClock } from '@norikv/store';
import { checkFunction } from '@norikv/store/checks';
import { waitWithin } from '@norikv/store/wait-within';
import type { EventStore } from '../events/event-store.js';
import type { EventShape } from '../events/event-types.js';
import { type Bell, createBell } from './bell.js';
import { checkCatchUpOptions, checkConsumerOptions } from './check-consumer-options.js';
import { type Checkpoint, Checkpoints } from './checkpoints.js';
import type { CatchUpOptions, ConsumerOptions, ParkedEvent } from './consumer-options.js';
import type { EventFeed } from './event-feed.js';
import { Handling } from './handling.js';
import { late, waitCancelled } from './late.js';
import { ParkedEvents } from './parked-events.js';
import { PartitionReader } from './partition-reader.js';
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
  readonly #options: ConsumerOptions<Event>;
  readonly #clock: Clock;
  readonly #bell: Bell;
  readonly #checkpoints: Checkpoints;
  readonly #parked: ParkedEvents;
  readonly #handling: Handling<Event>;
  readonly #readers: readonly PartitionReader<Event>[];
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
    checkConsumerOptions(options, ['group', 'handle', 'from']);
    const { batchSize = 100, category, types, clock = systemClock } = options;
    checkFunction('handle', options.handle);
    this.#feed = feed;
    this.#options = { ...options };
    this.#clock = clock;
    this.#bell = createBell(clock);
    this.#checkpoints = new Checkpoints(feed.client, feed.prefix, options.group, { clock });
    this.#parked = new ParkedEvents(feed.client, feed.prefix, options.group, clock);
    this.#handling = new Handling(this.#options, this.#parked, this.#bell, this.#stopping.signal);
    this.#readers = Array.from(
      { length: feed.partitions },
      (_, partition) =>
        new PartitionReader(feed, store, partition, { batchSize, category, types: types && [...types] }),
    );
  }

  /**
   * Takes over the group and begins. Resolves when every event from then on will be handled.
   *
   * @throws ClosedError once it was stopped: make a new one.
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
    if (from === 'END') await this.#feed.sweep();
    const ends = from === 'END' ? await this.#feed.ends() : [];
    const lanes = await Promise.all(
      this.#readers.map(async (reader) => {
        const begin = from === 'BEGINNING' ? 0 : ends[reader.partition];
        return { reader, claim: await this.#checkpoints.claim(reader.partition, begin) };
      }),
    );
    const stopListening = this.#feed.onPublished(() => this.#bell.ring());
    const loops = lanes.map(({ reader, claim }) => this.#guard(() => this.#consume(reader, claim)));
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
    const isThere = (): boolean => ends.every((end, partition) => (this.#positions[partition] ?? 0) >= end);
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

  async #publishedSoFar(): Promise<number[]> {
    await this.#feed.sweep();
    return this.#feed.ends();
  }

  /** The events that this group has put aside. */
  async parked(): Promise<ParkedEvent[]> {
    return this.#parked.list();
  }

  /** The same as `stop`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #consume(reader: PartitionReader<Event>, claim: Checkpoint): Promise<void> {
    const { partition } = reader;
    const { pollMs = 50, maxPollMs = 2_000 } = this.#options;
    let { position } = claim;
    let saved = position;
    let waitMs = pollMs;
    while (!this.#isStopping) {
      const heard = this.#bell.rings;
      const deliveries = await unlessAway(() => reader.after(position));
      try {
        for (const delivery of deliveries || []) {
          for (const event of delivery.events) {
            if (this.#isStopping || !(await this.#handling.handle(event))) return;
          }
          position = delivery.position;
        }
      } finally {
        const place = { ...claim, position };
        const isSaved =
          position === saved || (await unlessAway(() => this.#checkpoints.save(partition, place)));
        if (isSaved) saved = position;
      }
      this.#positions[partition] = position;
      for (const check of this.#watchers.values()) check();
      if (deliveries && deliveries.length > 0) {
        waitMs = pollMs;
        continue;
      }
      await this.#bell.sleep(waitMs, heard);
      waitMs = Math.min(maxPollMs, 2 * waitMs);
    }
  }

  async #sweepNowAndThen(): Promise<void> {
    const { sweepMs = 2_000 } = this.#options;
    let sweptAt = this.#clock.monotonic();
    await unlessAway(() => this.#feed.sweep());
    while (!this.#isStopping) {
      await this.#bell.sleep(sweepMs, this.#bell.rings);
      if (this.#isStopping || this.#clock.monotonic() - sweptAt < sweepMs) continue;
      sweptAt = this.#clock.monotonic();
      await unlessAway(() => this.#feed.sweep());
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
    for (const check of this.#watchers.values()) check();
  }
}
