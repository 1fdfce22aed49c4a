import {
  checkDurationMs,
  type DeleteOptions,
  type GetOptions,
  InvalidArgumentError,
  type PutOptions,
} from '@norikv/store';

const consistencies: readonly unknown[] = [undefined, 'lease', 'linearizable', 'stale_ok'];

/** Checks the options of a read, those of every call apart. */
export function checkReadOptions({ consistency }: GetOptions): void {
  if (consistencies.includes(consistency)) return;
  throw new InvalidArgumentError(
    `consistency is ${String(consistency)}; use 'lease', 'linearizable' or 'stale_ok'`,
  );
}

/** Checks the options of a write, those of every call apart. */
export function checkWriteOptions({ ttlMs, ifNotExists, idempotencyKey }: PutOptions & DeleteOptions): void {
  checkDurationMs('ttlMs', ttlMs);
  if (ifNotExists !== undefined && typeof ifNotExists !== 'boolean') {
    throw new InvalidArgumentError(`ifNotExists is ${String(ifNotExists)}; use true or false`);
  }
  if (idempotencyKey !== undefined && !isName(idempotencyKey)) {
    throw new InvalidArgumentError(
      `idempotencyKey is ${JSON.stringify(idempotencyKey)}; use a well-formed string that is not empty`,
    );
  }
}

function isName(name: unknown): boolean {
  return typeof name === 'string' && name !== '' && name.isWellFormed();
}
