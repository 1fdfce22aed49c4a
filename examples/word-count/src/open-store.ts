import { openEmbedded } from '@norikv/embedded';
import type { KvStore } from '@norikv/store';
import { type CountedStore, countCalls } from '@norikv/testkit';

/**
 * Opens the store of a job, with its calls counted: an etcd cluster for `etcd://host:port,host:port/prefix`, else the
 * embedded store of a folder. Nothing else here knows which engine it is.
 */
export async function openStore(place: string): Promise<CountedStore & AsyncDisposable> {
  const store = isCluster(place) ? await openCluster(place) : await openEmbedded({ path: place });
  return Object.assign(countCalls(store), { [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() });
}

/** Whether a place is a cluster, by its looks. */
export function isCluster(place: string): boolean {
  return /^etcd:\/\/[^/]+(\/.*)?$/.test(place);
}

async function openCluster(place: string): Promise<KvStore & AsyncDisposable> {
  const { openEtcd } = await import('@norikv/etcd');
  const [hosts = '', ...prefix] = place.slice('etcd://'.length).split('/');
  return openEtcd({ hosts: hosts.split(','), prefix: prefix.join('/') || 'word-count' });
}
