import {
  AlreadyExistsError,
  type Capabilities,
  type Clock,
  conditionOf,
  type Entry,
  type Key,
  KeyNotFoundError,
  type KvStore,
  type PutOptions,
  stringToBytes,
  UnavailableError,
  type Value,
  VersionMismatchError,
} from '@norikv/store';
import { createMemoryStore, seededRandom } from '@norikv/testkit';

/** A call on its way to the store. */
interface Call {
  readonly process: number;
  readonly apply: () => unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly isWrite: boolean;
}

/** The chances of what can happen to a call. */
export interface Hazards {
  readonly lost: number;
  readonly crash: number;
}

// Taken at load, so that nothing can fake it.
const nextTurn = globalThis.setImmediate;
const capabilities: Capabilities = { ...createMemoryStore().capabilities, engine: 'simulation' };

/**
 * One store and the processes that call it, in virtual time. Each step delivers one call, chosen at random;
 * requests and replies get lost or late, and processes die with calls on their way.
 */
export class World {
  readonly random: () => number;
  readonly data = new Map<string, Entry>();
  readonly #hazards: Hazards;
  readonly #capabilities: Capabilities;
  #calls: Call[] = [];
  #timers: { readonly at: number; readonly process: number; readonly callback: () => void }[] = [];
  #nowMs = 0;
  #writes = 0n;
  #processes = 0;
  readonly #dead = new Set<number>();
  readonly #mourners = new Map<number, () => void>();
  isCalm = false;
  steps = 0;
  crashes = 0;

  constructor(seed: number, hazards: Hazards) {
    this.random = seededRandom(seed);
    this.#hazards = hazards;
    // Half of the worlds take small values only, so that commits get parts and tails get full.
    const maxValueBytes = this.random() < 0.5 ? 2 ** 14 : 2 ** 20;
    this.#capabilities = { ...capabilities, maxValueBytes };
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  /** A new process: a store object and a clock of its own. */
  spawn(): { readonly process: number; readonly client: KvStore; readonly clock: Clock } {
    const process = this.#processes++;
    const call = <T>(isWrite: boolean, apply: () => T): Promise<T> =>
      new Promise((resolve, reject) => {
        if (this.#dead.has(process)) return;
        this.#calls.push({ process, apply, resolve: resolve as (answer: unknown) => void, reject, isWrite });
      });
    const client: KvStore = {
      capabilities: this.#capabilities,
      find: (key) => call(false, () => this.#copy(key)),
      get: (key) =>
        call(false, () => {
          const entry = this.#copy(key);
          if (!entry) throw new KeyNotFoundError('absent');
          return entry;
        }),
      put: (key, value, options) => call(true, () => this.#put(key, value, options)),
      delete: (key) => call(true, () => this.data.delete(`${key}`)),
    };
    const clock: Clock = {
      now: () => 1_700_000_000_000 + this.#nowMs,
      monotonic: () => this.#nowMs,
      startTimer: (callback, delayMs) => {
        const timer = { at: this.#nowMs + delayMs, process, callback };
        this.#timers.push(timer);
        return () => {
          this.#timers = this.#timers.filter((other) => other !== timer);
        };
      },
    };
    return { process, client, clock };
  }

  /** The number the next process will have. */
  get nextProcess(): number {
    return this.#processes;
  }

  /** Resolves when a process dies. */
  deathOf(process: number): Promise<void> {
    return new Promise((resolve) => {
      this.#mourners.set(process, resolve);
    });
  }

  /** Runs until the work is done, or nothing is left that could happen. */
  async run(work: Promise<unknown>): Promise<void> {
    let isDone = false;
    const finish = (): void => {
      isDone = true;
    };
    work.then(finish, finish);
    for (;;) {
      await new Promise((resolve) => nextTurn(resolve));
      if (isDone) break;
      if (!this.#step()) throw new Error('the simulation is stuck');
    }
    await work;
  }

  /** Delivers what is still on its way, until nothing happens any more. */
  async drain(): Promise<void> {
    while (this.#calls.length > 0) {
      this.#step();
      await new Promise((resolve) => nextTurn(resolve));
    }
  }

  #step(): boolean {
    this.steps += 1;
    this.#nowMs += 1;
    if (this.#calls.length === 0)
      this.#nowMs = Math.max(this.#nowMs, Math.min(...this.#timers.map(({ at }) => at)));
    const due = this.#timers.filter(({ at }) => at <= this.#nowMs);
    this.#timers = this.#timers.filter(({ at }) => at > this.#nowMs);
    for (const { callback, process } of due) if (!this.#dead.has(process)) callback();
    const [call] = this.#calls.splice(this.below(this.#calls.length), 1);
    if (call) this.#deliver(call);
    return call !== undefined || due.length > 0;
  }

  #deliver(call: Call): void {
    const { lost, crash } = this.isCalm ? { lost: 0, crash: 0 } : this.#hazards;
    const fate = this.random();
    if (this.#dead.has(call.process)) {
      // What a dead process has sent may arrive or not.
      if (this.random() < 0.5) this.#quietly(call);
      return;
    }
    if (fate < lost) {
      if (fate < lost / 3) this.#quietly(call);
      else if (fate < (2 * lost) / 3 && call.isWrite) {
        this.#calls.push({ ...call, resolve: () => {}, reject: () => {}, process: call.process });
      }
      call.reject(new UnavailableError('no reply', { outcome: call.isWrite ? 'unknown' : 'not-applied' }));
      return;
    }
    if (fate < lost + crash) {
      this.crashes += 1;
      if (this.random() < 0.5) this.#quietly(call);
      this.#dead.add(call.process);
      this.#mourners.get(call.process)?.();
      return;
    }
    try {
      call.resolve(call.apply());
    } catch (error) {
      call.reject(error);
    }
  }

  #quietly({ apply }: Call): void {
    try {
      apply();
    } catch {}
  }

  #copy(key: Key): Entry | null {
    return this.data.get(`${key}`) ?? null;
  }

  #put(key: Key, value: Value, options?: PutOptions): Entry['version'] {
    const current = this.data.get(`${key}`);
    const condition = conditionOf(options);
    if (condition.kind === 'absent' && current) throw new AlreadyExistsError('exists', { actual: current });
    if (condition.kind === 'version' && current?.version.index !== condition.version.index) {
      throw new VersionMismatchError('mismatch', { actual: current ?? null });
    }
    this.#writes += 1n;
    const version = { term: 1n, index: this.#writes };
    this.data.set(`${key}`, { value: typeof value === 'string' ? stringToBytes(value) : value, version });
    return version;
  }
}
