import { bytesToString, errorCode, type KvStore, stringToBytes, type Value } from '@norikv/store';
import { createMemoryStore, FakeClock, type MemoryStore, seededRandom, withFaults } from '@norikv/testkit';
import { Campaigns } from '../src/campaigns.js';
import { Entrance } from '../src/entrance.js';
import { Fence, type Lease, type LeaseEvent } from '../src/index.js';
import { type LeaseRecord, leaseCodec } from '../src/lease-record.js';
import { Ledger } from '../src/ledger.js';
import { settingsOf } from '../src/settings.js';
import { SimulatedProcess } from './simulated-process.js';

/** A break of the code, to see that the simulator notices. */
export type Mutation = 'none' | 'unconditional put' | 'no epoch bump' | 'negative margin';

/** What can happen in a schedule, beside crashes, faults of the store, drift and steps of the wall clock. */
export interface Circumstances {
  readonly pauses: boolean;
  readonly mutation: Mutation;
}

/** What happened in one schedule, or in many. */
export interface Tally {
  grants: number;
  /** Grants while another process believed it held the lease. */
  overlaps: number;
  /** Grants whose epoch was not above all epochs before. */
  repeatedEpochs: number;
  /** Writes that reached a resource after one of a later holder. */
  staleWrites: number;
  /** Those of them that its fence let pass. */
  staleAccepted: number;
  /** Writes of the newest holder that the fence refused. */
  wronglyRefused: number;
  /** Handles that were held again after their loss. */
  revived: number;
  /** Signals that were aborted later than the deadline, in a process that was running. */
  lateSignals: number;
  /** Writes to the record that no transition allows, such as a release of another tenure. */
  illegalWrites: number;
}

const ttlMs = 1_000;
const lengthMs = 2.5 * ttlMs;
const key = 'lease:x';
const times = { ttlMs, renewEveryMs: 450, requestTimeoutMs: 150, pollMs: 800 };
const rates = {
  'lost-request': 0.04,
  'lost-reply': 0.04,
  'delayed-delivery': 0.04,
  'duplicated-delivery': 0.04,
  'own-mismatch': 0.02,
  outage: 0.01,
};

export function emptyTally(): Tally {
  return {
    grants: 0,
    overlaps: 0,
    repeatedEpochs: 0,
    staleWrites: 0,
    staleAccepted: 0,
    wronglyRefused: 0,
    revived: 0,
    lateSignals: 0,
    illegalWrites: 0,
  };
}

interface Holding {
  readonly lease: Lease;
  readonly process: SimulatedProcess;
  /** When it was last known to be good, on the clock of its process. */
  confirmedAt: number;
  isLost: boolean;
}

/** Runs one random schedule of a few processes that compete for a lease, and adds up what happened. */
export async function simulate(seed: number, circumstances: Circumstances, tally: Tally): Promise<void> {
  await new Schedule(seed, circumstances, tally).run();
}

class Schedule {
  readonly #clock = new FakeClock();
  readonly #random: () => number;
  readonly #circumstances: Circumstances;
  readonly #tally: Tally;
  readonly #store: KvStore;
  readonly #holdings: Holding[] = [];
  readonly #fence = new Fence();
  /** Place in the order of grants of the latest holder that reached the resource. */
  #latestWriter = -1;
  #record: LeaseRecord | undefined;

  constructor(seed: number, circumstances: Circumstances, tally: Tally) {
    this.#random = seededRandom(seed);
    this.#circumstances = circumstances;
    this.#tally = tally;
    const mismatchCarriesEntry = this.#random() < 0.5;
    this.#store = this.#inspected(createMemoryStore({ clock: this.#clock, mismatchCarriesEntry }));
  }

  async run(): Promise<void> {
    const candidates = this.#random() < 0.7 ? 2 : 3;
    for (let candidate = 0; candidate < candidates; candidate += 1) this.#spawn();
    await this.#clock.run(() => new Promise<void>((resolve) => this.#clock.startTimer(resolve, lengthMs)));
  }

  #spawn(): void {
    const random = this.#random;
    const process = new SimulatedProcess(this.#clock.drifted(0.95 + 0.1 * random(), random() * 1e9));
    const slowness = random() < 0.2 ? 160 : 20;
    const store = withFaults(this.#store, {
      clock: this.#clock,
      random,
      rates,
      latencyMs: () => random() * slowness,
      delayMs: () => random() * 1.5 * ttlMs,
      outageMs: 0.4 * ttlMs,
    });
    const onEvent = (event: LeaseEvent): void => {
      const holding =
        event.kind === 'renewed' && this.#holdings.find(({ lease }) => lease.token === event.token);
      if (holding) holding.confirmedAt = process.monotonic();
    };
    const settings = settingsOf({ ...times, clock: process, random, onEvent });
    const margin = this.#circumstances.mutation === 'negative margin' ? { holdMs: 1.2 * ttlMs } : {};
    const ledger = new Ledger(process.connect(store), { ...settings, ...margin });
    void this.#live(process, new Entrance(new Campaigns(ledger), { name: 'x', keys: () => [key] }));
  }

  async #live(process: SimulatedProcess, entrance: Entrance): Promise<void> {
    const random = this.#random;
    if (random() < 0.3) {
      const jumpMs = (2 * random() - 1) * 3_600_000;
      process.startTimer(() => process.jumpWallClock(jumpMs), random() * lengthMs);
    }
    for (;;) {
      await process.sleep(random() * 300);
      const lease = await entrance.acquire();
      this.#granted(lease, process);
      const fate = random();
      const workMs = random() * 1.5 * ttlMs;
      process.startTimer(() => this.#write(lease), random() * workMs);
      await Promise.race([process.sleep(workMs), lease.lost]);
      if (fate < 0.4) {
        process.crash();
        if (random() < 0.7) this.#spawn();
        return;
      }
      if (fate < 0.7 && this.#circumstances.pauses) process.freeze(random() * 2.5 * ttlMs);
      await process.sleep(1);
      this.#write(lease);
      await lease.release().catch(() => {});
    }
  }

  #granted(lease: Lease, process: SimulatedProcess): void {
    const tally = this.#tally;
    tally.grants += 1;
    for (const other of this.#holdings) {
      if (lease.token <= other.lease.token) tally.repeatedEpochs += 1;
      if (!other.lease.isHeld()) continue;
      tally.overlaps += 1;
      if (other.isLost) tally.revived += 1;
    }
    const holding: Holding = { lease, process, confirmedAt: process.monotonic(), isLost: false };
    this.#holdings.push(holding);
    lease.signal.addEventListener('abort', () => {
      holding.isLost = true;
      if (lease.isHeld()) tally.revived += 1;
      const isLate = process.monotonic() - holding.confirmedAt > 0.9 * ttlMs + 1;
      if (isLate && process.hasNeverStood) tally.lateSignals += 1;
    });
  }

  /** A write of a holder that looked before it sent, and that is on its way for any time. */
  #write(lease: Lease): void {
    if (!lease.isHeld()) return;
    const writer = this.#holdings.findIndex((holding) => holding.lease === lease);
    this.#clock.startTimer(() => this.#arrive(writer, lease.token), this.#random() * 2.5 * ttlMs);
  }

  #arrive(writer: number, token: bigint): void {
    const isStale = writer < this.#latestWriter;
    let isAccepted = true;
    try {
      this.#fence.accept(token);
    } catch (error) {
      if (errorCode(error) !== 'STALE_TOKEN') throw error;
      isAccepted = false;
    }
    if (isStale) this.#tally.staleWrites += 1;
    if (isStale && isAccepted) this.#tally.staleAccepted += 1;
    if (!isStale && !isAccepted) this.#tally.wronglyRefused += 1;
    this.#latestWriter = Math.max(this.#latestWriter, writer);
  }

  /** Looks at every write that was applied, and plays the mutations. */
  #inspected(memory: MemoryStore): KvStore {
    const { mutation } = this.#circumstances;
    return {
      capabilities: memory.capabilities,
      get: (storeKey, options) => memory.get(storeKey, options),
      find: (storeKey, options) => memory.find(storeKey, options),
      delete: (storeKey, options) => memory.delete(storeKey, options),
      put: async (storeKey, value, options) => {
        const bytes = mutation === 'no epoch bump' ? this.#withoutBump(value) : value;
        const version = await memory.put(storeKey, bytes, mutation === 'unconditional put' ? {} : options);
        this.#applied(recordIn(bytes));
        return version;
      },
    };
  }

  #applied(next: LeaseRecord): void {
    const last = this.#record;
    this.#record = next;
    if (last === undefined) return;
    const isSuccessor = next.tenure !== last.tenure;
    const isLegal = isSuccessor
      ? next.epoch > last.epoch && next.holder !== null
      : next.epoch === last.epoch && next.seq === last.seq + 1 && last.holder !== null;
    if (!isLegal) this.#tally.illegalWrites += 1;
  }

  #withoutBump(value: Value): Value {
    const next = recordIn(value);
    if (this.#record === undefined || next.tenure === this.#record.tenure) return value;
    return textOf(value).replace(`"epoch":"${next.epoch}"`, `"epoch":"${this.#record.epoch}"`);
  }
}

function recordIn(value: Value): LeaseRecord {
  const text = textOf(value);
  return leaseCodec.decode(stringToBytes(text.slice(text.indexOf('\n') + 1)));
}

function textOf(value: Value): string {
  return typeof value === 'string' ? value : bytesToString(value);
}
