import type { KvStore } from '@norikv/store';
import type { Ref, Trash } from './head.js';
import type { Segments } from './segments.js';

/** Deletes the records that a log has cut off: what lies deepest first, so that it can be done again. */
export async function deleteTrash(
  store: KvStore,
  segments: Segments,
  name: string,
  trash: readonly Trash[],
): Promise<void> {
  const deleteRef = async (level: number, ref: Ref): Promise<void> => {
    const below = level > 0 ? await segments.page(name, level, ref) : undefined;
    await each(below ?? [], (child) => deleteRef(level - 1, child));
    await each(segments.keysOf(name, level, ref), (key) => store.delete(key));
  };
  await each(trash, ([level, ...ref]) => deleteRef(level, ref));
}

/** Does them all, also where one fails: nobody may come back for the others. Then rejects with the first failure. */
async function each<Item>(items: Iterable<Item>, work: (item: Item) => Promise<unknown>): Promise<void> {
  const failures: unknown[] = [];
  for (const item of items) await work(item).catch((error) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}
