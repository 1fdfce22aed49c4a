import { InvalidArgumentError } from './errors.js';
import type { CallOptions, DeleteOptions, GetOptions, PutOptions } from './kv-store.js';
import { checkDurationMs, checkOptions } from './validate.js';

const consistencies: readonly unknown[] = [undefined, 'lease', 'linearizable', 'stale_ok'];

/**
 * Checks the options that every call has: its signal and its time limit.
 *
 * @throws InvalidArgumentError naming the option that is wrong.
 */
export function checkCallOptions(options: CallOptions): void {
  checkOptions(options);
  checkSignal(options.signal);
  checkDurationMs('timeoutMs', options.timeoutMs);
}

/**
 * Checks the options of a read, those of every call apart.
 *
 * @throws InvalidArgumentError naming the option that is wrong.
 */
export function checkReadOptions(options: GetOptions): void {
  checkOptions(options);
  const { consistency } = options;
  if (consistencies.includes(consistency)) return;
  throw new InvalidArgumentError(
    `consistency is ${String(consistency)}; use 'lease', 'linearizable' or 'stale_ok'`,
  );
}

/**
 * Checks the options of a write, those of every call and its condition apart.
 *
 * @throws InvalidArgumentError naming the option that is wrong.
 */
export function checkWriteOptions(options: PutOptions & DeleteOptions): void {
  checkOptions(options);
  const { ttlMs, ifNotExists, idempotencyKey } = options;
  checkDurationMs('ttlMs', ttlMs);
  if (ifNotExists !== undefined && typeof ifNotExists !== 'boolean') {
    throw new InvalidArgumentError(`ifNotExists is ${String(ifNotExists)}; use true or false`);
  }
  if (idempotencyKey !== undefined && !isName(idempotencyKey)) {
    const shown =
      typeof idempotencyKey === 'string' ? JSON.stringify(idempotencyKey) : String(idempotencyKey);
    throw new InvalidArgumentError(`idempotencyKey is ${shown}; use a well-formed string that is not empty`);
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
  throw new InvalidArgumentError(`signal is ${String(signal)}; use the signal of an AbortController`);
}

function isName(name: unknown): boolean {
  return typeof name === 'string' && name !== '' && name.isWellFormed();
}
