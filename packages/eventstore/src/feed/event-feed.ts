import type { UpdaterOptions } from '@norikv/cas-retry';
import { type KvStore, requireCapabilities, stringToBytes, systemClock } from '@norikv/store';
import { BoundedMap } from '@norikv/store/bounded-map';
import { checkObject, checkWhole } from '@norikv/store/checks';
import { tell } from '@norikv/store/listeners';
import type { Outbox } from '../events/outbox.js';
import { checksum } from '../log/checksum.js';
import type { FeedMark } from '../log/head.js';
import { Log } from '../log/log.js';
import { checkPrefix, logKeys } from '../log/log-keys.js';
import { checkPartitions } from './check-consumer-options.js';
import { Entrance } from './entrance.js';
import { Ledger } from './ledger.js';
import { PartitionCount } from './partition-count.js';
import { decodePointer, type Pointer } from './pointer.js';
import { Publisher } from './publisher.js';

/** Options of an {@link EventFeed}: those of the updater, and these. */
export interface EventFeedOptions extends UpdaterOptions {
  /** That of the event store. Default `events`. */
  readonly prefix?: string | undefined;
  /**
   * Parts of the feed, by stream. One gives a total order; more take more writes. It cannot be changed: another number is
   * refused. Default 1.
   */
  readonly partitions?: number | undefined;
  /**
   * Publishes after each append in the background. False leaves it to sweeps: those of consumers, and of a writer that
   * finds the ledger crowded. Default true.
   */
  readonly publishSoon?: boolean | undefined;
  /**
   * How long a stream stays in the ledger after its last append, in milliseconds: meanwhile appends cost
   * nothing extra. By the clocks of writers and sweepers: one that is ahead or behind costs entries. Default 1,000.
   */
  readonly quietMs?: number | undefined;
  /** Accepts a store that does not declare the guarantees needed. Events may then be lost. */
  readonly unsafeAllowNonAtomicCas?: boolean | undefined;
}

/** A place in a partition of the feed. */
export interface FeedItem {
  /** From 1, without gaps. */
  readonly position: number;
  readonly pointer: Pointer;
}

const rememberedStreams = 4_096;
const streamsAtOnce = 100;

/**
 * The order in which events of all streams were published: what consumers and projections read.
 *
 * Every committed event is published, whatever crashes: before a stream commits, a ledger names it, and any
 * consumer that sweeps the ledger publishes what is missing. Positions have no gaps, and no event appears
 * behind a reader.
 *
 * @example
 * ```ts
 * await using feed = new EventFeed(client);
 * const store = new EventStore(client, { feed });
 * ```
 */
export class EventFeed implements Outbox, AsyncDisposable {
  readonly partitions: number;
  /** The store it lies in, for what belongs to the feed: checkpoints, parked events, views. */
  readonly client: KvStore;
  readonly prefix: string;
  readonly #log: Log;
  readonly #entrance: Entrance;
  readonly #partitionCount: PartitionCount;
  readonly #publisher: Publisher;
  readonly #publishSoon: boolean;
  readonly #marks = new BoundedMap<FeedMark>(rememberedStreams);
  readonly #waiting = new Set<string>();
  readonly #listeners = new Set<() => void>();
  readonly #background = new Set<Promise<void>>();
  #isPublishing = false;

  /** @throws UnsupportedError if the store does not guarantee what a feed needs. */
  constructor(client: KvStore, options: EventFeedOptions = {}) {
    checkObject('options', options);
    const { prefix = 'events', partitions = 1, publishSoon = true, quietMs = 1_000, ...rest } = options;
    const { unsafeAllowNonAtomicCas, ...updaterOptions } = rest;
    const needs = ['atomicCas', 'createIfAbsent', 'linearizableReads'] as const;
    requireCapabilities(client, 'EventFeed', needs, unsafeAllowNonAtomicCas);
    checkWhole('partitions', partitions, 1, 1_024);
    checkWhole('quietMs', quietMs, 0);
    const { clock = systemClock } = updaterOptions;
    this.partitions = partitions;
    this.client = client;
    this.prefix = checkPrefix(prefix);
    this.#publishSoon = publishSoon;
    this.#log = new Log(client, logKeys(prefix, 'f'), updaterOptions);
    const ledger = new Ledger(client, prefix, updaterOptions);
    this.#partitionCount = new PartitionCount(client, prefix, partitions, updaterOptions);
    this.#publisher = new Publisher({
      streams: new Log(client, logKeys(prefix), updaterOptions),
      feed: this.#log,
      ledger,
      partitions,
      clock,
      quietMs,
      onMarked: (name, { mark }) => this.#marks.set(name, mark),
    });
    this.#entrance = new Entrance(ledger, this.#publisher);
  }

  /** The partition of a stream. */
  partitionOf(aggregateId: string): number {
    return Number.parseInt(checksum(stringToBytes(aggregateId)), 16) % this.partitions;
  }

  async enter(aggregateId: string, peek: () => Promise<FeedMark | undefined>): Promise<number | undefined> {
    const mark = this.#marks.get(aggregateId) ?? (await peek());
    return mark?.dirty ? undefined : this.reenter(aggregateId, mark?.fence ?? 0);
  }

  async reenter(aggregateId: string, fence: number): Promise<number> {
    await this.check();
    const partition = this.partitionOf(aggregateId);
    const isCrowded = await this.#entrance.enter(partition, aggregateId);
    // In case nobody else sweeps.
    if (isCrowded && this.#publisher.isDue(partition)) this.#inBackground(this.#sweep([partition]));
    return fence;
  }

  committed(aggregateId: string, mark: FeedMark | undefined): void {
    if (mark) this.#marks.set(aggregateId, mark);
    if (!this.#publishSoon) return;
    this.#waiting.add(aggregateId);
    if (!this.#isPublishing) this.#inBackground(this.#publishWaiting());
  }

  /**
   * Compares `partitions` with what the feed was made with; the first to use a feed decides. Appends, sweeps and
   * consumers do this by themselves.
   *
   * @throws InvalidArgumentError if it is another number.
   */
  check(): Promise<void> {
    return this.#partitionCount.check();
  }

  /**
   * Publishes everything that was committed before, by any process, in all or in some `partitions`. Consumers do this
   * now and then.
   *
   * @throws CorruptRecordError for a damaged stream, after the others.
   */
  async sweep(partitions?: readonly number[]): Promise<void> {
    const chosen = checkPartitions(partitions, this.partitions);
    await this.check();
    await this.#sweep(chosen);
  }

  async #sweep(partitions: readonly number[]): Promise<void> {
    const sweeps = await Promise.allSettled(partitions.map((partition) => this.#publisher.sweep(partition)));
    this.#announce();
    const failed = sweeps.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }

  /** The newest position of each partition, or of some of them, in the order of their numbers. One round trip. */
  async ends(partitions?: readonly number[]): Promise<number[]> {
    const end = async (partition: number): Promise<number> =>
      (await this.#log.head(`${partition}`))?.last ?? 0;
    return Promise.all(checkPartitions(partitions, this.partitions).map(end));
  }

  /**
   * What a partition holds after a position, at most `limit` items. One round trip if that is recent.
   *
   * @throws InvalidArgumentError for what is no partition, position or count.
   */
  async after(partition: number, position: number, limit: number): Promise<FeedItem[]> {
    checkWhole('partition', partition, 0, this.partitions - 1);
    checkWhole('position', position, 0);
    checkWhole('limit', limit);
    const head = await this.#log.head(`${partition}`);
    const items: FeedItem[] = [];
    if (!head) return items;
    const span = { from: position + 1, to: position + limit, backward: false };
    for await (const { first, lines } of this.#log.read(head, span, 8)) {
      for (const [index, line] of lines.entries())
        items.push({ position: first + index, pointer: decodePointer(line) });
    }
    return items;
  }

  /** Calls back when this process has published something; what that throws is ignored. Returns how to stop it. */
  onPublished(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when the appends of this process so far are published, or that has failed and is left to a sweep. */
  async flush(): Promise<void> {
    // Twice: what came while streams are being published is published next.
    for (let round = 0; round < 2; round += 1) await Promise.all(this.#background);
  }

  /** The same as `flush`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.flush();
  }

  /** What fails here stays in the ledger, and a sweep will do it. */
  #inBackground(work: Promise<void>): void {
    const done = work.catch(() => {}).finally(() => this.#background.delete(done));
    this.#background.add(done);
  }

  /** Publishes what waits, then what came meanwhile. What fails stays in the ledger, and a sweep will do it. */
  async #publishWaiting(): Promise<void> {
    this.#isPublishing = true;
    // One turn later, so that a burst of appends shares the pointers' write.
    await Promise.resolve();
    const names = [...this.#waiting];
    this.#waiting.clear();
    for (let at = 0; at < names.length; at += streamsAtOnce) {
      const group = names.slice(at, at + streamsAtOnce);
      const partitions = [...new Set(group.map((name) => this.partitionOf(name)))];
      const publishing = partitions.map((partition) =>
        this.#publisher.publish(
          partition,
          group.filter((name) => this.partitionOf(name) === partition),
        ),
      );
      await Promise.allSettled(publishing);
      this.#announce();
    }
    this.#isPublishing = false;
    if (this.#waiting.size > 0) this.#inBackground(this.#publishWaiting());
  }

  /** What a listener throws must not keep events from being published. */
  #announce(): void {
    for (const listener of [...this.#listeners]) tell(listener, undefined);
  }
}
