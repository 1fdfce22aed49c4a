import { DeadlineExceededError, type Key } from '@norikv/store';
import { tell } from '@norikv/store/listeners';
import { onAbort } from '@norikv/store/on-abort';
import type { Codec } from './codec.js';
import { ContentionError, cancelled, OutcomeUnknownError } from './errors.js';
import type { Settings } from './settings.js';
import type { Transition } from './transition.js';

/** One call of `update`: what to do to the record, under which settings. */
export interface Command<State, Result> {
  readonly key: Key;
  readonly codec: Codec<State>;
  readonly transition: Transition<State, Result>;
  readonly opId: string | undefined;
  readonly fingerprint: string;
  readonly settings: Settings;
  readonly deadlineAt: number;
  readonly signal: AbortSignal | undefined;
  readonly onConflict: (() => void) | undefined;
}

/** A call of `update` from its start until its caller knows the outcome. */
export class PendingUpdate<State, Result> {
  /** `sent`: a write that contains it may have left, so it can no longer be taken back. */
  phase: 'waiting' | 'sent' | 'settled' = 'waiting';
  /** Its place in the order in which updates of its key arrived. */
  arrival = 0;
  readonly command: Command<State, Result>;
  #conflicts = 0;
  readonly #resolve: (result: Result) => void;
  readonly #reject: (error: unknown) => void;
  readonly #stopListening: (() => void) | undefined;

  constructor(
    command: Command<State, Result>,
    resolve: (result: Result) => void,
    reject: (error: unknown) => void,
  ) {
    const { signal } = command;
    this.command = command;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#stopListening = signal && onAbort(signal, () => this.#stop(cancelled(signal.reason)));
  }

  resolve(result: Result): void {
    if (this.#settle()) this.#resolve(result);
  }

  reject(error: unknown): void {
    if (this.#settle()) this.#reject(error);
  }

  countConflict(): void {
    this.#conflicts += 1;
    tell(this.command.onConflict, undefined);
  }

  /** Whether a write sent now could not be answered before the deadline. The first one always may be. */
  isTooLate(now: number, roundTripMs: number): boolean {
    return this.#conflicts > 0 && now + roundTripMs >= this.command.deadlineAt;
  }

  /** @param cause - what the store failed with meanwhile, if it did. */
  expire(cause: unknown): void {
    const attempts = this.#conflicts;
    const { key } = this.command;
    const why = cause === undefined ? { key } : { key, cause };
    this.#stop(
      attempts > 0
        ? new ContentionError(
            `Other processes won ${attempts} attempts before the deadline; nothing was written. ` +
              'Raise deadlineMs, or spread the writes over several keys.',
            { attempts, ...why },
          )
        : new DeadlineExceededError('The deadline passed; nothing was written.', {
            outcome: 'not-applied',
            ...why,
          }),
    );
  }

  #stop(cause: Error): void {
    this.reject(this.phase === 'sent' ? mayBeApplied(this.command.key, cause) : cause);
  }

  #settle(): boolean {
    if (this.phase === 'settled') return false;
    this.phase = 'settled';
    this.#stopListening?.();
    return true;
  }
}

export function mayBeApplied(key: Key, cause: unknown): OutcomeUnknownError {
  return new OutcomeUnknownError(
    'The write may have been applied. Repeat it only under the same id, or read first and decide.',
    { key, cause },
  );
}
