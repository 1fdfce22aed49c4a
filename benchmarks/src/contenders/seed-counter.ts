import { bytesToString, isVersionMismatch, type KvStore } from '@norikv/store';

const maxRetries = 20;

/** The counter of the public documentation: read, write under a condition, wait, up to 20 times. */
export async function seedIncrement(store: KvStore, key: string): Promise<number> {
  for (let attempt = 0; attempt < maxRetries; attempt += 1) {
    const current = await store.get(key);
    const next = Number.parseInt(bytesToString(current.value), 10) + 1;
    try {
      await store.put(key, String(next), { ifMatchVersion: current.version });
      return next;
    } catch (error) {
      if (!isVersionMismatch(error)) throw error;
    }
    const waitMs = Math.min(2 ** attempt, 1_000) + Math.random() * 100;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  throw new Error(`Failed to increment after ${maxRetries} attempts`);
}
