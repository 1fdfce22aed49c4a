import type { KvStore } from '@norikv/store';
import {
  FakeClock,
  type FaultRates,
  type FaultyStore,
  type MemoryStore,
  seededRandom,
  withFaults,
} from '@norikv/testkit';
import { SessionManager, type SessionManagerOptions } from '../src/index.js';
import { memoryStore } from './engines.js';

/** One process: a store object of its own, so that it shares nothing with others but what is stored. */
export interface Process {
  readonly faulty: FaultyStore;
  readonly sessions: SessionManager;
}

/** Some processes over one store, in virtual time. */
export interface Processes {
  readonly clock: FakeClock;
  readonly memory: MemoryStore;
  readonly all: readonly [Process, ...Process[]];
}

export interface ProcessesOptions extends Omit<SessionManagerOptions<never>, 'schema'> {
  readonly ttlMs?: number;
  readonly seed?: number;
  readonly latencyMs?: number;
  readonly rates?: FaultRates;
  /** Puts something between each process and the store. */
  readonly wrap?: (store: KvStore) => KvStore;
}

export function startProcesses(count: number, options: ProcessesOptions = {}): Processes {
  const { ttlMs, seed = 1, latencyMs = 0, rates = {}, wrap = (store) => store, ...managerOptions } = options;
  const clock = new FakeClock();
  const memory = memoryStore({ clock });
  const start = (number: number): Process => {
    const random = seededRandom(seed * 1_000 + number);
    const faulty = withFaults(wrap(memory), { clock, random, rates, latencyMs, outageMs: 40 });
    return { faulty, sessions: new SessionManager(faulty, ttlMs, { clock, random, ...managerOptions }) };
  };
  const all = [start(0), ...times(count - 1, (position) => start(position + 1))] as const;
  return { clock, memory, all };
}

/** As many times the same. */
export function times<Result>(count: number, make: (position: number) => Result): Result[] {
  return Array.from({ length: count }, (_, position) => make(position));
}
