import { openEmbedded } from '@norikv/embedded';
import type { KvStore } from '@norikv/store';
import { createMemoryStore, FakeClock } from '@norikv/testkit';

/** A store whose time, as that of the tenants over it, is turned by hand. */
export interface OpenEngine {
  readonly store: KvStore;
  readonly clock: FakeClock;
  close(): Promise<void>;
}

export interface TestEngine {
  readonly name: string;
  open(): Promise<OpenEngine>;
}

/** The engines on which the behaviour is tested. */
export const engines: readonly TestEngine[] = [
  {
    name: 'memory',
    async open() {
      const clock = new FakeClock();
      const store = createMemoryStore({ clock });
      return { store, clock, close: async () => store.close() };
    },
  },
  {
    name: 'embedded',
    async open() {
      const clock = new FakeClock();
      const store = await openEmbedded({ clock });
      return { store, clock, close: () => store.close() };
    },
  },
];
