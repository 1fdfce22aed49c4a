import { createEphemeral } from '@norikv/embedded';
import type { KvStore } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';

/** A store that closes itself. */
export type OpenStore = KvStore & AsyncDisposable;

/** A kind of store that the same suite runs on. */
export interface TestEngine {
  readonly name: string;
  open(): Promise<OpenStore>;
}

/** The engines on which the behaviour is tested. */
export const engines: readonly TestEngine[] = [
  { name: 'memory', open: async () => createMemoryStore() },
  { name: 'embedded', open: createEphemeral },
];
