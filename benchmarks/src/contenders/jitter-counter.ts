import { bytesToString, isVersionMismatch, type KvStore } from '@norikv/store';

/** What a careful engineer writes by hand: read, write under a condition, full jitter, no limit on attempts. */
export async function jitterIncrement(
  store: KvStore,
  key: string,
  baseMs = 1,
  capMs = 1_000,
): Promise<number> {
  for (let attempt = 0; ; attempt += 1) {
    const current = await store.get(key);
    const next = Number.parseInt(bytesToString(current.value), 10) + 1;
    try {
      await store.put(key, String(next), { ifMatchVersion: current.version });
      return next;
    } catch (error) {
      if (!isVersionMismatch(error)) throw error;
    }
    const waitMs = Math.random() * Math.min(capMs, baseMs * 2 ** attempt);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}
