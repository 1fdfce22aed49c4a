import { checkObject, refuse } from './checks.js';
import type { CallOptions, DeleteOptions, GetOptions, PutOptions } from './kv-store.js';
import { checkDurationMs } from './validate.js';

const consistencies: readonly unknown[] = [undefined, 'lease', 'linearizable', 'stale_ok'];

/**
 * Checks the options that every call has: its signal and its time limit.
 *
 * @throws InvalidArgumentError naming the option that is wrong.
 */
export function checkCallOptions(options: CallOptions): void {
  checkObject('options', options);
  checkSignal(options.signal);
  checkDurationMs('timeoutMs', options.timeoutMs);
}

/**
 * Checks the options of a read, those of every call apart.
 *
 * @throws InvalidArgumentError naming the option that is wrong.
 */
export function checkReadOptions(options: GetOptions): void {
  checkObject('options', options);
  const { consistency } = options;
  if (consistencies.includes(consistency)) return;
  refuse('consistency', consistency, "'lease', 'linearizable' or 'stale_ok'");
}

/**
 * Checks the options of a write, those of every call and its condition apart.
 *
 * @throws InvalidArgumentError naming the option that is wrong.
 */
export function checkWriteOptions(options: PutOptions & DeleteOptions): void {
  checkObject('options', options);
  const { ttlMs, ifNotExists, idempotencyKey } = options;
  checkDurationMs('ttlMs', ttlMs);
  if (ifNotExists !== undefined && typeof ifNotExists !== 'boolean') {
    refuse('ifNotExists', ifNotExists, 'true or false');
  }
  if (idempotencyKey !== undefined && !isName(idempotencyKey)) {
    refuse('idempotencyKey', idempotencyKey, 'a well-formed string that is not empty');
  }
}

/**
 * Checks the signal of a call.
 *
 * @throws InvalidArgumentError if it is no `AbortSignal`.
 */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  if (typeof signal?.aborted === 'boolean' && typeof signal.addEventListener === 'function') return;
  refuse('signal', signal, 'the signal of an AbortController');
}

function isName(name: unknown): boolean {
  return typeof name === 'string' && name !== '' && name.isWellFormed();
}
