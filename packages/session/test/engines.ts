import { openEmbedded } from '@norikv/embedded';
import type { KvStore } from '@norikv/store';
import {
  createMemoryStore,
  type FakeClock,
  type MemoryStore,
  type MemoryStoreOptions,
} from '@norikv/testkit';

/** A memory store that says it keeps what it acknowledged: as long as a test lasts, it does. */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  return createMemoryStore({ ...options, capabilities: { durableAck: true, ...options.capabilities } });
}

interface OpenStore extends KvStore {
  close(): Promise<void>;
}

/** A kind of store that the same suite runs on. */
export interface TestEngine {
  readonly name: string;
  open(clock: FakeClock): Promise<OpenStore>;
}

/** The engines on which the behaviour is tested. */
export const engines: readonly TestEngine[] = [
  { name: 'memory', open: async (clock) => memoryStore({ clock }) },
  { name: 'embedded', open: (clock) => openEmbedded({ clock }) },
];
