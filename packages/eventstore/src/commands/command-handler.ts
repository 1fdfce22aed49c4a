import { casRetry } from '@norikv/cas-retry';
import { errorCode, systemClock, VersionMismatchError } from '@norikv/store';
import type { StreamConflictError } from '../errors.js';
import type { EventStore } from '../events/event-store.js';
import type { EventShape } from '../events/event-types.js';
import { type AppendOptions, checkAppendOptions } from '../events/options.js';
import type { Patience } from '../log/before-write.js';
import { type CommandHandlerOptions, checkCommandHandlerOptions } from './command-handler-options.js';
import type { CommandResult } from './command-result.js';
import { CommandRunner } from './command-runner.js';
import type { Decider } from './decider.js';
import { createTurns } from './turns.js';

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
  const { clock = systemClock, deadlineMs: longestMs = Number.POSITIVE_INFINITY } = retry;
  const runner = new CommandRunner(store, decider, snapshots, rememberedStreams);
  const inTurn = createTurns();

  return async (aggregateId, command, given) => {
    // A copy: the command may wait for its turn, and the options are the caller's.
    const appendOptions = { ...checkAppendOptions(given) };
    const { signal, deadlineMs, expected } = appendOptions;
    const endsAt = clock.monotonic() + (deadlineMs ?? 0);
    const patience = (): Patience => {
      const timeoutMs = deadlineMs === undefined ? undefined : endsAt - clock.monotonic();
      return { signal, clock, timeoutMs };
    };
    const order = { aggregateId, command, options: appendOptions, patience };
    let conflict: unknown;
    const attempt = async (): Promise<CommandResult<State, Event>> => {
      try {
        return await runner.run(order);
      } catch (error) {
        if (errorCode(error) !== 'STREAM_CONFLICT') return await runner.settle(error, order);
        conflict = error;
        runner.catchUp(error as StreamConflictError);
        if ((error as StreamConflictError).expected === expected) throw error;
        throw new VersionMismatchError('Another writer was first', { cause: error });
      }
    };
    const work = async (): Promise<CommandResult<State, Event>> => {
      const { timeoutMs = Number.POSITIVE_INFINITY } = patience();
      const leftMs = Math.min(longestMs, Math.max(0, timeoutMs));
      try {
        return await casRetry(attempt, { ...retry, deadlineMs: leftMs, signal });
      } catch (error) {
        throw errorCode(error) === 'CONTENTION' ? (conflict ?? error) : error;
      }
    };
    return inTurn(aggregateId, work, patience());
  };
}
