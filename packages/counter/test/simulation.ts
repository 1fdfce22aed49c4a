import {
  type CountedStore,
  countCalls,
  createMemoryStore,
  FakeClock,
  type MemoryStore,
  type MemoryStoreOptions,
  seededRandom,
  withFaults,
} from '@norikv/testkit';

/** One process: a store object of its own, so that it shares nothing with others but what is stored. */
export interface Process {
  readonly store: CountedStore;
  /** Options for its counters. */
  readonly options: { readonly clock: FakeClock; readonly random: () => number };
}

/** Some processes over one store, in virtual time. */
export interface Processes {
  readonly clock: FakeClock;
  readonly memory: MemoryStore;
  readonly all: readonly [Process, ...Process[]];
}

export interface ProcessesOptions extends MemoryStoreOptions {
  readonly seed?: number;
  /** The chance that a call meets a fault, of each kind that must not change a sum. */
  readonly faultRate?: number;
}

export function startProcesses(count: number, options: ProcessesOptions = {}): Processes {
  const { seed = 1, faultRate = 0, ...memoryOptions } = options;
  const clock = new FakeClock();
  const memory = createMemoryStore({ clock, ...memoryOptions });
  const start = (number: number): Process => {
    const random = seededRandom(seed * 1_000 + number);
    const rates = {
      'lost-request': faultRate,
      'lost-reply': faultRate,
      'delayed-delivery': faultRate,
      'duplicated-delivery': faultRate,
      'own-mismatch': faultRate,
    };
    const store = countCalls(faultRate === 0 ? memory : withFaults(memory, { clock, random, rates }));
    return { store, options: { clock, random } };
  };
  return { clock, memory, all: [start(0), ...times(count - 1, (position) => start(position + 1))] };
}

/** As many times the same. */
export function times<Result>(count: number, make: (position: number) => Result): Result[] {
  return Array.from({ length: count }, (_, position) => make(position));
}
