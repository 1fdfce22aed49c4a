import { createUpdater, keep, remove, type Updater, type UpdaterOptions, write } from '@norikv/cas-retry';
import { type KvStore, requireCapabilities } from '@norikv/store';
import { checkObject, checkWhole } from '@norikv/store/checks';
import { stateToJson } from './events/json.js';
import type { Reducer, SnapshotSource } from './events/reducer.js';
import type { Snapshot } from './log/head.js';
import { checkName, checkPrefix } from './log/log-keys.js';
import { recordCodec } from './log/record.js';

/** Options of a {@link SnapshotStore}. */
export interface SnapshotStoreOptions extends UpdaterOptions {
  /** Begins every key. Default `events`. */
  readonly prefix?: string | undefined;
  /** Accepts a store that does not declare the guarantees needed. */
  readonly unsafeAllowNonAtomicCas?: boolean | undefined;
}

const codec = recordCodec<Snapshot>('snapshot');

/**
 * Snapshots in keys of their own, for state too large for the record of a stream.
 *
 * An older one never replaces a newer one of the same revision. A snapshot only saves reading: loading
 * without it gives the same state, but for events that `truncateStream` has cut off since: a snapshot still counts those.
 *
 * @example
 * ```ts
 * const snapshots = new SnapshotStore(client);
 * const { state, version } = await store.load('account-1', balance, snapshots);
 * await snapshots.save('account-1', balance, { state, version });
 * ```
 */
export class SnapshotStore implements SnapshotSource {
  readonly #prefix: string;
  readonly #updater: Updater;

  /**
   * @throws UnsupportedError if the store does not guarantee what this needs.
   * @throws InvalidArgumentError for a bad option.
   */
  constructor(client: KvStore, options: SnapshotStoreOptions = {}) {
    const { prefix = 'events', unsafeAllowNonAtomicCas, ...rest } = checkObject('options', options);
    requireCapabilities(client, 'SnapshotStore', ['atomicCas', 'createIfAbsent'], unsafeAllowNonAtomicCas);
    this.#prefix = checkPrefix(prefix);
    this.#updater = createUpdater(client, rest);
  }

  /** One round trip. */
  get(
    aggregateId: string,
    reducerName: string,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Snapshot | undefined> {
    return this.#updater.read(this.#key(aggregateId, reducerName), codec, options);
  }

  /**
   * True if it was kept, false if a newer one was there.
   *
   * @throws InvalidArgumentError for state that is no JSON, such as dates and maps, and for a version that is none.
   */
  async save<State>(
    aggregateId: string,
    { name, revision }: Pick<Reducer<State>, 'name' | 'revision'>,
    { state, version }: { readonly state: State; readonly version: number },
  ): Promise<boolean> {
    checkWhole('version', version, 0);
    // A copy: it is written later, and the state is the caller's.
    const copy: State = JSON.parse(stateToJson(state, name));
    return this.#updater.update(this.#key(aggregateId, name), codec, (current) => {
      if (current && current.revision === revision && current.version >= version) return keep(false);
      return write({ version, revision, state: copy }, true);
    });
  }

  /**
   * Removes the snapshot of a stream, which deleting the stream leaves behind. Call it after that, and when nothing
   * saves snapshots of the stream any more. True if there was one.
   */
  delete(aggregateId: string, reducerName: string): Promise<boolean> {
    return this.#updater.update(this.#key(aggregateId, reducerName), codec, (current) =>
      current ? remove(true) : keep(false),
    );
  }

  #key(aggregateId: string, reducerName: string): string {
    const name = encodeURIComponent(checkName('reducer.name', reducerName, 100));
    return `${this.#prefix}:n:${checkName('aggregateId', aggregateId)}:${name}`;
  }
}
