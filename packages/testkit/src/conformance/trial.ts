import {
  type Key,
  type KvStore,
  type PutOptions,
  systemClock,
  type Value,
  type Version,
} from '@norikv/store';
import { sleep } from '../in-flight.js';
import { present } from './assertions.js';
import type { ConformanceOptions, ConformanceTarget } from './options.js';

/** One test's view of a store of its own. */
export type Trial = Pick<TargetTrial<ConformanceTarget>, keyof TargetTrial<ConformanceTarget>>;

/** A {@link Trial} that knows how its store is restarted. */
export class TargetTrial<Target extends ConformanceTarget> {
  readonly #options: ConformanceOptions<Target>;
  readonly #prefix = `conformance-${Math.random().toString(36).slice(2, 12)}`;
  #target: Target;
  #keys = 0;
  #handles = 0;
  #elapsedMs = 0;

  constructor(options: ConformanceOptions<Target>, target: Target) {
    this.#options = options;
    this.#target = target;
  }

  get store(): KvStore {
    return this.#target.store;
  }

  /** The store and its peers. */
  handles(): readonly KvStore[] {
    return [this.#target.store, ...(this.#target.peers ?? [])];
  }

  /** One handle after the other. */
  nextHandle(): KvStore {
    const handles = this.handles();
    return handles[this.#handles++ % handles.length] ?? this.store;
  }

  /** A key no other test uses, absent at first. */
  newKey(): string {
    this.#keys += 1;
    return `${this.#prefix}-${this.#keys}`;
  }

  /** Puts, and gives the version to use in a condition. */
  async write(key: Key, value: Value, options?: PutOptions): Promise<Version> {
    const version = await this.store.put(key, value, options);
    return this.#options.capabilities.putVersionUsable ? version : (await present(this.store, key)).version;
  }

  /** A count of the full load, scaled, at least `least`. */
  scaled(full: number, least = 2): number {
    return Math.max(least, Math.round(full * (this.#options.load ?? 1)));
  }

  /** The store's time in milliseconds: fake if the suite can advance it. */
  time(): number {
    return this.#options.advance ? this.#elapsedMs : systemClock.monotonic();
  }

  /** Lets time pass for the store. */
  async elapse(ms: number): Promise<void> {
    this.#elapsedMs += ms;
    if (this.#options.advance) await this.#options.advance(ms, this.#target);
    else await sleep(systemClock, Math.ceil(ms) + 1); // A real timer may fire a fraction early.
  }

  /** Waits in real time, whatever clock the store has. */
  waitReal(ms: number): Promise<void> {
    return sleep(systemClock, ms);
  }

  async jumpWallClock(ms: number): Promise<void> {
    await this.#options.jumpWallClock?.(ms, this.#target);
  }

  /** Closes the data in order and opens it again. */
  async reopen(): Promise<void> {
    this.#target = (await this.#options.reopen?.(this.#target)) ?? this.#target;
  }

  /** Ends the owner of the data without warning and opens it again. */
  async kill(): Promise<void> {
    this.#target = (await this.#options.kill?.(this.#target)) ?? this.#target;
  }

  async close(): Promise<void> {
    await this.#target.close();
  }
}
