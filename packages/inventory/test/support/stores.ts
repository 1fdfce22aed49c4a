import { createEphemeral } from '@norikv/embedded';
import type { KvStore } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';

/** A kind of store the suites run on. */
export interface StoreKind {
  readonly name: string;
  open(): Promise<KvStore & AsyncDisposable>;
}

/** The stores on which the behaviour is tested. */
export const stores: readonly StoreKind[] = [
  { name: 'memory', open: async () => createMemoryStore() },
  { name: 'embedded', open: createEphemeral },
];
