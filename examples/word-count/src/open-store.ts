import { openEmbedded } from '@norikv/embedded';
import { type CountedStore, countCalls } from '@norikv/testkit';

/** Opens the store of a job, with its calls counted. Nothing else here knows which engine it is. */
export async function openStore(folder: string): Promise<CountedStore & AsyncDisposable> {
  const store = await openEmbedded({ path: folder });
  return Object.assign(countCalls(store), { [Symbol.asyncDispose]: () => store.close() });
}
