import type { KvStore } from '@norikv/store';
import {
  type CountedStore,
  countCalls,
  createMemoryStore,
  FakeClock,
  type FaultRates,
  type FaultyStore,
  type MemoryStore,
  seededRandom,
  withFaults,
} from '@norikv/testkit';
import { RateLimiter, type RateLimiterOptions } from '../src/index.js';

/** One process: a store object of its own, so that it shares nothing with others but what is stored. */
export interface Process {
  readonly store: CountedStore;
  readonly faulty: FaultyStore;
  readonly limiter: RateLimiter;
}

/** Some processes over one store, in virtual time. */
export interface Processes {
  readonly clock: FakeClock;
  readonly memory: MemoryStore;
  readonly all: readonly [Process, ...Process[]];
  /** Store calls of all of them. */
  calls(): number;
}

export interface ProcessesOptions extends RateLimiterOptions {
  readonly seed?: number;
  readonly latencyMs?: number;
  readonly rates?: FaultRates;
  /** Puts something between each process and the store. */
  readonly wrap?: (store: KvStore) => KvStore;
  /** How far ahead the wall clock of each process is. */
  readonly offsetsMs?: readonly number[];
}

export function startProcesses(count: number, options: ProcessesOptions = {}): Processes {
  const {
    seed = 1,
    latencyMs = 0,
    rates = {},
    wrap = (store) => store,
    offsetsMs,
    ...limiterOptions
  } = options;
  const clock = new FakeClock();
  const memory = createMemoryStore({ clock });
  const start = (number: number): Process => {
    const random = seededRandom(seed * 1_000 + number);
    const faulty = withFaults(wrap(memory), { clock, random, rates, latencyMs, outageMs: 40 });
    const store = countCalls(faulty);
    const own = offsetsMs ? clock.drifted(1, offsetsMs[number] ?? 0) : clock;
    return { store, faulty, limiter: new RateLimiter(store, { clock: own, random, ...limiterOptions }) };
  };
  const all = [start(0), ...times(count - 1, (position) => start(position + 1))] as const;
  return { clock, memory, all, calls: () => all.reduce((sum, { store }) => sum + store.calls.total, 0) };
}

/** As many times the same. */
export function times<Result>(count: number, make: (position: number) => Result): Result[] {
  return Array.from({ length: count }, (_, position) => make(position));
}

/** How many of the answers let the request pass. */
export function admitted(results: readonly { readonly allowed: boolean }[]): number {
  return results.filter(({ allowed }) => allowed).length;
}
