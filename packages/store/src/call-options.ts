import { InvalidArgumentError } from './errors.js';
import type { DeleteOptions, GetOptions, PutOptions } from './kv-store.js';
import { checkDurationMs } from './validate.js';

const consistencies: readonly unknown[] = [undefined, 'lease', 'linearizable', 'stale_ok'];

/**
 * Checks the options of a read, those of every call apart.
 *
 * @throws InvalidArgumentError naming the option that is wrong.
 */
export function checkReadOptions({ consistency }: GetOptions): void {
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
export function checkWriteOptions({ ttlMs, ifNotExists, idempotencyKey }: PutOptions & DeleteOptions): void {
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
