import type { Capabilities, Entry, GetOptions, Key, KvStore } from '@norikv/store';

/** The contract of `@norikv/store` on an etcd cluster. */
export interface EtcdStore extends KvStore, AsyncDisposable {
  readonly capabilities: Capabilities;
  find(key: Key, options?: GetOptions): Promise<Entry | null>;
  /** Refuses further calls, waits for those under way, and closes the connections. Calling it again is fine. */
  close(): Promise<void>;
}
