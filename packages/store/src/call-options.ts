import { checkNames, checkObject, refuse } from './checks.js';
import type { CallOptions, DeleteOptions, GetOptions, PutOptions } from './kv-store.js';
import { checkDurationMs } from './validate.js';

const consistencies: readonly unknown[] = [undefined, 'lease', 'linearizable', 'stale_ok'];
const readNames: readonly string[] = ['consistency', 'signal', 'timeoutMs'];

/** Names of the options of a search for vectors. */
export const searchNames: readonly string[] = ['includeVectors', ...readNames];

/** Names of the options of a write of vectors. */
export const vectorWriteNames: readonly string[] = ['idempotencyKey', 'signal', 'timeoutMs'];

/** Names of the options of a delete. */
export const deleteNames: readonly string[] = ['ifMatchVersion', ...vectorWriteNames];

const writeNames: readonly string[] = ['ifNotExists', 'ttlMs', ...deleteNames];

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
 * Checks the options of a read, and the names of those of every call.
 *
 * @param known - the names, for a call that has others than `get`.
 * @throws InvalidArgumentError naming the option that is wrong, or misspelt.
 */
export function checkReadOptions(options: GetOptions, known: readonly string[] = readNames): void {
  checkObject('options', options);
  checkNames('an option of a read', options, known);
  const { consistency } = options;
  if (consistencies.includes(consistency)) return;
  refuse('consistency', consistency, "'lease', 'linearizable' or 'stale_ok'");
}

/**
 * Checks the options of a write, except its condition (`conditionOf`), its signal and its time limit
 * (`checkCallOptions`), and that every name is known: a write with a misspelt condition would be unconditional.
 *
 * @param known - the names, for a call that has others than `put`.
 * @throws InvalidArgumentError naming the option that is wrong, or misspelt.
 */
export function checkWriteOptions(
  options: PutOptions & DeleteOptions,
  known: readonly string[] = writeNames,
): void {
  checkObject('options', options);
  checkNames('an option of a write', options, known);
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
