import type { KvStore, VectorStore } from '@norikv/store';

/** A store that keeps both records and vectors, such as `@norikv/embedded`. */
export type VectorKvStore = KvStore & VectorStore;
