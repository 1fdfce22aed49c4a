import { createUpdater, type Updater, type UpdaterOptions } from '@norikv/cas-retry';
import { errorCode, isNoriKVError, type Key, type KvStore } from '@norikv/store';
import { corrupt } from './record.js';

/** An updater that says of a damaged record which one it is, and what is wrong with it. */
export function recordUpdater(store: KvStore, options: UpdaterOptions): Updater {
  const updater = createUpdater(store, options);
  return {
    update: (key, codec, transition, limits) =>
      named(key, () => updater.update(key, codec, transition, limits)),
    read: (key, codec, limits) => named(key, () => updater.read(key, codec, limits)),
  };
}

async function named<Result>(key: Key, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const { cause } = (error ?? {}) as { readonly cause?: unknown };
    if (errorCode(error) !== 'CORRUPT_RECORD' || !isNoriKVError(cause)) throw error;
    throw corrupt(
      cause.message.replace(/^The stored value | It was left as it is\.$/g, '').replace(/\.$/, ''),
      key,
    );
  }
}
