import { openEmbedded } from '@norikv/embedded';
import { bytesToString, type KvStore } from '@norikv/store';
import {
  type CountedStore,
  countCalls,
  createMemoryStore,
  FakeClock,
  type FaultyStore,
  type Latency,
  seededRandom,
  withFaults,
} from '@norikv/testkit';
import { createLeases, type LeaseEvent, type Leases, type LeasesOptions } from '../src/index.js';
import { SimulatedProcess } from './simulated-process.js';

// Taken at load, so that nothing a test does to the globals matters.
const nextTurn = globalThis.setImmediate;
const stepMs = 10;

/** A store that leases can be tested on, and how to open a fresh one. */
export interface StoreKind {
  readonly name: string;
  open(clock: FakeClock): Promise<KvStore & AsyncDisposable>;
}

/** Every scenario runs on each of these; an engine is added here. */
export const stores: readonly StoreKind[] = [
  {
    name: 'memory',
    open: async (clock) => createMemoryStore({ clock, capabilities: { durableAck: true } }),
  },
  { name: 'embedded', open: () => openEmbedded() },
];

export interface NodeOptions extends Omit<LeasesOptions, 'clock'> {
  /** Speed of this node's clocks. Default 1. */
  readonly rate?: number;
  /** Time of a store call. Default 2. */
  readonly latencyMs?: Latency;
  /** Puts something between the leases and the store. */
  readonly wrap?: (store: KvStore) => KvStore;
}

/** One process: a client, clocks and random numbers of its own. */
export interface Node {
  readonly owner: string;
  readonly leases: Leases;
  /** What the leases use; its calls are counted. */
  readonly store: CountedStore;
  readonly faults: FaultyStore['faults'];
  /** Its clock, and a way to freeze or kill it. */
  readonly process: SimulatedProcess;
  readonly random: () => number;
  readonly events: LeaseEvent[];
  kinds(): string[];
}

/** Several processes over one store in virtual time. A store that does real work is waited for. */
export class World implements AsyncDisposable {
  readonly clock: FakeClock;
  readonly #base: KvStore & AsyncDisposable;
  #inFlight = 0;
  #nodes = 0;

  private constructor(base: KvStore & AsyncDisposable, clock: FakeClock) {
    this.#base = base;
    this.clock = clock;
  }

  static async open(kind: StoreKind): Promise<World> {
    const clock = new FakeClock();
    return new World(await kind.open(clock), clock);
  }

  node(options: NodeOptions = {}): Node {
    this.#nodes += 1;
    const { rate = 1, latencyMs = 2, wrap = (store) => store, ...leasesOptions } = options;
    const owner = options.owner ?? `node-${this.#nodes}`;
    const process = new SimulatedProcess(this.clock.drifted(rate, this.#nodes * 1_000_000));
    const random = options.random ?? seededRandom(this.#nodes);
    const faulty = withFaults(this.#watched(), { clock: this.clock, latencyMs, random });
    const store = countCalls(wrap(process.connect(faulty)));
    const events: LeaseEvent[] = [];
    const onEvent = (event: LeaseEvent): void => void events.push(event);
    const leases = createLeases(store, { onEvent, random, ...leasesOptions, owner, clock: process });
    const kinds = (): string[] => events.map(({ kind }) => kind);
    return { owner, leases, store, faults: faulty.faults, process, random, events, kinds };
  }

  /** Lets virtual time pass. */
  async pass(ms: number): Promise<void> {
    const until = this.clock.monotonic() + ms;
    for (let left = ms; left > 0; left = until - this.clock.monotonic()) {
      await this.#settled();
      await this.clock.advance(Math.min(stepMs, left));
    }
    await this.#settled();
  }

  /** Lets virtual time pass until the work is done, and returns what it gave. */
  async run<Result>(work: Promise<Result> | (() => Promise<Result>)): Promise<Result> {
    let isDone = false;
    const result = typeof work === 'function' ? work() : work;
    const finish = (): void => {
      isDone = true;
    };
    result.then(finish, finish);
    await this.#settled();
    for (let steps = 0; !isDone; steps += 1) {
      if (steps > 1e6) throw new Error('The work is still pending after hours of virtual time');
      await this.pass(stepMs);
    }
    return result;
  }

  /** The store itself: no latency, no faults, nothing counted. */
  get base(): KvStore {
    return this.#base;
  }

  /** The bytes under a key, as text. */
  async text(key: string): Promise<string> {
    return bytesToString((await this.#base.get(key)).value);
  }

  /** The record of a lease. */
  async record(name: string): Promise<Record<string, unknown>> {
    return JSON.parse((await this.text(`lease:${name}`)).split('\n').at(-1) ?? '');
  }

  /** Changes the record of a lease behind everybody's back, as an operator might. */
  async tamper(name: string, change: Record<string, unknown>): Promise<void> {
    const record = { ...(await this.record(name)), ...change };
    await this.#base.put(`lease:${name}`, JSON.stringify(record));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#settled();
    await this.#base[Symbol.asyncDispose]();
  }

  #watched(): KvStore {
    const base = this.#base;
    const count = async <Result>(call: Promise<Result>): Promise<Result> => {
      this.#inFlight += 1;
      try {
        return await call;
      } finally {
        this.#inFlight -= 1;
      }
    };
    return {
      capabilities: base.capabilities,
      get: (key, options) => count(base.get(key, options)),
      put: (key, value, options) => count(base.put(key, value, options)),
      delete: (key, options) => count(base.delete(key, options)),
    };
  }

  async #settled(): Promise<void> {
    do await new Promise<void>((resolve) => nextTurn(resolve));
    while (this.#inFlight > 0);
  }
}
