import { BoundedMap } from '@norikv/store/bounded-map';
import type { EventStore } from '../events/event-store.js';
import { categoryOf, type EventShape, type RecordedEvent } from '../events/event-types.js';
import type { EventFeed, FeedItem } from './event-feed.js';
import { readCommitted } from './read-committed.js';

/** An item of the feed with the events it points to. */
export interface Delivery<Event extends EventShape> {
  readonly position: number;
  readonly events: readonly RecordedEvent<Event>[];
}

/** What is wanted of a partition. */
export interface Selection {
  readonly category?: string | undefined;
  readonly types?: readonly string[] | undefined;
  readonly batchSize: number;
}

const rememberedStreams = 10_000;
const readsAtOnce = 16;
/** Events held in memory from which on no more are read ahead. */
const enoughEvents = 10_000;

/** Reads a partition in batches, leaving out what it has given already. */
export class PartitionReader<Event extends EventShape> {
  readonly partition: number;
  readonly #feed: EventFeed;
  readonly #store: EventStore<Event>;
  readonly #selection: Selection;
  /** The last version given of each stream: a crashed publisher's successor repeats pointers. */
  readonly #given = new BoundedMap<number>(rememberedStreams);

  constructor(feed: EventFeed, store: EventStore<Event>, partition: number, selection: Selection) {
    this.#feed = feed;
    this.#store = store;
    this.partition = partition;
    this.#selection = selection;
  }

  /** @param version - of the first item, the last version that is not wanted again. */
  async after(position: number, version: number): Promise<Delivery<Event>[]> {
    const items = await this.#feed.after(this.partition, position, this.#selection.batchSize);
    const given = new Map<string, number>();
    const fresh = ({ position: at, pointer: [aggregateId, from, to] }: FeedItem): FeedItem => {
      const done = at === position + 1 ? version : 0;
      const last = Math.max(done, given.get(aggregateId) ?? this.#given.get(aggregateId) ?? 0);
      given.set(aggregateId, Math.max(last, to));
      return { position: at, pointer: [aggregateId, Math.max(from, last + 1), to] };
    };
    const deliveries: Delivery<Event>[] = [];
    let held = 0;
    for (let at = 0; at < items.length && held < enoughEvents; at += readsAtOnce) {
      const group = items.slice(at, at + readsAtOnce).map(fresh);
      const read = await Promise.all(group.map((item) => this.#read(item)));
      deliveries.push(...read);
      held = read.reduce((sum, { events }) => sum + events.length, held);
    }
    // Only now: what could not be read is read again.
    for (const [aggregateId, last] of given) this.#given.set(aggregateId, last);
    return deliveries;
  }

  async #read({ position, pointer: [aggregateId, from, to] }: FeedItem): Promise<Delivery<Event>> {
    const { category, types } = this.#selection;
    const isWanted = category === undefined || categoryOf(aggregateId) === category;
    if (!isWanted || from > to) return { position, events: [] };
    const events = await readCommitted(this.#store, [aggregateId, from, to]);
    return { position, events: types ? events.filter(({ type }) => types.includes(type)) : events };
  }
}
