import { createUpdater, keep, type Updater, type UpdaterOptions, write } from '@norikv/cas-retry';
import { InvalidArgumentError, type KvStore } from '@norikv/store';
import type { RecordedEvent } from '../events/event-types.js';
import { checkName } from '../log/log-keys.js';
import { recordCodec } from '../log/record.js';

/** One record of a projection, with the version of each stream that is in it. */
interface View {
  readonly state: unknown;
  readonly versions: Readonly<Record<string, number>>;
}

/** Which generation of a projection is read, and which one is being built. */
interface Generations {
  readonly live: number;
  /** The revision of the live one; absent until a projection keeps it up to date. */
  readonly revision?: string | undefined;
  readonly building?: { readonly generation: number; readonly revision: string } | undefined;
}

const viewCodec = recordCodec<View>('view');
const generationsCodec = recordCodec<Generations>('view');

/** The records of one projection. */
export class ViewRecords {
  readonly #prefix: string;
  readonly #name: string;
  readonly #updater: Updater;

  constructor(client: KvStore, prefix: string, name: string, options: UpdaterOptions) {
    this.#prefix = prefix;
    this.#name = encodeURIComponent(checkName('name', name, 100));
    this.#updater = createUpdater(client, options);
  }

  async read(generation: number, key: string): Promise<unknown> {
    return (await this.#updater.read(this.#key(generation, key), viewCodec))?.state;
  }

  /** Applies an event, unless it is in the record already. */
  apply(
    generation: number,
    key: string,
    { aggregateId, version }: Pick<RecordedEvent, 'aggregateId' | 'version'>,
    change: (state: unknown) => unknown,
  ): Promise<void> {
    return this.#updater.update(this.#key(generation, key), viewCodec, (view) => {
      const versions = new Map(Object.entries(view?.versions ?? {}));
      if ((versions.get(aggregateId) ?? 0) >= version) return keep(undefined);
      versions.set(aggregateId, version);
      return write({ state: change(view?.state), versions: Object.fromEntries(versions) }, undefined);
    });
  }

  async live(): Promise<number> {
    return (await this.#updater.read(this.#generationsKey(), generationsCodec))?.live ?? 1;
  }

  /**
   * The generation to keep up to date with code of a revision.
   *
   * @throws InvalidArgumentError if that was computed by another revision: the two would be mixed.
   */
  async open(revision: string): Promise<number> {
    const { live, revision: known } = await this.#updater.update(
      this.#generationsKey(),
      generationsCodec,
      (current = { live: 1 }) => {
        const next = { revision, ...current };
        return current.revision === undefined ? write(next, next) : keep(next);
      },
    );
    if (known === revision) return live;
    throw new InvalidArgumentError(
      `revision is ${JSON.stringify(revision)}, but the records of "${this.#name}" are of ${JSON.stringify(known)}; rebuild them, or start code of that revision`,
    );
  }

  /** The generation to build: one that was begun with the same revision, or a new one. */
  begin(revision: string): Promise<number> {
    return this.#updater.update(this.#generationsKey(), generationsCodec, (current = { live: 1 }) => {
      const { live, building } = current;
      if (building?.revision === revision) return keep(building.generation);
      const generation = Math.max(live, building?.generation ?? 0) + 1;
      return write({ ...current, building: { generation, revision } }, generation);
    });
  }

  /** Reads are answered from this generation from now on; false if they are from a newer one. */
  switchTo(generation: number, revision: string): Promise<boolean> {
    return this.#updater.update(this.#generationsKey(), generationsCodec, (current = { live: 1 }) => {
      const { live, building } = current;
      if (live >= generation) return keep(live === generation);
      // A generation that others are building goes on, and keeps its number to itself.
      const others = building && building.generation > generation ? { building } : {};
      return write({ live: generation, revision, ...others }, true);
    });
  }

  #generationsKey(): string {
    return `${this.#prefix}:m:${this.#name}`;
  }

  #key(generation: number, key: string): string {
    return `${this.#prefix}:v:${this.#name}:${generation}:${checkName('key', key)}`;
  }
}
