import { bytesToString, find, type KvStore } from '@norikv/store';

/** The leader election of the public documentation: whoever reads that nobody leads writes itself in, and leads. */
export async function seedTryAcquire(
  store: KvStore,
  key: string,
  nodeId: string,
  ttlMs: number,
): Promise<boolean> {
  const current = await find(store, key);
  if (current) return bytesToString(current.value) === nodeId;
  await store.put(key, nodeId, { ttlMs });
  return true;
}

/** As documented, a heartbeat carries no condition either. */
export async function seedRenew(store: KvStore, key: string, nodeId: string, ttlMs: number): Promise<void> {
  await store.put(key, nodeId, { ttlMs });
}

/** As documented, it deletes the key, whoever leads by now. */
export async function seedRelease(store: KvStore, key: string): Promise<void> {
  await store.delete(key);
}
