import { CallLimit } from './call-limit.js';
import { Caller } from './caller.js';
import { CheckedStore } from './checked-store.js';
import { Cluster } from './cluster.js';
import type { EtcdStore } from './etcd-store.js';
import { type EtcdOptions, settingsOf } from './options.js';

/**
 * Opens a store on an etcd cluster, of which at least one member has to answer within `timeoutMs`.
 *
 * Every write is one etcd transaction; it is applied once or not at all, and an answer that is lost leaves it
 * unknown. Reads go on to other members within their deadline. Close it when done.
 *
 * @example
 * ```ts
 * await using store = await openEtcd({ hosts: ['10.0.0.1:2379', '10.0.0.2:2379', '10.0.0.3:2379'] });
 * const version = await store.put('greeting', 'hello', { ifNotExists: true });
 * await store.put('greeting', 'good day', { ifMatchVersion: version });
 * ```
 *
 * @throws InvalidArgumentError if an option is wrong.
 * @throws DeadlineExceededError if no member answers; the message says why for each of them.
 * @throws NoriKVError with the code `UNAUTHENTICATED` if the login is refused.
 */
export async function openEtcd(options: EtcdOptions): Promise<EtcdStore> {
  const settings = settingsOf(options);
  const cluster = new Cluster(settings);
  const caller = new Caller(cluster, settings);
  try {
    const limit = new CallLimit({}, settings.timeoutMs);
    await cluster.host(limit);
    await caller.logIn(limit);
  } catch (error) {
    cluster.close();
    throw error;
  }
  return new CheckedStore(cluster, caller, settings);
}
