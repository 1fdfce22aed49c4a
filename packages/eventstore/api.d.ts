import { StandardSchema } from '@norikv/store/standard-schema';
export { SchemaIssue, SchemaResult, StandardSchema } from '@norikv/store/standard-schema';
import { KvStore, NoriKVError, ErrorFacts, Clock } from '@norikv/store';
import { UpdaterOptions, CasRetryOptions } from '@norikv/cas-retry';

/** Data as `JSON.parse` gives it. */
type JsonData = ReturnType<typeof JSON.parse>;
/** What every event has. Describe yours as a union of such types, told apart by `type`. */
interface EventShape {
    readonly type: string;
    readonly data: JsonData;
}
/** Facts about an event that are not part of it. `correlationId` and `causationId` have the usual meaning. */
interface EventMetadata {
    readonly correlationId?: string | undefined;
    readonly causationId?: string | undefined;
    readonly [name: string]: unknown;
}
/**
 * An event to append. Data and metadata must be JSON: what JSON would alter (`NaN`, `Map`, functions) is refused,
 * properties that are undefined are left out, -0 becomes 0, and objects with `toJSON`, such as dates, are stored as it says.
 */
type NewEvent<Event extends EventShape = EventShape> = Event extends EventShape ? {
    readonly type: Event['type'];
    readonly data: Event['data'];
    /** Names the event, so that appending it again is recognised. Default: a new UUID. */
    readonly id?: string | undefined;
    readonly metadata?: EventMetadata | undefined;
} : never;
/** An event as it was stored. */
type RecordedEvent<Event extends EventShape = EventShape> = Event extends EventShape ? {
    readonly id: string;
    /** The stream it belongs to. */
    readonly aggregateId: string;
    readonly type: Event['type'];
    readonly data: Event['data'];
    readonly metadata: EventMetadata;
    /** Wall-clock time of the process that appended it, in milliseconds since the epoch. */
    readonly timestamp: number;
    /** Its place in the stream, from 1, without gaps. */
    readonly version: number;
} : never;
/** The event of a union that has a type. */
type EventOfType<Event extends EventShape, Type extends Event['type']> = Event extends EventShape ? Type extends Event['type'] ? Event : never : never;
/** The category of a stream: its name up to the first `-`; all of it if there is none. */
declare function categoryOf(aggregateId: string): string;

/** State computed from the events up to a version, by one revision of a reducer. */
interface Snapshot {
    readonly version: number;
    readonly revision: string;
    readonly state: unknown;
}
/** How far a stream has been published to the feed. */
interface FeedMark {
    readonly partitions: number;
    /** The last version the feed is known to hold. */
    readonly published: number;
    /** Counts how often the stream was swept: an append prepared before a sweep must not commit after it. */
    readonly fence: number;
    /** Set while the ledger is known to hold an entry for the stream. */
    readonly dirty: boolean;
}

/**
 * Where a stream must be for an append: anywhere, absent (`none`, or 0), present, or at exactly this version.
 */
type ExpectedVersion = 'any' | 'none' | 'exists' | number;

/** What an event store needs of a feed. */
interface Outbox {
    /** That of the event store. */
    readonly prefix: string;
    readonly partitions: number;
    /**
     * Makes sure that the ledger names the stream before events are committed. `peek` reads the stream's mark.
     * Gives the fence that was seen before the entry was written; undefined if the entry is there already.
     */
    enter(aggregateId: string, peek: () => Promise<FeedMark | undefined>): Promise<number | undefined>;
    /** The same, after an append found that a sweep had come in between. */
    reenter(aggregateId: string, fence: number): Promise<number>;
    /** Events were committed: publish them soon. */
    committed(aggregateId: string, mark: FeedMark | undefined): void;
}

/** How state follows from events. */
interface Reducer<State, Event extends EventShape = EventShape> {
    /** Names the snapshots. */
    readonly name: string;
    /** Change it with `evolve` or the shape of the state: snapshots of another revision are ignored. */
    readonly revision: string;
    /** Limits inline snapshots to the streams of one category. */
    readonly category?: string | undefined;
    /** The state before the first event. */
    initial(): State;
    /** Pure: it runs again on every replay and every retry. */
    evolve(state: State, event: RecordedEvent<Event>): State;
}
/** State folded from the events of a stream. */
interface Loaded<State> {
    readonly state: State;
    /** The version the state stands for: expect it when you append. 0 if the stream is not there. */
    readonly version: number;
    readonly exists: boolean;
}
/** Where snapshots outside the stream's record come from: see `SnapshotStore`. */
interface SnapshotSource {
    /** The snapshot of a stream; undefined if there is none. */
    get(aggregateId: string, reducerName: string, options?: {
        readonly signal?: AbortSignal | undefined;
    }): Promise<Snapshot | undefined>;
}

/** Checks events before they are appended, and may replace them: see `validateWith`. */
type EventValidator = (events: readonly NewEvent[]) => Promise<readonly NewEvent[]>;
/** Turns an event of an old shape into today's. It must keep id, version and stream, and be pure. */
type Upcast = (event: RecordedEvent) => RecordedEvent;
/** Changes what is stored, such as by encryption: see `createErasure`. */
interface Protection {
    /** Called with each event before it is stored. */
    seal(aggregateId: string, event: NewEvent & {
        readonly id: string;
    }): Promise<NewEvent>;
    /** Called with each event that was read, before it is upcast. */
    open(event: RecordedEvent): Promise<RecordedEvent>;
}
/** Options of an `EventStore`: those of the updater (deadlines, clock, random, events), and these. */
interface EventStoreOptions<Event extends EventShape = EventShape> extends UpdaterOptions {
    /** Begins every key. 1 to 64 bytes without a colon. Default `events`. */
    readonly prefix?: string | undefined;
    /**
     * Size in bytes at which the newest events of a stream are sealed into a segment. A stream keeps the value
     * it was created with. Default 64 KiB.
     */
    readonly rollBytes?: number | undefined;
    /** Reads under way at one time while old events are read. Default 8. */
    readonly prefetch?: number | undefined;
    /** Called with events before they are appended: see `validateWith`. */
    readonly validate?: EventValidator | undefined;
    /**
     * Applied wherever events are read: streams, commands, feeds, conflicts. An event that it throws for is refused when
     * it is appended. The data of an erased event is what `erasedData` returns, null by default.
     */
    readonly upcast?: Upcast | undefined;
    /** Changes what is stored: see `createErasure`. A store without it reads what was sealed as it is stored. */
    readonly protection?: Protection | undefined;
    /** Publishes all events to a feed. All writers of a stream must use the same one. */
    readonly feed?: Outbox | undefined;
    /**
     * State kept in the stream's record, brought up to date with each append, in the same write. It must be JSON.
     * It is left out, and loading replays, if it takes more than an eighth of the longest value together with those before
     * it in this list, or if events it lacks have left the record: after a commit in parts, and for a new revision on a
     * long stream, until a process that has loaded the state appends.
     */
    readonly inline?: readonly Reducer<unknown, Event>[] | undefined;
    /** Accepts a store that does not declare the guarantees needed. Events may then be lost. */
    readonly unsafeAllowNonAtomicCas?: boolean | undefined;
}
/** Options of one append. */
interface AppendOptions {
    /** Default `any`. */
    readonly expected?: ExpectedVersion | undefined;
    /**
     * Names the commit, so that appending it again, from any process, appends nothing and answers the same. A
     * stream remembers its last 256 names (`operationWindow`, at most 1,024; fewer with values below 1 MiB, by default
     * below 256 KiB). Other events under a known name are an `IdReusedError`; under `protection`, other data goes unnoticed.
     */
    readonly commitId?: string | undefined;
    /** Added to the metadata of every event. */
    readonly metadata?: EventMetadata | undefined;
    /** Ends waiting: `CancelledError` before a write left, `OutcomeUnknownError` after. */
    readonly signal?: AbortSignal | undefined;
    /**
     * Total time in milliseconds, of a command too. Default: the store's, 10,000, for each append. What comes after it
     * is decided has the store's own deadline: sealing, clearing away, and reading what the answer tells.
     */
    readonly deadlineMs?: number | undefined;
    /**
     * Called with the events as they will be stored, just before they are: if it throws, nothing is appended. It
     * must be fast and pure: it may be called again, also in the asynchronous context of another append to the
     * stream. Not called for a repetition.
     */
    readonly accept?: ((events: readonly RecordedEvent[]) => void) | undefined;
}
/** What an append did. */
interface AppendResult<Event extends EventShape = EventShape> {
    /** Version of the last event of the commit; the stream's, if there were no events to append. */
    readonly version: number;
    /** The events as stored. */
    readonly events: readonly RecordedEvent<Event>[];
    /** Whether the events were there already, and nothing was written. */
    readonly isDuplicate: boolean;
}
/** Which events to read. */
interface ReadOptions {
    /** Lowest version, included, in either direction. Default 1. */
    readonly from?: number | undefined;
    /** Highest version, included, in either direction. Default: the newest. */
    readonly to?: number | undefined;
    /** How many events at most, from where reading starts. */
    readonly maxCount?: number | undefined;
    /** `backward` starts at the newest. Default `forward`. */
    readonly direction?: 'forward' | 'backward' | undefined;
    /** Reads an archived stream as if it were not. Default false. */
    readonly includeArchived?: boolean | undefined;
    /** Ends reading with `CancelledError`, also where events are there that were read ahead. */
    readonly signal?: AbortSignal | undefined;
}
/** What was read of a stream. */
interface StreamSlice<Event extends EventShape = EventShape> {
    /** Whether the stream is there, also if no event was in range. */
    readonly exists: boolean;
    /** The stream's newest version, not that of the last event read; 0 if it is not there. */
    readonly version: number;
    /**
     * The version at which the stream began: 1, or the one after its deletion. State from before it does not go
     * on.
     */
    readonly since: number;
    readonly events: readonly RecordedEvent<Event>[];
}
/** How long a change of a stream's life may take. Clearing away afterwards has the store's own deadline. */
interface ChangeOptions {
    /** Ends waiting: `CancelledError` before the write left, `OutcomeUnknownError` after. */
    readonly signal?: AbortSignal | undefined;
    /** Total time in milliseconds. Default: the store's, 10,000. */
    readonly deadlineMs?: number | undefined;
}
/** Options of an end of life. */
interface LifeOptions extends ChangeOptions {
    /** Default `any`. */
    readonly expected?: ExpectedVersion | undefined;
}

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
declare class EventStore<Event extends EventShape = EventShape> {
    #private;
    /** Begins every key. */
    readonly prefix: string;
    /** Whether data is stored under `protection`: then nothing made from it is kept. */
    readonly isProtected: boolean;
    /** @throws UnsupportedError if the store does not guarantee what event streams need. */
    constructor(client: KvStore, options?: EventStoreOptions<Event>);
    /** Appends one event wherever the stream is, and returns it as stored. */
    append<Type extends Event['type']>(aggregateId: string, type: Type, data: EventOfType<Event, Type>['data']): Promise<RecordedEvent<EventOfType<Event, Type>>>;
    /**
     * Appends events, all or none, where the stream is as expected.
     *
     * Repeating it is recognised by `commitId`; by the ids of the events at an exact version, however old; and
     * by the ids of the events with `any` and `exists`, while they are among the newest of the stream.
     *
     * @throws StreamConflictError, with the current version and the events in between. Nothing was appended.
     * @throws StreamClosedError, IdReusedError, EventTooLargeError, EventInvalidError, InvalidArgumentError.
     */
    append(aggregateId: string, events: readonly NewEvent<Event>[], options?: AppendOptions): Promise<AppendResult<Event>>;
    /** What an append under a `commitId` has stored; undefined if the stream does not remember it. */
    findCommit(aggregateId: string, commitId: string): Promise<AppendResult<Event> | undefined>;
    /** All events of a stream; none if it is not there. */
    getEvents(aggregateId: string, options?: ReadOptions): Promise<RecordedEvent<Event>[]>;
    /** The events with a higher version. */
    getEventsAfter(aggregateId: string, afterVersion: number, options?: Omit<ReadOptions, 'from'>): Promise<RecordedEvent<Event>[]>;
    /** Reads a range at once. What it returns was one consistent state of the stream. */
    read(aggregateId: string, options?: ReadOptions): Promise<StreamSlice<Event>>;
    /** Reads a range piece by piece, as it was when reading began; what is cut off meanwhile is left out. */
    events(aggregateId: string, options?: ReadOptions): AsyncGenerator<RecordedEvent<Event>, void, undefined>;
    /** Whether a stream is there. One round trip. */
    streamExists(aggregateId: string): Promise<boolean>;
    /** The newest version; 0 if the stream is not there. */
    version(aggregateId: string): Promise<number>;
    /**
     * Folds the events of a stream into state, going on from a snapshot where there is one: inline, or from
     * `snapshots`, which is read at the same time.
     *
     * @throws InvalidArgumentError for `snapshots` with `protection`: they would keep what is protected.
     */
    load<State>(aggregateId: string, reducer: Reducer<State, Event>, snapshots?: SnapshotSource, options?: Pick<ReadOptions, 'signal'>): Promise<Loaded<State>>;
    /**
     * Deletes a stream's events, also those of an archived one. It then reads as absent; its next event gets the next
     * version. False if it was not there.
     */
    deleteStream(aggregateId: string, options?: LifeOptions): Promise<boolean>;
    /** Deletes a stream's events and refuses new ones forever. False if that was done before. */
    tombstoneStream(aggregateId: string, options?: LifeOptions): Promise<boolean>;
    /**
     * Hides a stream from reads, and refuses new events until it is restored. Consumers get the events that it has all
     * the same.
     */
    archiveStream(aggregateId: string, options?: ChangeOptions): Promise<boolean>;
    /** Brings an archived stream back. */
    restoreStream(aggregateId: string, options?: ChangeOptions): Promise<boolean>;
    /** Deletes the events before a version, those stored with later ones when these go. Versions stay. */
    truncateStream(aggregateId: string, before: number, options?: ChangeOptions): Promise<boolean>;
}

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
declare abstract class Aggregate<Event extends EventShape> {
    #private;
    readonly id: string;
    constructor(store: EventStore<Event>, id: string);
    /** The version of the state. */
    get version(): number;
    /**
     * Changes the fields by one event, at once. It must not throw: the event is stored, and cannot be tried out before.
     */
    protected abstract apply(event: RecordedEvent<Event>): void;
    /**
     * Applies the events that this object has not seen yet.
     *
     * @throws StreamConflictError if the stream was deleted since: fields cannot go back, so make a new object.
     */
    load(): Promise<void>;
    /** Appends events where this object's state ends, then applies them. Check what could be refused before. */
    protected raise(...events: readonly NewEvent<Event>[]): Promise<void>;
}

/** Options of `createCommandHandler`: how often and how long conflicts are retried. */
interface CommandHandlerOptions extends Omit<CasRetryOptions, 'signal'> {
    /** Where loading begins, such as a `SnapshotStore`; not with `protection`. Default: inline snapshots alone. */
    readonly snapshots?: SnapshotSource | undefined;
    /**
     * Streams whose state is remembered, which spares a read. Default 1,024; none for a store with `protection`.
     * Only state of plain data is: objects without getters, arrays, maps, sets, dates and primitives. `decide` and `evolve`
     * are then given a copy: compare what is in it, not whether it is one and the same object.
     */
    readonly rememberedStreams?: number | undefined;
}

/** The result of a command. */
interface CommandResult<State, Event extends EventShape> {
    /** After the command; of a repeated one, as of now. */
    readonly state: State;
    /** After the command; of a repeated one, its own: others may have appended since. */
    readonly version: number;
    /** What the command appended; nothing if it decided nothing. */
    readonly events: readonly RecordedEvent<Event>[];
    /** Whether the `commitId` was known: the events were there already, and nothing was decided. */
    readonly isDuplicate: boolean;
}

/** The result of a decision: events, one event, or nothing. */
type Decision<Event extends EventShape> = (NewEvent<Event> & {
    readonly type: Event['type'];
}) | readonly (NewEvent<Event> & {
    readonly type: Event['type'];
})[] | undefined;
/** The rules of one kind of stream: what follows from events, and which events follow from a command. */
interface Decider<State, Command, Event extends EventShape = EventShape> extends Reducer<State, Event> {
    /** Pure: it runs again when others were first. What it throws reaches the caller. */
    decide(command: Command, state: State): Decision<Event> | Promise<Decision<Event>>;
}

/**
 * Handles a command on a stream. With `expected` given, a stream that is elsewhere is the caller's conflict and
 * is not retried. Whatever is expected, the events are appended to the very state they were decided on.
 *
 * A `commitId` names the command: repeated, from any process, it appends nothing and gives the events that it
 * appended at first, whatever would be decided now. The commands themselves are not compared, so a new command
 * needs a new name. `deadlineMs` is the time of the whole command, whatever its retries.
 */
type CommandHandler<State, Command, Event extends EventShape> = (aggregateId: string, command: Command, options?: AppendOptions) => Promise<CommandResult<State, Event>>;
/**
 * Makes a function that loads a stream, decides, and appends, and decides anew when others were first.
 *
 * Commands on one stream are handled in turn within a process. Remembered state never refuses a command or
 * makes it do nothing: that is decided on what the store holds.
 *
 * @throws StreamConflictError when others were first every time, and whatever `decide` throws.
 *
 * @example
 * ```ts
 * const handle = createCommandHandler(store, account);
 * const { state } = await handle('account-1', { type: 'Withdraw', amount: 30 });
 * ```
 */
declare function createCommandHandler<State, Command, Event extends EventShape>(store: EventStore<Event>, decider: Decider<State, Command, Event>, options?: CommandHandlerOptions): CommandHandler<State, Command, Event>;

/** What is expected of a command. Each check rejects if it is not met. */
interface Outcome<Event extends EventShape> {
    /** These events, by type and data, in order. */
    thenEvents(events: readonly NewEvent<Event>[]): Promise<void>;
    /** No events and no refusal. */
    thenNothingHappened(): Promise<void>;
    /** A refusal, whose message contains the text or matches, if one is given. */
    thenThrows(message?: string | RegExp): Promise<void>;
}
/** The command of a scenario. */
interface Scenario<Command, Event extends EventShape> {
    /** The command to decide. */
    when(command: Command): Outcome<Event>;
}
/**
 * Describes a decision by example, without a store.
 *
 * @example
 * ```ts
 * await given(account, [{ type: 'Opened', data: {} }])
 *   .when({ type: 'Withdraw', amount: 1 })
 *   .thenThrows('Insufficient funds');
 * ```
 */
declare function given<State, Command, Event extends EventShape>(decider: Decider<State, Command, Event>, events?: readonly NewEvent<Event>[]): Scenario<Command, Event>;

/** Options of {@link createErasure}: those of the updater, and these. */
interface ErasureOptions extends UpdaterOptions {
    /** The subject that an event is about; undefined stores it as it is. Called when the event is appended. */
    readonly subjectOf: (aggregateId: string, event: NewEvent) => string | undefined;
    /** The data to give in place of what cannot be read any more. Default null. */
    readonly erasedData?: ((event: RecordedEvent) => JsonData) | undefined;
    /** Begins every key. Default `events`. */
    readonly prefix?: string | undefined;
    /** Accepts a store that does not declare the guarantees needed. */
    readonly unsafeAllowNonAtomicCas?: boolean | undefined;
}
/** Encrypts events by subject, and forgets subjects. */
interface Erasure extends Protection {
    /**
     * Deletes the key of a subject: its data is then unreadable wherever it lies, in streams, orphans, caches
     * and backups of the streams. Backups of the keys must be deleted as well. False if that was done before.
     */
    erase(subject: string): Promise<boolean>;
}
/**
 * Makes the data of events erasable: each subject has a key of its own (AES-GCM, 256 bits), bound to stream
 * and event id, and erasing means deleting the key.
 *
 * Only `data` is encrypted: keep personal data out of stream names, types, ids and metadata. An event whose key
 * was deleted keeps its place, with `metadata.erased` set. Pass it as `protection` to the event
 * store. Keys are looked up for each read, one more round trip.
 *
 * Encrypted data differs each time, so repeated appends are compared by ids and types alone: a `commitId` reused
 * with other data answers with the events of its first use, not with `IdReusedError`.
 *
 * It reaches the events, and nothing that projections and handlers have made of them: keep personal data out of
 * those.
 *
 * @example
 * ```ts
 * const erasure = createErasure(client, { subjectOf: (aggregateId) => aggregateId });
 * const store = new EventStore(client, { protection: erasure });
 * await erasure.erase('customer-7');
 * ```
 */
declare function createErasure(client: KvStore, options: ErasureOptions): Erasure;

/** Facts of a {@link StreamConflictError}. */
interface StreamConflictFacts extends ErrorFacts {
    readonly aggregateId: string;
    readonly expected: ExpectedVersion;
    readonly version: number;
    readonly events: readonly RecordedEvent[];
    readonly wasDeleted?: boolean | undefined;
}
/** The stream is not where the caller expected it. Nothing was appended. */
declare class StreamConflictError extends NoriKVError {
    static readonly code: string;
    readonly aggregateId: string;
    readonly expected: ExpectedVersion;
    /** The stream's current version; 0 if it is deleted. */
    readonly version: number;
    /** What came after the expected version: the first 100 of those events. */
    readonly events: readonly RecordedEvent[];
    /** Whether the stream was deleted after the expected version: `events` then go on from nothing. */
    readonly wasDeleted: boolean;
    constructor(message: string, facts: StreamConflictFacts);
}
/** The stream is archived or tombstoned and takes no events. Nothing was appended. */
declare class StreamClosedError extends NoriKVError {
    static readonly code: string;
}
/** A commit id or an event id came back with other content. Nothing was appended. */
declare class IdReusedError extends NoriKVError {
    static readonly code: string;
}
/** An event has more than 8 MiB, or a commit more than 64 MiB. Nothing was appended. */
declare class EventTooLargeError extends NoriKVError {
    static readonly code: string;
}
/** An event does not fit its schema; `issues` says where. Nothing was appended. */
declare class EventInvalidError extends NoriKVError {
    static readonly code: string;
    readonly issues: readonly string[];
    constructor(message: string, facts?: ErrorFacts & {
        readonly issues?: readonly string[];
    });
}
/** Another consumer has taken over the checkpoint. This one must stop. */
declare class CheckpointLostError extends NoriKVError {
    static readonly code: string;
}
/** A consumer has parked as many events as it may, and has stopped before one more. None is lost. */
declare class ParkingFullError extends NoriKVError {
    static readonly code: string;
}
/** The key of a subject was deleted: what was written about it cannot be read, and nothing more can be written. */
declare class SubjectErasedError extends NoriKVError {
    static readonly code: string;
}

/** The union of events that schemas describe, by type. */
type EventsOf<Schemas extends Readonly<Record<string, StandardSchema>>> = {
    readonly [Type in keyof Schemas & string]: {
        readonly type: Type;
        readonly data: Schemas[Type] extends StandardSchema<infer Output> ? Output : never;
    };
}[keyof Schemas & string];
/**
 * Checks the data of events against a schema for each type before they are appended, and stores what the
 * schema makes of it. What is stored already is never checked again: old events stay readable.
 *
 * @throws EventInvalidError, when appending, for data that does not fit and for a type without a schema.
 *
 * @example
 * ```ts
 * const schemas = { Deposited: z.object({ amount: z.number().positive() }) };
 * const store = new EventStore<EventsOf<typeof schemas>>(client, { validate: validateWith(schemas) });
 * ```
 */
declare function validateWith(schemas: Readonly<Record<string, StandardSchema>>): EventValidator;

/**
 * Where a consumer begins: at the first event, where its group left off, or at the newest. A group has left off in a
 * partition once a consumer of it has begun there; one that is new begins at the first event with `CURRENT`, at the
 * newest with `CURRENT_OR_END`. `BEGINNING` and `END` give up the group's place, at each start.
 */
type StartFrom = 'BEGINNING' | 'CURRENT' | 'CURRENT_OR_END' | 'END';
/**
 * What happens to an event whose handler fails: the consumer stops, goes on, or parks it and goes on, with later
 * events of its stream too. It stops with `ParkingFullError` where no more can be parked: as many as fit into half of
 * what a value of the store may have, some 2,000 with 1 MiB.
 */
type ErrorPolicy = 'stop' | 'skip' | 'park';
/** What a handler gets besides the event. */
interface HandlingContext {
    /** Ends when the consumer is to stop. If the handler throws after that, its event comes again. */
    readonly signal: AbortSignal;
}
/** Options of an `EventConsumer`. */
interface ConsumerOptions<Event extends EventShape = EventShape> {
    /** Names the checkpoint. One consumer of a group runs at a time; a new one takes over. 1 to 200 bytes. */
    readonly group: string;
    /**
     * Called with one event at a time in each partition, in the order of each stream. At least once: an event
     * may come again after a crash or a takeover, so make it idempotent by stream and version. A parked event that is
     * retried comes after later ones of its stream.
     */
    readonly handle: (event: RecordedEvent<Event>, context: HandlingContext) => unknown;
    /** Default `CURRENT`. */
    readonly from?: StartFrom | undefined;
    /** Only streams of this category: the part of the name before the first `-`. */
    readonly category?: string | undefined;
    /**
     * The partitions of the feed to take over, and to sweep: the others may be another consumer's of the group. Default: all.
     */
    readonly partitions?: readonly number[] | undefined;
    /** Only events of these types. Default: of all. */
    readonly types?: readonly Event['type'][] | undefined;
    /** Default `stop`. A function gets each failure and returns at once what happens; if it throws, the consumer stops. */
    readonly onError?: ErrorPolicy | ((error: unknown, event: RecordedEvent<Event>) => ErrorPolicy) | undefined;
    /**
     * Pointers taken at a time, with all their events; the checkpoint is saved after each batch, and when the consumer
     * stops. Default 100: give less where commits are large.
     */
    readonly batchSize?: number | undefined;
    /**
     * How often the checkpoint is saved within a batch that takes long, in milliseconds: about as much is handled again
     * after a crash. 0: after each event. Default 1,000. While it cannot be saved, no further event is handled.
     */
    readonly checkpointMs?: number | undefined;
    /** First wait between looks at an idle feed, in milliseconds; it doubles up to `maxPollMs`. Default 50. */
    readonly pollMs?: number | undefined;
    /** Longest wait between looks at an idle feed, in milliseconds. Default 2,000. */
    readonly maxPollMs?: number | undefined;
    /** How often the ledger is swept for what a crash left unpublished, in milliseconds. Default 2,000. */
    readonly sweepMs?: number | undefined;
    /** Default: the clock of the process. */
    readonly clock?: Clock | undefined;
    /** Uniform in [0, 1), for waits between retries. Default `Math.random`. */
    readonly random?: (() => number) | undefined;
}
/** How long to wait for a consumer or a projection to catch up. It goes on when that is over. */
interface CatchUpOptions {
    /** How long to wait, in milliseconds. Default 30,000. */
    readonly timeoutMs?: number | undefined;
    readonly signal?: AbortSignal | undefined;
}
/** An event that was put aside. */
interface ParkedEvent {
    /** Names its being parked. An event that comes again and fails again gets a new one. */
    readonly id: string;
    readonly aggregateId: string;
    readonly version: number;
    /** The first 4,096 characters of what was thrown last, fewer with values below 512 KiB; not encrypted. */
    readonly error: string;
    /** How often it has failed. */
    readonly attempts: number;
    /** When it was parked first, in milliseconds since the epoch. */
    readonly parkedAt: number;
}
/** The result of handling a parked event again. */
interface Retried {
    readonly id: string;
    /**
     * `handled`, and no longer parked. `failed`: still parked. `gone`: its stream was deleted or truncated meanwhile, so it
     * is no longer parked. `absent`: nothing is parked under this id any more.
     */
    readonly outcome: 'handled' | 'failed' | 'gone' | 'absent';
    /** What was thrown, also for an event that is damaged or that `upcast` refuses. */
    readonly error?: unknown;
}

/** Says that a stream has events from one version to another. Feeds hold pointers, not events. */
type Pointer = readonly [aggregateId: string, from: number, to: number];

/** Options of an {@link EventFeed}: those of the updater, and these. */
interface EventFeedOptions extends UpdaterOptions {
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
interface FeedItem {
    /** From 1, without gaps. */
    readonly position: number;
    readonly pointer: Pointer;
}
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
declare class EventFeed implements Outbox, AsyncDisposable {
    #private;
    readonly partitions: number;
    /** The store it lies in, for what belongs to the feed: checkpoints, parked events, views. */
    readonly client: KvStore;
    readonly prefix: string;
    /** @throws UnsupportedError if the store does not guarantee what a feed needs. */
    constructor(client: KvStore, options?: EventFeedOptions);
    /** The partition of a stream. */
    partitionOf(aggregateId: string): number;
    enter(aggregateId: string, peek: () => Promise<FeedMark | undefined>): Promise<number | undefined>;
    reenter(aggregateId: string, fence: number): Promise<number>;
    committed(aggregateId: string, mark: FeedMark | undefined): void;
    /**
     * Compares `partitions` with what the feed was made with; the first to use a feed decides. Appends, sweeps and
     * consumers do this by themselves.
     *
     * @throws InvalidArgumentError if it is another number.
     */
    check(): Promise<void>;
    /**
     * Publishes everything that was committed before, by any process, in all or in some `partitions`. Consumers do this
     * now and then.
     *
     * @throws CorruptRecordError for a damaged stream, after the others.
     */
    sweep(partitions?: readonly number[]): Promise<void>;
    /** The newest position of each partition, or of some of them, in the order of their numbers. One round trip. */
    ends(partitions?: readonly number[]): Promise<number[]>;
    /**
     * What a partition holds after a position, at most `limit` items. One round trip if that is recent.
     *
     * @throws InvalidArgumentError for what is no partition, position or count.
     */
    after(partition: number, position: number, limit: number): Promise<FeedItem[]>;
    /** Calls back when this process has published something; what that throws is ignored. Returns how to stop it. */
    onPublished(listener: () => void): () => void;
    /** Resolves when the appends of this process so far are published, or that has failed and is left to a sweep. */
    flush(): Promise<void>;
    /** The same as `flush`. */
    [Symbol.asyncDispose](): Promise<void>;
}

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
declare class EventConsumer<Event extends EventShape = EventShape> implements AsyncDisposable {
    #private;
    /** @throws InvalidArgumentError for a bad option. */
    constructor(feed: EventFeed, store: EventStore<Event>, options: ConsumerOptions<Event>);
    /**
     * Takes over the group and begins. Resolves when every event from then on will be handled.
     *
     * @throws ClosedError once it was stopped: make a new one.
     * @throws CheckpointLostError if another consumer of the group began at the same time, and was last: it has the group.
     * @throws InvalidArgumentError if the feed was made with another number of partitions.
     */
    start(): Promise<void>;
    /**
     * Ends after the event that is being handled, so do not wait for it in `handle`. Throws nothing: a failure is
     * reported by `done`.
     */
    stop(): Promise<void>;
    /** Resolves when the consumer has stopped, or is stopped before it began; rejects if it was by an error. */
    done(): Promise<void>;
    /**
     * Resolves when every event that was committed before this call, by any process, has been handled.
     *
     * @throws DeadlineExceededError after `timeoutMs`, CancelledError when the signal ended, and what stopped the
     * consumer, if it stops.
     */
    caughtUp(options?: CatchUpOptions): Promise<void>;
    /** The events that this group has put aside, in the order in which they failed. One round trip. */
    parked(): Promise<ParkedEvent[]>;
    /**
     * Has a parked event handled again, whether this consumer was started or not; one at a time, and not while the
     * consumer handles another of its partition, so do not wait for it in `handle`.
     *
     * It comes after later events of its stream, and is taken out once it was handled: again after a crash in between,
     * and twice if two consumers retry it. `onError` is not asked.
     *
     * @throws ClosedError if the consumer is stopped, and what the store throws while it is away: nothing is lost.
     */
    retryParked(id: string): Promise<Retried>;
    /** The same for each event that is parked now, in their order; one that fails holds up none. */
    retryAllParked(): Promise<Retried[]>;
    /** Forgets a parked event: no retry begins with it any more. False if nothing is parked under this id. */
    dropParked(id: string): Promise<boolean>;
    /** The same as `stop`. */
    [Symbol.asyncDispose](): Promise<void>;
}

/** Options of a {@link Projection}: those of its consumer, and these. */
interface ProjectionOptions<State, Event extends EventShape> extends Omit<ConsumerOptions<Event>, 'group' | 'handle' | 'from' | 'partitions'> {
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
declare class Projection<State, Event extends EventShape = EventShape> implements AsyncDisposable {
    #private;
    /** @throws InvalidArgumentError for a bad option. */
    constructor(feed: EventFeed, store: EventStore<Event>, options: ProjectionOptions<State, Event>);
    /** A record; undefined if no event belongs to it yet. Two round trips. */
    get(key: string): Promise<State | undefined>;
    /**
     * Begins to keep the records up to date. One process does it at a time; the newest takes over. Begins again
     * after a failure, and after a `stop` that is under way.
     *
     * @throws InvalidArgumentError if the records are of another revision: `rebuild` them.
     */
    start(): Promise<void>;
    /** Resolves when every event that was committed before is in the records. Starts, if that was not done. */
    caughtUp(options?: CatchUpOptions): Promise<void>;
    /**
     * Computes all records anew from the first event, then answers from them. Goes on where an earlier rebuild of
     * the same revision was interrupted; while one is under way, waits for it. Projections in other processes are to
     * be started again afterwards, and this one after `OutcomeUnknownError`, and if a newer rebuild ended first: then
     * that one's records are read. The records of the generation before stay in the store.
     *
     * @throws DeadlineExceededError when it has not caught up within `timeoutMs` (default 30,000): call it again to go on.
     */
    rebuild(options?: {
        readonly timeoutMs?: number | undefined;
    }): Promise<void>;
    /** Ends after the event at hand. A rebuild that is under way fails, and can be gone on with. */
    stop(): Promise<void>;
    /**
     * The events that were parked, and are in no record. `rebuild` applies them when `keyOf` and `evolve` can. They are not
     * retried one by one: applied after later events, they could make records that no rebuild makes again.
     */
    parked(): Promise<ParkedEvent[]>;
    /** Forgets a parked event, which makes room: it gets into the records by a `rebuild` only. False if it is not parked. */
    dropParked(id: string): Promise<boolean>;
    /** Rejects with what stopped the projection, if something did. */
    done(): Promise<void>;
    /** The same as `stop`. */
    [Symbol.asyncDispose](): Promise<void>;
}

/** Options of a {@link SnapshotStore}. */
interface SnapshotStoreOptions extends UpdaterOptions {
    /** Begins every key. Default `events`. */
    readonly prefix?: string | undefined;
    /** Accepts a store that does not declare the guarantees needed. */
    readonly unsafeAllowNonAtomicCas?: boolean | undefined;
}
/**
 * Snapshots in keys of their own, for state too large for the record of a stream.
 *
 * An older one never replaces a newer one of the same revision. A snapshot only saves reading: loading
 * without it gives the same state, but for events that `truncateStream` has cut off since: a snapshot still counts those.
 *
 * @example
 * ```ts
 * const snapshots = new SnapshotStore(client);
 * const { state, version } = await store.load('account-1', balance, snapshots);
 * await snapshots.save('account-1', balance, { state, version });
 * ```
 */
declare class SnapshotStore implements SnapshotSource {
    #private;
    /**
     * @throws UnsupportedError if the store does not guarantee what this needs.
     * @throws InvalidArgumentError for a bad option.
     */
    constructor(client: KvStore, options?: SnapshotStoreOptions);
    /** One round trip. */
    get(aggregateId: string, reducerName: string, options?: {
        readonly signal?: AbortSignal | undefined;
    }): Promise<Snapshot | undefined>;
    /**
     * True if it was kept, false if a newer one was there.
     *
     * @throws InvalidArgumentError for state that is no JSON, such as dates and maps, and for a version that is none.
     */
    save<State>(aggregateId: string, { name, revision }: Pick<Reducer<State>, 'name' | 'revision'>, { state, version }: {
        readonly state: State;
        readonly version: number;
    }): Promise<boolean>;
    /**
     * Removes the snapshot of a stream, which deleting the stream leaves behind. Call it after that, and when nothing
     * saves snapshots of the stream any more. True if there was one.
     */
    delete(aggregateId: string, reducerName: string): Promise<boolean>;
}

export { Aggregate, type AppendOptions, type AppendResult, type CatchUpOptions, type ChangeOptions, CheckpointLostError, type CommandHandler, type CommandHandlerOptions, type CommandResult, type ConsumerOptions, type Decider, type Decision, type Erasure, type ErasureOptions, type ErrorPolicy, EventConsumer, EventFeed, type EventFeedOptions, EventInvalidError, type EventMetadata, type EventOfType, type EventShape, EventStore, type EventStoreOptions, EventTooLargeError, type EventValidator, type EventsOf, type ExpectedVersion, type FeedItem, type FeedMark, type HandlingContext, IdReusedError, type JsonData, type LifeOptions, type Loaded, type NewEvent, type Outbox, type Outcome, type ParkedEvent, ParkingFullError, type Pointer, Projection, type ProjectionOptions, type Protection, type ReadOptions, type RecordedEvent, type Reducer, type Retried, type Scenario, type Snapshot, type SnapshotSource, SnapshotStore, type SnapshotStoreOptions, type StartFrom, StreamClosedError, StreamConflictError, type StreamConflictFacts, type StreamSlice, SubjectErasedError, type Upcast, categoryOf, createCommandHandler, createErasure, given, validateWith };
