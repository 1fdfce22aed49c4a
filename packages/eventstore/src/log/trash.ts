import type { KvStore } from '@norikv/store';
import type { Ref, Trash } from './head.js';
import type { LogKeys } from './log-keys.js';
import { keysOfRef, readPage } from './segments.js';

/** Deletes the records that a log has cut off: what lies deepest first, so that it can be done again. */
export async function deleteTrash(
  store: KvStore,
  keys: LogKeys,
  name: string,
  trash: readonly Trash[],
): Promise<void> {
  const deleteRef = async (level: number, ref: Ref): Promise<void> => {
    const below = level > 0 ? await readPage(store, keys, name, level, ref) : undefined;
    for (const child of below ?? []) await deleteRef(level - 1, child);
    for (const key of keysOfRef(keys, name, level, ref)) await store.delete(key);
  };
  for (const [level, ...ref] of trash) await deleteRef(level, ref);
}
