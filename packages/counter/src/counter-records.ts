import { createUpdater, type Transition, type UpdateOptions, type Updater } from '@norikv/cas-retry';
import { type GetOptions, type Guarantee, type KvStore, requireCapabilities } from '@norikv/store';
import { checkText } from '@norikv/store/checks';
import type { Sum } from './bounds.js';
import { answerOf, codecOf, wholeNumber } from './counter-value.js';
import type { CounterOptions } from './options.js';
import { change, itself } from './transitions.js';

/** The records of counters in one store. */
export interface CounterRecords {
  readonly updater: Updater;
  read(key: string, options?: GetOptions): Promise<bigint | undefined>;
  update<Result>(
    key: string,
    transition: Transition<bigint, Result>,
    options?: UpdateOptions,
  ): Promise<Result>;
  /** Adds, by way of `sum` if that is more than `+`, and answers with the sum. */
  add(
    key: string,
    delta: number | bigint,
    options?: UpdateOptions,
    sum?: Sum,
    ttlMs?: number,
  ): Promise<bigint>;
}

/**
 * Checks the store, the name and the options on behalf of the counter class `user`, which may need more than
 * all do.
 *
 * @param suffix - the longest that is put after the name: a key that is too long would be met only when it is used.
 */
export function openRecords(
  store: KvStore,
  user: string,
  name: string,
  { format = 'record', unsafeAllowNonAtomicCas, ...updaterOptions }: CounterOptions,
  suffix = '',
  ...needs: Guarantee[]
): CounterRecords {
  const guarantees = ['atomicCas', 'createIfAbsent', 'linearizableReads', ...needs] as const;
  requireCapabilities(store, user, guarantees, unsafeAllowNonAtomicCas);
  checkText('name', name, (store.capabilities?.maxKeyBytes ?? 1_024) - suffix.length);
  const codec = codecOf(format);
  const updater = createUpdater(store, updaterOptions);
  const update: CounterRecords['update'] = (key, transition, options) =>
    updater.update(key, codec, transition, options);
  return {
    updater,
    update,
    read: (key, options) => updater.read(key, codec, options),
    async add(key, delta, options, sum = (value, addend) => value + addend, ttlMs) {
      const addend = wholeNumber('delta', delta);
      const next = (value: bigint): bigint => sum(value, addend);
      if (options?.opId === undefined) return update(key, change(next, itself, ttlMs), options);
      const fingerprint = `add:${addend}`;
      return answerOf(await update(key, change(next, String, ttlMs), { ...options, fingerprint }));
    },
  };
}
