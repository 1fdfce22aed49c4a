import { open } from 'lmdb';
import { temporaryFolder } from '../temporary-folder.js';

/** The engine below ours, used by hand: a read and a write in one transaction, acknowledged when flushed. */
export interface RawLmdb extends AsyncDisposable {
  increment(key: string): Promise<number>;
}

export async function openRawLmdb(): Promise<RawLmdb> {
  const folder = await temporaryFolder();
  const database = open<string, string>({ path: folder.path, encoding: 'string', overlappingSync: false });
  return {
    increment: (key) =>
      database.transaction(() => {
        const next = Number(database.get(key) ?? 0) + 1;
        database.put(key, String(next));
        return next;
      }),
    async [Symbol.asyncDispose]() {
      await database.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
