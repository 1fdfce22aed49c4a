import {
  type Change,
  type Codec,
  createUpdater,
  type UpdateOptions,
  type Updater,
  type UpdaterOptions,
} from '@norikv/cas-retry';
import { type Clock, type KvStore, systemClock } from '@norikv/store';
import type { CallBudget } from './call-budget.js';
import { repeatable } from './repeatable.js';

/** An updater whose calls keep the limits of a call, and whose reads are repeated while the store cannot be reached. */
export class LimitedUpdater {
  readonly #updater: Updater;
  readonly #clock: Clock;
  readonly #random: () => number;

  constructor(store: KvStore, options: Pick<UpdaterOptions, 'clock' | 'random' | 'operationWindow'> = {}) {
    const { clock = systemClock, random = Math.random } = options;
    this.#updater = createUpdater(store, options);
    this.#clock = clock;
    this.#random = random;
  }

  read<State>(key: string, codec: Codec<State>, budget: CallBudget): Promise<State | undefined> {
    return repeatable((limits) => this.#updater.read(key, codec, limits), budget, this.#clock, this.#random);
  }

  update<State, Decided extends Change<State, unknown>>(
    key: string,
    codec: Codec<State>,
    transition: (current: State | undefined, now: number) => Decided,
    budget: CallBudget,
    operation: Pick<UpdateOptions, 'opId' | 'fingerprint'> = {},
  ): Promise<Decided['result']> {
    const { signal, timeoutMs } = budget.next();
    return this.#updater.update(key, codec, transition, { ...operation, signal, deadlineMs: timeoutMs });
  }
}
