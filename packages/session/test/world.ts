import { openEmbedded } from '@norikv/embedded';
import type { KvStore } from '@norikv/store';
import {
  type CountedStore,
  countCalls,
  createMemoryStore,
  FakeClock,
  type MemoryStore,
  type MemoryStoreOptions,
} from '@norikv/testkit';
import { describe } from 'vitest';

export const second = 1_000;
export const minute = 60_000;
export const hour = 3_600_000;

/** A memory store that says it keeps what it acknowledged: as long as a test lasts, it does. */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  return createMemoryStore({ ...options, capabilities: { durableAck: true, ...options.capabilities } });
}

/** A store whose time, as that of the sessions in it, is turned by hand. */
export interface World extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly store: CountedStore;
}

const engines = {
  memory: (clock: FakeClock) => memoryStore({ clock }),
  embedded: (clock: FakeClock) => openEmbedded({ clock }),
} as const satisfies Record<string, (clock: FakeClock) => Closable | Promise<Closable>>;

interface Closable extends KvStore {
  close(): Promise<void>;
}

/** Describes behaviour on every engine. */
export function describeOnEngines(name: string, tests: (open: () => Promise<World>) => void): void {
  describe.each(Object.entries(engines))(`${name} (%s)`, (_, openEngine) => {
    tests(async () => {
      const clock = new FakeClock();
      const engine: Closable = await openEngine(clock);
      return { clock, store: countCalls(engine), [Symbol.asyncDispose]: () => engine.close() };
    });
  });
}
