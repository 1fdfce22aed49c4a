import { casRetry } from '@norikv/cas-retry';
import { errorCode, systemClock, VersionMismatchError } from '@norikv/store';
import type { StreamConflictError } from '../errors.js';
import { beforeWrite, type Patience } from '../events/before-write.js';
import type { EventStore } from '../events/event-store.js';
import type { EventShape, NewEvent, RecordedEvent } from '../events/event-types.js';
import type { ExpectedVersion } from '../events/expected.js';
import { type AppendOptions, type AppendResult, checkAppendOptions } from '../events/options.js';
import { evolved, type Loaded } from '../events/reducer.js';
import { ask } from '../events/refusals.js';
import { type CommandHandlerOptions, checkCommandHandlerOptions } from './command-handler-options.js';
import { type Decider, eventsOf } from './decider.js';
import { StateMemory } from './state-memory.js';
import { createTurns } from './turns.js';

/** These say nothing about the command; looking it up would most likely fail as well. */
const storeFailures: readonly string[] = [
  'UNAVAILABLE',
  'OUTCOME_UNKNOWN',
  'CANCELLED',
  'DEADLINE_EXCEEDED',
  'CONTENTION',
  'CORRUPT_RECORD',
];

/** The result of a command. */
export interface CommandResult<State, Event extends EventShape> {
  /** After the command; of a repeated one, as of now. */
  readonly state: State;
  /** After the command; of a repeated one, its own: others may have appended since. */
  readonly version: number;
  /** What the command appended; nothing if it decided nothing. */
  readonly events: readonly RecordedEvent<Event>[];
  /** Whether the `commitId` was known: the events were there already, and nothing was decided. */
  readonly isDuplicate: boolean;
}

/**
 * Handles a command on a stream. With `expected` given, a stream that is elsewhere is the caller's conflict and
 * is not retried. Whatever is expected, the events are appended to the very state they were decided on.
 *
 * A `commitId` names the command: repeated, from any process, it appends nothing and gives the events that it
 * appended at first, whatever would be decided now. The commands themselves are not compared, so a new command
 * needs a new name. `deadlineMs` is the time of the whole command, whatever its retries.
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
  options: CommandHandlerOptions = {},
): CommandHandler<State, Command, Event> {
  const { snapshots, rememberedStreams = 1_024, ...retry } = checkCommandHandlerOptions(options);
  const memory = new StateMemory<State>(store.isProtected ? 0 : rememberedStreams);
  const { clock = systemClock } = retry;
  const inTurn = createTurns();

  /** What to append to which state; undefined if the stream is not where it is expected. */
  const decide = async (
    aggregateId: string,
    command: Command,
    expected: ExpectedVersion | undefined,
  ): Promise<{ readonly known: Loaded<State>; readonly events: readonly NewEvent<Event>[] } | undefined> => {
    const known = memory.get(aggregateId);
    if (known && isWhere(known, expected)) {
      try {
        const events = eventsOf(await decider.decide(command, known.state));
        if (events.length > 0) return { known, events };
      } catch {
        // It may be that the state is old: decided below on what the store holds.
      }
    }
    const loaded = await store.load(aggregateId, decider, snapshots);
    memory.keep(aggregateId, loaded);
    if (!isWhere(loaded, expected)) return undefined;
    return { known: loaded, events: eventsOf(await decider.decide(command, loaded.state)) };
  };

  const attempt = async (
    aggregateId: string,
    command: Command,
    options: AppendOptions,
    patience: () => Patience,
  ): Promise<CommandResult<State, Event>> => {
    const decided = await beforeWrite(() => decide(aggregateId, command, options.expected), patience());
    if (!decided) return elsewhere(aggregateId, options);
    const { known, events } = decided;
    if (events.length === 0) {
      const { state, version } = known;
      return (await repeated(aggregateId, options)) ?? { state, version, events: [], isDuplicate: false };
    }
    const expected: ExpectedVersion = known.exists ? known.version : 'none';
    let outcome: (() => State) | undefined;
    // Before the commit: what `evolve` throws for is not appended. Once: a careless one alters what it is given.
    const accept = (recorded: readonly RecordedEvent[]): void => {
      ask(options.accept, recorded);
      memory.forget(aggregateId);
      outcome ??= outcomeOf(() => evolve(known.state, recorded));
      outcome();
    };
    const limits = { ...options, expected, accept, deadlineMs: patience().timeoutMs };
    const result = await store.append(aggregateId, events, limits);
    const { version } = result;
    memory.forget(aggregateId);
    if (result.isDuplicate || !outcome) return loadedAfter(aggregateId, result);
    const state = outcome();
    memory.keep(aggregateId, { state, version, exists: true });
    return { state, version, events: result.events, isDuplicate: false };
  };

  const elsewhere = async (
    aggregateId: string,
    options: AppendOptions,
  ): Promise<CommandResult<State, Event>> => {
    const done = await repeated(aggregateId, options);
    if (done) return done;
    await store.append(aggregateId, [], { expected: options.expected, signal: options.signal });
    throw new VersionMismatchError('The stream has reached the expected version since it was loaded');
  };

  const loadedAfter = async (
    aggregateId: string,
    { version, events, isDuplicate }: AppendResult<Event>,
  ): Promise<CommandResult<State, Event>> => {
    const { state } = await store.load(aggregateId, decider, snapshots);
    return { state, version, events, isDuplicate };
  };

  /** Looked up only when a command cannot be appended: an append recognises its repetition by itself. */
  const repeated = async (
    aggregateId: string,
    { commitId }: AppendOptions,
  ): Promise<CommandResult<State, Event> | undefined> => {
    const known = commitId === undefined ? undefined : await store.findCommit(aggregateId, commitId);
    return known && loadedAfter(aggregateId, known);
  };

  return async (aggregateId, command, given) => {
    const options = checkAppendOptions(given);
    const { signal, deadlineMs } = options;
    const endsAt = clock.monotonic() + (deadlineMs ?? 0);
    const patience = (): Patience => {
      const timeoutMs = deadlineMs === undefined ? undefined : endsAt - clock.monotonic();
      return { signal, clock, timeoutMs };
    };
    const work = async (): Promise<CommandResult<State, Event>> => {
      let conflict: unknown;
      const once = async (): Promise<CommandResult<State, Event>> => {
        try {
          return await attempt(aggregateId, command, options, patience);
        } catch (error) {
          if (errorCode(error) !== 'STREAM_CONFLICT') return await settled(error, aggregateId, options);
          conflict = error;
          catchUp(error as StreamConflictError);
          if ((error as StreamConflictError).expected === options.expected) throw error;
          throw new VersionMismatchError('Another writer was first', { cause: error });
        }
      };
      try {
        const { timeoutMs = Number.POSITIVE_INFINITY } = patience();
        const { deadlineMs: longest = Number.POSITIVE_INFINITY } = retry;
        const shorter = Math.min(longest, Math.max(0, timeoutMs));
        return await casRetry(once, { ...retry, deadlineMs: shorter, signal });
      } catch (error) {
        throw errorCode(error) === 'CONTENTION' ? (conflict ?? error) : error;
      }
    };
    return inTurn(aggregateId, work, patience());
  };

  /** A command that was done before may be refused now, or decide otherwise. */
  async function settled(
    error: unknown,
    aggregateId: string,
    options: AppendOptions,
  ): Promise<CommandResult<State, Event>> {
    if (storeFailures.includes(errorCode(error) ?? '')) throw error;
    const done = await repeated(aggregateId, options);
    if (!done) throw error;
    return done;
  }

  /** The conflict brings the events that the remembered state lacks. */
  function catchUp({ aggregateId, version, events, wasDeleted }: StreamConflictError): void {
    const known = memory.get(aggregateId);
    memory.forget(aggregateId);
    if (wasDeleted || !known?.exists || version !== known.version + events.length) return;
    memory.keep(aggregateId, { state: evolve(known.state, events), version, exists: true });
  }

  function evolve(state: State, events: readonly RecordedEvent[]): State {
    const own = events as readonly RecordedEvent<Event>[];
    return own.reduce((before, event) => evolved(decider, before, event), state);
  }
}

/** Does work once, and gives its result or throws its error whenever it is asked. */
function outcomeOf<Result>(work: () => Result): () => Result {
  try {
    const result = work();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function isWhere({ exists, version }: Loaded<unknown>, expected: ExpectedVersion | undefined): boolean {
  if (expected === undefined || expected === 'any') return true;
  if (expected === 'exists') return exists;
  return expected === 'none' || expected === 0 ? !exists : exists && version === expected;
}
