import { TenantLimitError } from './errors.js';
import type { TenantLimits } from './plans.js';

/** Whether anything has to be counted for a tenant. */
export function isCounting({ maxKeys, maxStorageMB }: TenantLimits): boolean {
  return Number.isFinite(maxKeys) || Number.isFinite(maxStorageMB);
}

/** @throws TenantLimitError if the value is too long. */
export function checkValue(length: number, { maxValueBytes = Number.POSITIVE_INFINITY }: TenantLimits): void {
  if (length <= maxValueBytes) return;
  throw new TenantLimitError(
    `value has ${length} bytes; the tenant may have ${maxValueBytes} (maxValueBytes)`,
    {
      limit: 'maxValueBytes',
    },
  );
}

/** @throws TenantLimitError if the value would live too long. */
export function checkTtl(
  ttlMs: number | undefined,
  { maxTtlMs = Number.POSITIVE_INFINITY }: TenantLimits,
): void {
  if (ttlMs === undefined || ttlMs <= maxTtlMs) return;
  throw new TenantLimitError(`ttlMs is ${ttlMs}; the tenant may have ${maxTtlMs} (maxTtlMs)`, {
    limit: 'maxTtlMs',
  });
}
