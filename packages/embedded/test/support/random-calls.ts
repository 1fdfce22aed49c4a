import { find, isAlreadyExists, isVersionMismatch, type KvStore, type Version } from '@norikv/store';

/** Makes some random calls on one key, one after the other: reads, puts, creates, deletes, with conditions. */
export async function randomCalls(
  store: KvStore,
  key: string,
  random: () => number,
  count: number,
): Promise<void> {
  let known: Version | undefined;
  for (let call = 0; call < count; call++) {
    const choice = random();
    const value = random().toString(36).slice(2);
    const condition = known ? { ifMatchVersion: known } : { ifNotExists: true };
    try {
      if (choice < 0.4) known = (await find(store, key))?.version;
      else if (choice < 0.5) known = await store.put(key, value);
      else if (choice < 0.8) known = await store.put(key, value, condition);
      else if (choice < 0.9) await store.delete(key);
      else await store.delete(key, { ifMatchVersion: known });
    } catch (error) {
      if (!isVersionMismatch(error) && !isAlreadyExists(error)) throw error;
    }
  }
}
