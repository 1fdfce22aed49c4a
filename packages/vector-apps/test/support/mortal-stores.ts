import type { FakeClock, FaultControl } from '@norikv/testkit';
import type { VectorKvStore } from '../../src/core/vector-kv-store.js';
import { faultyVectorStore } from './faulty-vector-store.js';
import { watchedStore } from './watched-store.js';

/** How likely a process dies, and after how many calls. */
export interface Doom {
  readonly chance: number;
  readonly least: number;
  readonly spread: number;
}

/** The stores of processes over one memory: they fail in every way, and some die. */
export interface MortalStores {
  open(): VectorKvStore;
  /** Ends all faults. */
  calm(): void;
}

/** @param rate - of each fault. */
export function mortalStores(
  memory: VectorKvStore,
  clock: FakeClock,
  random: () => number,
  rate: number,
  { chance, least, spread }: Doom,
): MortalStores {
  const rates = { 'lost-reply': rate, 'lost-request': rate, 'delayed-delivery': rate, 'own-mismatch': rate };
  const controls: FaultControl[] = [];
  return {
    open() {
      const delayMs = (): number => 300 * random();
      const { store, faults } = faultyVectorStore(memory, { clock, random, rates, delayMs });
      controls.push(faults);
      const mortal = watchedStore(store);
      if (random() < chance) mortal.dieAfter(least + Math.floor(random() * spread), random() < 0.5);
      return mortal.store;
    },
    calm() {
      for (const faults of controls) faults.stop();
    },
  };
}
