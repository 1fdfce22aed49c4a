import { ContentionError } from '@norikv/cas-retry';
import { tenantExists } from './errors.js';
import { notFound } from './served-tenants.js';
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
  const { space, renames } = await changeRecord((record) => ({
    ...record,
    renamingTo: newId,
    renames: (record.renames ?? 0) + 1,
  }));
  // By its part of the store: the old id may lead to another tenant by now. Another rename of this one lets go of the
  // new id, and somebody else may have it.
  const end = (id: string): Promise<TenantRecord | undefined> =>
    tenancies.change(space, (record) => {
      const isLast = record.renames === renames && record.status !== 'deleted';
      return isLast ? { ...record, id, renamingTo: undefined } : undefined;
    });
  if (!(await tenancies.claim(newId, space))) {
    await end(tenantId);
    throw tenantExists(newId);
  }
  const renamed = await end(newId);
  tenancies.forget(tenantId);
  tenancies.forget(newId);
  if (renamed) return renamed;
  throw (await tenancies.statusOf(space)) === 'deleted' ? notFound(tenantId) : overtaken(tenantId);
}

function overtaken(tenantId: string): ContentionError {
  return new ContentionError(
    `Another rename of ${tenantId} was begun meanwhile. This one changed nothing; look which id the tenant has.`,
    { attempts: 1 },
  );
}
