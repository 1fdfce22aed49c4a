import { type CasRetryOptions, casRetry } from '@norikv/cas-retry';
import { errorCode, VersionMismatchError } from '@norikv/store';
import type { StreamConflictError } from '../errors.js';
import type { EventStore, Loaded } from '../events/event-store.js';
import type { EventShape, NewEvent, RecordedEvent } from '../events/event-types.js';
import type { AppendOptions } from '../events/options.js';
import type { SnapshotSource } from '../events/reducer.js';
import { remember } from '../log/remember.js';
import { type Decider, eventsOf } from './decider.js';
import { createTurns } from './turns.js';

/** Options of {@link createCommandHandler}: how often and how long conflicts are retried. */
export interface CommandHandlerOptions extends Omit<CasRetryOptions, 'signal'> {
  readonly snapshots?: SnapshotSource | undefined;
  /**
   * Streams whose state is remembered, which spares a read. Default 1,024; none for a store with `protection`.
   */
  readonly rememberedStreams?: number | undefined;
}

/** What a command came to. */
export interface CommandResult<State, Event extends EventShape> {
  readonly state: State;
  readonly version: number;
  /** What the command appended; nothing if it decided nothing. */
  readonly events: readonly RecordedEvent<Event>[];
}

/**
 * Handles a command on a stream. With `expected` given, a conflict is the caller's and is not retried. With a
 * `commitId`, repeating a command that decides the same events appends them once.
 */
export type CommandHandler<State, Command, Event extends EventShape> = (
  aggregateId: string,
  command: Command,
  options?: AppendOptions,
) => Promise<CommandResult<State, Event>>;

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
export function createCommandHandler<State, Command, Event extends EventShape>(
  store: EventStore<Event>,
  decider: Decider<State, Command, Event>,
  { snapshots, rememberedStreams = 1_024, ...retry }: CommandHandlerOptions = {},
): CommandHandler<State, Command, Event> {
  const memory = new Map<string, Loaded<State>>();
  const remembered = store.isProtected ? 0 : rememberedStreams;
  const inTurn = createTurns();

  const decide = async (
    aggregateId: string,
    command: Command,
  ): Promise<{ readonly known: Loaded<State>; readonly events: readonly NewEvent<Event>[] }> => {
    const known = memory.get(aggregateId);
    if (known) {
      try {
        const events = eventsOf(await decider.decide(command, known.state));
        if (events.length > 0) return { known, events };
      } catch {
        // It may be that the state is old: decided below on what the store holds.
      }
    }
    const loaded = await store.load(aggregateId, decider, snapshots);
    remember(memory, aggregateId, loaded, remembered);
    return { known: loaded, events: eventsOf(await decider.decide(command, loaded.state)) };
  };

  const attempt = async (
    aggregateId: string,
    command: Command,
    options: AppendOptions,
  ): Promise<CommandResult<State, Event>> => {
    const { known, events } = await decide(aggregateId, command);
    if (events.length === 0) return { state: known.state, version: known.version, events: [] };
    const expected = options.expected ?? (known.exists ? known.version : 'none');
    const result = await store.append(aggregateId, events, { ...options, expected });
    const { version } = result;
    const isNext = version === known.version + events.length && !result.isDuplicate;
    if (!isNext) memory.delete(aggregateId);
    const state = isNext
      ? result.events.reduce((before, event) => decider.evolve(before, event), known.state)
      : (await store.load(aggregateId, decider, snapshots)).state;
    if (isNext) remember(memory, aggregateId, { state, version, exists: true }, remembered);
    return { state, version, events: result.events };
  };

  return (aggregateId, command, options = {}) =>
    inTurn(aggregateId, async () => {
      let conflict: unknown;
      const once = async (): Promise<CommandResult<State, Event>> => {
        try {
          return await attempt(aggregateId, command, options);
        } catch (error) {
          if (errorCode(error) !== 'STREAM_CONFLICT') throw error;
          conflict = error;
          catchUp(error as StreamConflictError);
          if (options.expected !== undefined) throw error;
          throw new VersionMismatchError('Others were first', { cause: error });
        }
      };
      try {
        return await casRetry(once, { ...retry, signal: options.signal });
      } catch (error) {
        throw errorCode(error) === 'CONTENTION' ? conflict : error;
      }
    });

  /** The conflict brings the events that the remembered state lacks. */
  function catchUp({ aggregateId, version, events }: StreamConflictError): void {
    const known = memory.get(aggregateId);
    memory.delete(aggregateId);
    if (!known?.exists || version !== known.version + events.length) return;
    const missing = events as readonly RecordedEvent<Event>[];
    const state = missing.reduce((before, event) => decider.evolve(before, event), known.state);
    remember(memory, aggregateId, { state, version, exists: true }, remembered);
  }
}
