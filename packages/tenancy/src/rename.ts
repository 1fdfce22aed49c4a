import { ContentionError } from '@norikv/cas-retry';
import { tenantExists } from './errors.js';
import type { Tenancies } from './tenancies.js';
import type { TenantRecord } from './tenant-record.js';

/** Changes the record of the tenant that is renamed, as long as it has the old id. */
export type ChangeRecord = (change: (record: TenantRecord) => TenantRecord) => Promise<TenantRecord>;

/** Reserves the new id in the tenant's record, makes it lead there, and only then moves the tenant to it. */
export async function rename(
  tenantId: string,
  newId: string,
  tenancies: Tenancies,
  changeRecord: ChangeRecord,
): Promise<TenantRecord> {
  // Nobody can create a tenant of the new id from here on, nor could have before the claim.
  const begun = await changeRecord((record) => ({
    ...record,
    renamingTo: newId,
    renames: (record.renames ?? 0) + 1,
  }));
  // Another rename lets go of the new id, and somebody else may have it.
  const isLast = (record: TenantRecord): boolean => record.renames === begun.renames;
  if (!(await tenancies.claim(newId, begun.space))) {
    await changeRecord((record) => (isLast(record) ? { ...record, renamingTo: undefined } : record));
    throw tenantExists(newId);
  }
  const renamed = await changeRecord((record) =>
    isLast(record) ? { ...record, id: newId, renamingTo: undefined } : record,
  );
  if (!isLast(renamed)) throw overtaken(tenantId);
  tenancies.forget(newId);
  return renamed;
}

function overtaken(tenantId: string): ContentionError {
  return new ContentionError(
    `Another rename of ${tenantId} was begun meanwhile. This one changed nothing; look which id the tenant has.`,
    { attempts: 1 },
  );
}
