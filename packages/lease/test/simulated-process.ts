import { type CancelTimer, type Clock, find, type KvStore } from '@norikv/store';
import type { ProcessClock } from '@norikv/testkit';

/** A process that can stand still for a while, or for ever: its timers do not fire and no reply reaches it. */
export class SimulatedProcess implements Clock {
  readonly #clock: ProcessClock;
  #isFrozen = false;
  #hasBeenFrozen = false;
  #isDead = false;
  #waiting: (() => void)[] = [];

  constructor(clock: ProcessClock) {
    this.#clock = clock;
  }

  /** Whether it has run all the time so far. */
  get hasNeverStood(): boolean {
    return !this.#hasBeenFrozen && !this.#isDead;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  startTimer(callback: () => void, delayMs: number): CancelTimer {
    let isCancelled = false;
    const cancel = this.#clock.startTimer(() => {
      this.#whenRunning(() => {
        if (!isCancelled) callback();
      });
    }, delayMs);
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  jumpWallClock(ms: number): void {
    this.#clock.jumpWallClock(ms);
  }

  /** Stands still; time goes on. */
  freeze(ms: number): void {
    this.#isFrozen = true;
    this.#hasBeenFrozen = true;
    this.#clock.startTimer(() => {
      this.#isFrozen = false;
      const due = this.#waiting;
      this.#waiting = [];
      for (const step of due) this.#whenRunning(step);
    }, ms);
  }

  crash(): void {
    this.#isDead = true;
    this.#waiting = [];
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.startTimer(resolve, ms);
    });
  }

  /** The store as this process reaches it: what was sent arrives, but answers wait until it runs. */
  connect(store: KvStore): KvStore {
    const reach = <Result>(call: () => Promise<Result>): Promise<Result> =>
      new Promise((resolve, reject) => {
        if (this.#isDead) return;
        call().then(
          (result) => this.#whenRunning(() => resolve(result)),
          (error) => this.#whenRunning(() => reject(error)),
        );
      });
    return {
      capabilities: store.capabilities,
      get: (key, options) => reach(() => store.get(key, options)),
      find: (key, options) => reach(() => find(store, key, options)),
      put: (key, value, options) => reach(() => store.put(key, value, options)),
      delete: (key, options) => reach(() => store.delete(key, options)),
    };
  }

  #whenRunning(step: () => void): void {
    if (this.#isDead) return;
    if (this.#isFrozen) this.#waiting.push(step);
    else step();
  }
}
