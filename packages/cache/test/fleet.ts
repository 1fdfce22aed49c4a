import type { Clock } from '@norikv/store';
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
import { type Cache, type CacheOptions, createCache } from '../src/index.js';

/** A clock from which others are derived, as {@link FakeClock} is. */
export interface SimulatedClock extends Clock {
  drifted(rate: number, offsetMs?: number): Clock;
}

/** One process: it shares nothing with others but what is stored. */
export interface Process {
  readonly cache: Cache<unknown>;
  readonly store: CountedStore;
  readonly faulty: FaultyStore;
}

/** Processes over one store, in virtual time. */
export interface Fleet<Time extends SimulatedClock = FakeClock> {
  readonly clock: Time;
  readonly memory: MemoryStore;
  readonly all: readonly [Process, Process, ...Process[]];
}

export interface FleetOptions extends CacheOptions<unknown> {
  readonly seed?: number;
  readonly latencyMs?: () => number;
  readonly rates?: FaultRates;
  readonly skewMs?: number;
}

/** Processes with a clock of their own. */
export function startFleet(count: number, options: FleetOptions = {}): Fleet {
  return startFleetOn(new FakeClock(), count, options);
}

/** Processes on a clock that may be shared with fleets that know nothing of each other. */
export function startFleetOn<Time extends SimulatedClock>(
  clock: Time,
  count: number,
  options: FleetOptions,
): Fleet<Time> {
  const { seed = 1, latencyMs = () => 0, rates = {}, skewMs = 0, ...cacheOptions } = options;
  const memory = createMemoryStore({ clock });
  const start = (number: number): Process => {
    const random = seededRandom(seed * 1_000 + number);
    const faulty = withFaults(memory, { clock, random, rates, latencyMs, outageMs: 40 });
    const store = countCalls(faulty);
    const own = clock.drifted(1, number * skewMs);
    return { store, faulty, cache: createCache<unknown>(store, { clock: own, random, ...cacheOptions }) };
  };
  const others = Array.from({ length: count - 2 }, (_, position) => start(position + 2));
  return { clock, memory, all: [start(0), start(1), ...others] };
}
