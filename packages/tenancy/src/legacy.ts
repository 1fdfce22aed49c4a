import {
  type Entry,
  find,
  InvalidArgumentError,
  isAlreadyExists,
  isVersionMismatch,
  type KvStore,
} from '@norikv/store';

/**
 * The key that the documentation's `TenantClient` made: `tenant:<id>:<key>`.
 *
 * @throws InvalidArgumentError if the id contains `:`. Such keys cannot be told from those of another tenant:
 * `a` with `b:x` and `a:b` with `x` are one key. So this is only safe where no tenant's id ever contained `:`.
 */
export function legacyTenantKey(tenantId: string, key: string): string {
  if (tenantId !== '' && !tenantId.includes(':')) return `tenant:${tenantId}:${key}`;
  throw new InvalidArgumentError(
    `tenant id ${JSON.stringify(tenantId)} is empty or contains ":"; its old keys may be another tenant's. ` +
      'Copy them by hand',
  );
}

/** Reads a key that the documentation's `TenantClient` wrote; null if there is none. */
export function readLegacy(client: KvStore, tenantId: string, key: string): Promise<Entry | null> {
  return find(client, legacyTenantKey(tenantId, key));
}

/**
 * Moves such a key into the tenant's own part of the store. May be repeated, and raced by others that adopt or write it;
 * a delete in the tenant's part that races with it may be undone. A ttl is not kept: a store does not tell it; give one
 * if the key should have one.
 *
 * @returns false if there is no old key. A key that the tenant has already is not overwritten.
 */
export async function adoptLegacy(
  client: KvStore,
  tenant: KvStore & { getTenantId(): string },
  key: string,
  options: { readonly ttlMs?: number | undefined } = {},
): Promise<boolean> {
  const oldKey = legacyTenantKey(tenant.getTenantId(), key);
  const old = await find(client, oldKey);
  if (!old) return false;
  try {
    await tenant.put(key, old.value, { ttlMs: options.ttlMs, ifNotExists: true });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  try {
    await client.delete(oldKey, { ifMatchVersion: old.version });
  } catch (error) {
    if (!isVersionMismatch(error)) throw error;
  }
  return true;
}
