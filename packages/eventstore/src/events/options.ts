import type { UpdaterOptions } from '@norikv/cas-retry';
import { checkSignal } from '@norikv/store/call-options';
import { checkFunction, checkOptions, refuse } from '@norikv/store/checks';
import type { EventMetadata, EventShape, NewEvent, RecordedEvent } from './event-types.js';
import { checkExpected, type ExpectedVersion } from './expected.js';
import type { Outbox } from './outbox.js';
import type { Reducer } from './reducer.js';

/** Checks events before they are appended, and may replace them: see `validateWith`. */
export type EventValidator = (events: readonly NewEvent[]) => Promise<readonly NewEvent[]>;

/** Turns an event of an old shape into today's. It must keep id, version and stream, and be pure. */
export type Upcast = (event: RecordedEvent) => RecordedEvent;

/** Changes what is stored, such as by encryption: see `createErasure`. */
export interface Protection {
  /** Called with each event before it is stored. */
  seal(aggregateId: string, event: NewEvent & { readonly id: string }): Promise<NewEvent>;
  /** Called with each event that was read, before it is upcast. */
  open(event: RecordedEvent): Promise<RecordedEvent>;
}

/** Options of an `EventStore`: those of the updater (deadlines, clock, random, events), and these. */
export interface EventStoreOptions<Event extends EventShape = EventShape> extends UpdaterOptions {
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
export interface AppendOptions {
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

const appendOptions: readonly string[] = [
  'expected',
  'commitId',
  'metadata',
  'signal',
  'deadlineMs',
  'accept',
];

/** @throws InvalidArgumentError for an option that is unknown or malformed: the append would ignore what was meant. */
export function checkAppendOptions(options: AppendOptions = {}): AppendOptions {
  checkOptions(options, appendOptions);
  const { expected, deadlineMs, signal, accept } = options;
  if (expected !== undefined) checkExpected(expected);
  checkSignal(signal);
  // The time that is left, as of a whole request, may be over.
  if (deadlineMs !== undefined && !(typeof deadlineMs === 'number' && deadlineMs < 2 ** 31)) {
    refuse('deadlineMs', deadlineMs, 'milliseconds below 2^31 (24 days), or leave it out');
  }
  if (accept !== undefined) checkFunction('accept', accept);
  return options;
}

const changeOptions: readonly string[] = ['signal', 'deadlineMs'];

/** @throws InvalidArgumentError for an unknown option. */
export function checkChangeOptions(options: ChangeOptions): ChangeOptions {
  return checkOptions(options, changeOptions);
}

/** @throws InvalidArgumentError for an option that is unknown or malformed: the stream would end whatever was meant. */
export function checkLifeOptions(options: LifeOptions): LifeOptions & { readonly expected: ExpectedVersion } {
  const { expected = 'any', ...limits } = checkOptions(options, ['expected', ...changeOptions]);
  return { ...limits, expected: checkExpected(expected) };
}

/** What an append did. */
export interface AppendResult<Event extends EventShape = EventShape> {
  /** Version of the last event of the commit; the stream's, if there were no events to append. */
  readonly version: number;
  /** The events as stored. */
  readonly events: readonly RecordedEvent<Event>[];
  /** Whether the events were there already, and nothing was written. */
  readonly isDuplicate: boolean;
}

/** Which events to read. */
export interface ReadOptions {
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
export interface StreamSlice<Event extends EventShape = EventShape> {
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
export interface ChangeOptions {
  /** Ends waiting: `CancelledError` before the write left, `OutcomeUnknownError` after. */
  readonly signal?: AbortSignal | undefined;
  /** Total time in milliseconds. Default: the store's, 10,000. */
  readonly deadlineMs?: number | undefined;
}

/** Options of an end of life. */
export interface LifeOptions extends ChangeOptions {
  /** Default `any`. */
  readonly expected?: ExpectedVersion | undefined;
}

/** The options that are for the updater. */
export function updaterOptionsOf<Event extends EventShape>({
  prefix: _prefix,
  rollBytes: _rollBytes,
  prefetch: _prefetch,
  upcast: _upcast,
  validate: _validate,
  protection: _protection,
  feed: _feed,
  inline: _inline,
  unsafeAllowNonAtomicCas: _unsafe,
  ...rest
}: EventStoreOptions<Event>): UpdaterOptions {
  return rest;
}
