import { errorCode, type KvStore } from '@norikv/store';
import { createMemoryStore, FakeClock, type FaultRates, seededRandom, withFaults } from '@norikv/testkit';
import { createErasure, type Erasure, EventFeed, EventStore, type RecordedEvent } from '../../src/index.js';
import { type MortalProcess, startProcess } from './mortal-process.js';
import type { Arrival, Attempt, Delivery, Sight } from './oracle.js';

/** An event of the schedules. The test numbers all it appends, each number once. */
export interface Noted {
  readonly type: 'Odd' | 'Even';
  readonly data: { readonly secret: number } | null;
}
export type NotedEvent = RecordedEvent<Noted>;

export interface Process extends MortalProcess {
  readonly clock: MortalProcess['clock'];
  readonly feed: EventFeed;
  readonly store: EventStore<Noted>;
  readonly erasure: Erasure;
}

/** When the erasure of a stream's data began, and when it was acknowledged. */
export interface Erased {
  readonly begunAt: number;
  doneAt: number;
}

const never: Erased = { begunAt: Number.POSITIVE_INFINITY, doneAt: Number.POSITIVE_INFINITY };
const passing = ['UNAVAILABLE', 'OUTCOME_UNKNOWN', 'DEADLINE_EXCEEDED', 'CONTENTION'];

export function numberOf({ metadata }: NotedEvent): number {
  return metadata.number as number;
}

export function eventOf(number: number) {
  const type = number % 2 === 0 ? 'Even' : 'Odd';
  return { type, data: { secret: number }, metadata: { number } } as const;
}

/** The stage of one schedule: a store that fails in every way, the processes on it, and what is noted of them. */
export class World {
  readonly random: () => number;
  readonly clock = new FakeClock();
  /** What all processes reach, as nobody does who may fail. */
  readonly memory: KvStore;
  readonly isProtected: boolean;
  /** Whether streams are deleted and truncated. */
  readonly isCut: boolean;
  readonly streams: readonly string[];
  readonly partitions: number;
  readonly processes: Process[];
  readonly broken: string[] = [];
  readonly outcomes = new Set<string>();
  readonly attempts: Attempt[] = [];
  readonly sights: Sight[] = [];
  readonly deliveries: Delivery[] = [];
  readonly arrivals: Arrival[] = [];
  /** The events that were parked and have been handled since. */
  readonly retried = new Set<string>();
  readonly goneUpTo = new Map<string, number>();
  readonly erasures = new Map<string, Erased>();
  readonly #newProcess: (rates: FaultRates) => Process;
  readonly #rates: FaultRates;
  #moment = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    const { clock, random } = this;
    const maxValueBytes = this.oneOf([2 ** 15, 2 ** 20]);
    const memory = createMemoryStore({
      clock,
      latencyMs: () => 0.5 + random() * 4,
      mismatchCarriesEntry: random() < 0.5,
      capabilities: { putVersionUsable: random() < 0.8, maxValueBytes },
    });
    this.memory = memory;
    const rate = random() < 0.25 ? 0 : random() * 0.1;
    this.#rates = {
      'lost-reply': rate,
      'lost-request': rate,
      'delayed-delivery': rate,
      'duplicated-delivery': rate,
      'own-mismatch': rate,
      outage: random() < 0.3 ? 0.004 : 0,
    };
    this.isProtected = random() < 0.35;
    this.isCut = random() < 0.4;
    this.partitions = this.oneOf([1, 1, 2, 3]);
    this.streams = Array.from(
      { length: 1 + this.upTo(4) },
      (_, place) => `${this.oneOf(['a', 'b'])}-${place}`,
    );
    const rollBytes = this.oneOf([1, 100, 400, 2_048]);
    const quietMs = this.oneOf([0, 10, 100, 1_000]);
    const publishSoon = random() < 0.6;
    this.#newProcess = (rates) => {
      const delayMs = (): number => random() * 300;
      const faulty = withFaults(memory, { clock, random, rates, delayMs, outageMs: this.upTo(400) });
      const process = startProcess(faulty, clock.drifted(0.8 + random() * 0.4, (random() - 0.5) * 1e9));
      const options = { clock: process.clock, random };
      const feed = new EventFeed(process.client, {
        ...options,
        partitions: this.partitions,
        quietMs,
        publishSoon,
      });
      const subjectOf = (stream: string) => (stream.startsWith('a') ? stream : undefined);
      const erasure = createErasure(process.client, { ...options, subjectOf });
      const protection = this.isProtected ? erasure : undefined;
      const store = new EventStore<Noted>(process.client, {
        ...options,
        ...{ rollBytes, feed, protection, operationWindow: 32 },
        deadlineMs: 300 + this.upTo(3_000),
        attemptTimeoutMs: 20 + this.upTo(200),
      });
      return { ...process, feed, store, erasure };
    };
    this.processes = Array.from({ length: 2 + this.upTo(3) }, () => this.#newProcess(this.#rates));
  }

  upTo(most: number): number {
    return Math.floor(this.random() * most);
  }

  oneOf<Item>(items: readonly Item[]): Item {
    return items[this.upTo(items.length)] as Item;
  }

  sleep(ms: number, clock: Process['clock'] = this.clock): Promise<void> {
    return new Promise((resolve) => {
      clock.startTimer(resolve, ms);
    });
  }

  /** A place in the order of all that happens. */
  nextMoment(): number {
    this.#moment += 1;
    return this.#moment;
  }

  /** Lets a process stand still, or die, and another one take its place. */
  async disturb(): Promise<void> {
    const place = this.upTo(this.processes.length);
    const process = this.processes[place];
    if (this.random() < 0.5) return process?.standStill(this.random() * 500);
    process?.kill();
    this.processes[place] = this.#newProcess(this.#rates);
  }

  /** Ends all processes, and all faults. */
  async calm(): Promise<Process> {
    for (const process of this.processes) process.kill();
    await this.clock.advance(1_000);
    return this.#newProcess({});
  }

  /** Takes an error that may come when the store fails, or has one of the codes. */
  expect(error: unknown, ...codes: readonly string[]): void {
    const code = errorCode(error) ?? '';
    this.outcomes.add(code);
    if (![...passing, ...codes].includes(code)) throw error;
  }

  /** When a stream's data was erased. */
  erasureOf(stream: string): Erased {
    return this.erasures.get(stream) ?? never;
  }

  /** Notes an event that was given to somebody who asked at a moment. */
  see(event: NotedEvent, askedAt: number): Sight {
    const sight = { stream: event.aggregateId, version: event.version, number: numberOf(event) };
    this.sights.push(sight);
    const { begunAt, doneAt } = this.erasureOf(sight.stream);
    const secret = event.data?.secret;
    if (secret === undefined && begunAt > this.#moment) this.broken.push(`${sight.stream} reads as erased`);
    if (secret !== undefined && doneAt < askedAt)
      this.broken.push(`${sight.stream} was read after its erasure`);
    if (secret !== undefined && secret !== sight.number) this.broken.push(`${sight.number} holds ${secret}`);
    return sight;
  }
}
