import { type Key, NoriKVError, type Outcome } from '@norikv/store';

/** Reads an answer. One that makes no sense leaves the outcome as if there had been none. */
export function understood<Result>(read: () => Result, outcome: Outcome, key?: Key): Result {
  try {
    return read();
  } catch (cause) {
    throw new NoriKVError(`etcd sent an answer that cannot be read (${cause})`, { outcome, key, cause });
  }
}
