import { find, type GetOptions, type Key, type KvStore } from '@norikv/store';
import { checkCallOptions } from '@norikv/store/call-options';
import { checkFunction, checkNames, checkStore, checkString, refuse } from '@norikv/store/checks';
import { tell } from '@norikv/store/listeners';
import { waitWithin } from '@norikv/store/wait-within';
import { type Codec, decodeState } from './codec.js';
import { decodeEnvelope } from './envelope.js';
import { cancelled, late } from './errors.js';
import { PendingUpdate } from './pending-update.js';
import { settingsOf, type UpdaterOptions } from './settings.js';
import { queuesOf } from './store-queues.js';
import type { Change } from './transition.js';

/** Options of one {@link Updater.update}. */
export interface UpdateOptions {
  /** Ends waiting. Before the write left: `CancelledError`. After: `OutcomeUnknownError`. */
  readonly signal?: AbortSignal | undefined;
  /** Total time in milliseconds. Default: the updater's. */
  readonly deadlineMs?: number | undefined;
  /**
   * Names this command, so that repeating it, from any process, applies it once and answers the same. The
   * record remembers the last `operationWindow` ids. Results must be JSON. Not for plain codecs.
   */
  readonly opId?: string | undefined;
  /** What the command is; a repeated `opId` with another one throws `OperationIdReusedError`. */
  readonly fingerprint?: string | undefined;
  /** Called each time another process was first. */
  readonly onConflict?: (() => void) | undefined;
}

const optionNames: readonly string[] = ['signal', 'deadlineMs', 'opId', 'fingerprint', 'onConflict'];

/** Runs transitions over the records of one store. */
export interface Updater {
  /**
   * Applies a transition to a record exactly once and returns its result when that is durable.
   *
   * Updates of one key in this process are applied in the order of the calls and share writes. An update
   * that changes nothing is answered from a read made after it was called.
   *
   * @throws ContentionError when other processes won until the deadline. Nothing was written.
   * @throws OutcomeUnknownError when a reply was lost and it could not be found out what happened.
   * @throws CancelledError when the signal ended before the write left.
   * @throws DeadlineExceededError when the deadline passed before the write left.
   * @throws CorruptRecordError when the stored bytes are no such record. They are left as they are.
   * @throws OperationIdReusedError, RecordTooLargeError, InvalidArgumentError as their names say.
   * @throws whatever the transition throws, confirmed on current state.
   */
  update<State, Decided extends Change<State, unknown>>(
    key: Key,
    codec: Codec<State>,
    transition: (current: State | undefined, now: number) => Decided,
    options?: UpdateOptions,
  ): Promise<Decided['result']>;

  /**
   * Reads a record's state, or undefined if there is none. One round trip.
   *
   * @throws DeadlineExceededError without an answer within `timeoutMs`. Default: the updater's `deadlineMs`.
   * @throws CancelledError when the signal ended. Both hold whatever the store makes of its limits.
   * @throws CorruptRecordError when the stored bytes are no such record.
   */
  read<State>(key: Key, codec: Codec<State>, options?: GetOptions): Promise<State | undefined>;
}

/**
 * Makes the engine that runs a pattern's transitions over a store.
 *
 * Updaters of one store object share their queues, so one is as good as many. Needs no closing.
 *
 * @example
 * ```ts
 * const updater = createUpdater(store);
 * const seats = jsonCodec((data) => data as { free: number });
 *
 * const booked = await updater.update('flight:7', seats, (flight = { free: 100 }) =>
 *   flight.free > 0 ? write({ free: flight.free - 1 }, true) : keep(false),
 * );
 * ```
 */
export function createUpdater(store: KvStore, options: UpdaterOptions = {}): Updater {
  checkStore(store);
  const settings = settingsOf(options);
  const { clock } = settings;
  const queueOf = queuesOf(store);
  return {
    update(key, codec, transition, options = {}) {
      return new Promise((resolve, reject) => {
        checkCodec(codec);
        checkFunction('transition', transition);
        checkCallOptions(options);
        checkNames('an option', options, optionNames);
        const { deadlineMs, signal, opId, fingerprint = '', onConflict } = options;
        if (signal?.aborted) throw cancelled(signal.reason);
        checkDeadline(deadlineMs);
        checkOperation(opId, codec.plain);
        checkString('fingerprint', fingerprint);
        const deadlineAt = clock.monotonic() + (deadlineMs ?? settings.deadlineMs);
        const command = {
          key,
          codec,
          transition,
          opId,
          fingerprint,
          settings,
          deadlineAt,
          signal,
          onConflict,
        };
        const queue = queueOf(key);
        const update = new PendingUpdate(command, resolve, reject);
        // A queue holds updates of many types; each brings the codec that makes its own state.
        queue.enqueue(update as unknown as PendingUpdate<unknown, unknown>);
      });
    },
    async read(key, codec, readOptions = {}) {
      checkCodec(codec);
      checkCallOptions(readOptions);
      const { signal, timeoutMs = settings.deadlineMs } = readOptions;
      tell(settings.onEvent, { kind: 'read', key });
      const entry = await waitWithin(() => find(store, key, readOptions), {
        signal,
        cancelled,
        clock,
        timeoutMs,
        late: () => late(timeoutMs, { key, outcome: 'not-applied' }),
      });
      const payload = entry && decodeEnvelope(key, entry.value).payload;
      return payload ? decodeState(key, payload, codec) : undefined;
    },
  };
}

function checkCodec<State>(codec: Codec<State>): void {
  checkFunction('codec.encode', codec?.encode);
  checkFunction('codec.decode', codec?.decode);
}

function checkDeadline(deadlineMs: number | undefined): void {
  if (deadlineMs === undefined) return;
  if (typeof deadlineMs === 'number' && deadlineMs > 0 && deadlineMs < 2 ** 31) return;
  refuse('deadlineMs', deadlineMs, 'milliseconds above 0 and below 2^31 (24 days), or leave it out');
}

function checkOperation(opId: string | undefined, plain: boolean | undefined): void {
  if (opId === undefined) return;
  if (plain) refuse('opId', opId, 'the record format: a plain value has no room for it');
  if (typeof opId !== 'string' || opId.length === 0 || opId.length > 256) {
    refuse('opId', opId, 'a string of 1 to 256 characters');
  }
}
