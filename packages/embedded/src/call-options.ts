import {
  checkDurationMs,
  type DeleteOptions,
  type GetOptions,
  InvalidArgumentError,
  type Key,
  type PutOptions,
} from '@norikv/store';
import { checkLimits } from './call-limits.js';

const consistencies: readonly unknown[] = [undefined, 'lease', 'linearizable', 'stale_ok'];

/** Checks the options of a read by name. Every read is linearizable here, whatever is asked for. */
export function checkGetOptions(options: GetOptions, key: Key): void {
  if (!consistencies.includes(options.consistency)) {
    throw new InvalidArgumentError(
      `consistency is ${String(options.consistency)}; use 'lease', 'linearizable' or 'stale_ok'`,
    );
  }
  checkLimits(options, key);
}

/** Checks the options of a write by name. */
export function checkWriteOptions(options: PutOptions & DeleteOptions, key: Key): void {
  const { idempotencyKey, ifNotExists } = options;
  checkDurationMs('ttlMs', options.ttlMs);
  if (ifNotExists !== undefined && typeof ifNotExists !== 'boolean') {
    throw new InvalidArgumentError(`ifNotExists is ${String(ifNotExists)}; use true or false`);
  }
  if (idempotencyKey !== undefined && !isName(idempotencyKey)) {
    throw new InvalidArgumentError(
      `idempotencyKey is ${JSON.stringify(idempotencyKey)}; use a well-formed string that is not empty`,
    );
  }
  checkLimits(options, key);
}

function isName(name: unknown): boolean {
  return typeof name === 'string' && name !== '' && name.isWellFormed();
}
