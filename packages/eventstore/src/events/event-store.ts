import type { Change } from '@norikv/cas-retry';
import { type KvStore, requireCapabilities, systemClock } from '@norikv/store';
import { checkSignal } from '@norikv/store/call-options';
import { checkObject, checkOptions, checkWhole, refuse } from '@norikv/store/checks';
import { emptyHead, type Head } from '../log/head.js';
import { Log } from '../log/log.js';
import { checkName, checkPrefix, logKeys } from '../log/log-keys.js';
import { EventAppender } from './event-appender.js';
import { checkRead, EventReader } from './event-reader.js';
import type { EventOfType, EventShape, NewEvent, RecordedEvent } from './event-types.js';
import { isPresent } from './expected.js';
import { InlineStates } from './inline-states.js';
import { end, type LifeResult, truncate, turn } from './lifecycle.js';
import { load } from './load.js';
import {
  type AppendOptions,
  type AppendResult,
  type ChangeOptions,
  checkChangeOptions,
  checkLifeOptions,
  type EventStoreOptions,
  type LifeOptions,
  type ReadOptions,
  type StreamSlice,
  updaterOptionsOf,
} from './options.js';
import { checkSamePrefix } from './outbox.js';
import type { Loaded, Reducer, SnapshotSource } from './reducer.js';
import { keepsProtected, leftOver } from './refusals.js';

/**
 * Streams of events, appended atomically and read in order, over compare-and-swap alone.
 *
 * An append of any size is committed by one conditional write. An acknowledged event is never lost, altered
 * or moved; versions count from 1 without gaps. Nothing is visible before that. Long streams need values of 16 KiB.
 *
 * Methods that write throw the errors of the updater: `ContentionError`, `OutcomeUnknownError` (repeat with
 * the same `commitId`), `CancelledError`, `DeadlineExceededError`. All throw `CorruptRecordError` for stored
 * bytes that are damaged, foreign or of an unknown format; those are left as they are.
 *
 * @example
 * ```ts
 * const store = new EventStore<AccountEvent>(client);
 * await store.append('account-1', [{ type: 'Opened', data: {} }], { expected: 'none', commitId: 'req-7' });
 * for await (const event of store.events('account-1')) console.log(event.version, event.type);
 * ```
 */
export class EventStore<Event extends EventShape = EventShape> {
  readonly #log: Log;
  readonly #reader: EventReader;
  readonly #appender: EventAppender;
  readonly #states: InlineStates;
  /** Begins every key. */
  readonly prefix: string;
  /** Whether data is stored under `protection`: then nothing made from it is kept. */
  readonly isProtected: boolean;

  /** @throws UnsupportedError if the store does not guarantee what event streams need. */
  constructor(client: KvStore, options: EventStoreOptions<Event> = {}) {
    checkObject('options', options);
    const { prefix = 'events', rollBytes, prefetch, upcast, validate } = options;
    const { protection, feed, inline = [], unsafeAllowNonAtomicCas, clock = systemClock } = options;
    const needs = ['atomicCas', 'createIfAbsent', 'linearizableReads'] as const;
    requireCapabilities(client, 'EventStore', needs, unsafeAllowNonAtomicCas);
    if (protection && inline.length > 0) throw keepsProtected('inline');
    if (feed) checkSamePrefix(feed, { prefix });
    const log = new Log(client, logKeys(checkPrefix(prefix)), updaterOptionsOf(options), rollBytes);
    const reader = new EventReader(log, { upcast, protection, prefetch });
    const reducers = inline as unknown as readonly Reducer<unknown>[];
    const states = new InlineStates(reducers, reader, log.limits.snapshotBytes);
    const finish = (head: Head): Head => states.broughtUp(head);
    this.prefix = prefix;
    this.isProtected = protection !== undefined;
    this.#log = log;
    this.#reader = reader;
    this.#states = states;
    this.#appender = new EventAppender(log, reader, { validate, protection, feed, clock, finish });
  }

  /** Appends one event wherever the stream is, and returns it as stored. */
  append<Type extends Event['type']>(
    aggregateId: string,
    type: Type,
    data: EventOfType<Event, Type>['data'],
  ): Promise<RecordedEvent<EventOfType<Event, Type>>>;
  /**
   * Appends events, all or none, where the stream is as expected.
   *
   * Repeating it is recognised by `commitId`; by the ids of the events at an exact version, however old; and
   * by the ids of the events with `any` and `exists`, while they are among the newest of the stream.
   *
   * @throws StreamConflictError, with the current version and the events in between. Nothing was appended.
   * @throws StreamClosedError, IdReusedError, EventTooLargeError, EventInvalidError, InvalidArgumentError.
   */
  append(
    aggregateId: string,
    events: readonly NewEvent<Event>[],
    options?: AppendOptions,
  ): Promise<AppendResult<Event>>;
  async append(
    aggregateId: string,
    what: string | readonly NewEvent[],
    more?: unknown,
    misplaced?: unknown,
  ): Promise<RecordedEvent | AppendResult | undefined> {
    if (typeof what === 'string') {
      if (misplaced !== undefined) refuse('options', misplaced, 'them with a list of events');
      const { events } = await this.#appender.append(aggregateId, [{ type: what, data: more }], {});
      return events[0];
    }
    return this.#appender.append(aggregateId, what, more as AppendOptions | undefined);
  }

  /** What an append under a `commitId` has stored; undefined if the stream does not remember it. */
  async findCommit(aggregateId: string, commitId: string): Promise<AppendResult<Event> | undefined> {
    return this.#appender.committed(aggregateId, commitId) as Promise<AppendResult<Event> | undefined>;
  }

  /** All events of a stream; none if it is not there. */
  async getEvents(aggregateId: string, options?: ReadOptions): Promise<RecordedEvent<Event>[]> {
    return [...(await this.read(aggregateId, options)).events];
  }

  /** The events with a higher version. */
  async getEventsAfter(
    aggregateId: string,
    afterVersion: number,
    options?: Omit<ReadOptions, 'from'>,
  ): Promise<RecordedEvent<Event>[]> {
    const from = checkWhole('afterVersion', afterVersion, 0, Number.MAX_SAFE_INTEGER - 1) + 1;
    return [...(await this.read(aggregateId, { ...options, from })).events];
  }

  /** Reads a range at once. What it returns was one consistent state of the stream. */
  async read(aggregateId: string, options: ReadOptions = {}): Promise<StreamSlice<Event>> {
    const { signal } = checkRead(options);
    const own = { ...options };
    const name = checkName('aggregateId', aggregateId);
    for (;;) {
      const found = await this.#log.head(name, { signal });
      const head = isPresent(found, own) ? found : undefined;
      const events: RecordedEvent[] = [];
      const isWhole = !head || (await this.#reader.each(head, own, (event) => events.push(event)));
      if (!isWhole) continue;
      const [exists, version, since] = [head !== undefined, head?.last ?? 0, found?.since ?? 1];
      return { exists, version, since, events: events as RecordedEvent<Event>[] };
    }
  }

  /** Reads a range piece by piece, as it was when reading began; what is cut off meanwhile is left out. */
  async *events(
    aggregateId: string,
    options: ReadOptions = {},
  ): AsyncGenerator<RecordedEvent<Event>, void, undefined> {
    checkRead(options);
    const own = { ...options };
    const head = await this.#head(aggregateId, own);
    if (head) yield* this.#reader.events(head, own) as AsyncGenerator<RecordedEvent<Event>>;
  }

  /** Whether a stream is there. One round trip. */
  async streamExists(aggregateId: string): Promise<boolean> {
    return (await this.#head(aggregateId)) !== undefined;
  }

  /** The newest version; 0 if the stream is not there. */
  async version(aggregateId: string): Promise<number> {
    return (await this.#head(aggregateId))?.last ?? 0;
  }

  /**
   * Folds the events of a stream into state, going on from a snapshot where there is one: inline, or from
   * `snapshots`, which is read at the same time.
   *
   * @throws InvalidArgumentError for `snapshots` with `protection`: they would keep what is protected.
   */
  async load<State>(
    aggregateId: string,
    reducer: Reducer<State, Event>,
    snapshots?: SnapshotSource,
    options: Pick<ReadOptions, 'signal'> = {},
  ): Promise<Loaded<State>> {
    const name = checkName('aggregateId', aggregateId);
    if (snapshots && this.isProtected) throw keepsProtected('snapshots');
    checkSignal(checkOptions(options, ['signal']).signal);
    const parts = { log: this.#log, reader: this.#reader, states: this.#states };
    return load(parts, name, reducer, snapshots, options);
  }

  /**
   * Deletes a stream's events, also those of an archived one. It then reads as absent; its next event gets the next
   * version. False if it was not there.
   */
  async deleteStream(aggregateId: string, options: LifeOptions = {}): Promise<boolean> {
    return this.#end(aggregateId, 'deleted', options);
  }

  /** Deletes a stream's events and refuses new ones forever. False if that was done before. */
  async tombstoneStream(aggregateId: string, options: LifeOptions = {}): Promise<boolean> {
    return this.#end(aggregateId, 'tombstoned', options);
  }

  /**
   * Hides a stream from reads, and refuses new events until it is restored. Consumers get the events that it has all
   * the same.
   */
  async archiveStream(aggregateId: string, options: ChangeOptions = {}): Promise<boolean> {
    return this.#change(aggregateId, checkChangeOptions(options), (head) => turn(head, 'open', 'archived'));
  }

  /** Brings an archived stream back. */
  async restoreStream(aggregateId: string, options: ChangeOptions = {}): Promise<boolean> {
    return this.#change(aggregateId, checkChangeOptions(options), (head) => turn(head, 'archived', 'open'));
  }

  /** Deletes the events before a version, those stored with later ones when these go. Versions stay. */
  async truncateStream(aggregateId: string, before: number, options: ChangeOptions = {}): Promise<boolean> {
    checkWhole('before', before);
    return this.#change(aggregateId, checkChangeOptions(options), (head) =>
      truncate(head, before, this.#log),
    );
  }

  async #end(aggregateId: string, status: 'deleted' | 'tombstoned', given: LifeOptions): Promise<boolean> {
    const options = checkLifeOptions(given);
    return this.#change(aggregateId, options, (head) =>
      end(head ?? emptyHead(aggregateId, this.#log.limits.rollBytes), status, options.expected, this.#log),
    );
  }

  /** Changes the head, then deletes what it has cut off, also what an earlier call left behind. */
  async #change(
    aggregateId: string,
    { expected = 'any', ...limits }: LifeOptions,
    transition: (head: Head | undefined) => Change<Head, LifeResult>,
  ): Promise<boolean> {
    const name = checkName('aggregateId', aggregateId);
    const result = await this.#log.update(name, transition, limits);
    if ('against' in result) throw await this.#appender.conflict(result.against, expected);
    await this.#log.emptyTrash(name).catch(leftOver);
    return result.done;
  }

  async #head(aggregateId: string, options: ReadOptions = {}): Promise<Head | undefined> {
    const head = await this.#log.head(checkName('aggregateId', aggregateId), { signal: options.signal });
    return isPresent(head, options) ? head : undefined;
  }
}
