import { createUpdater, keep, type Updater, type UpdaterOptions, write } from '@norikv/cas-retry';
import type { KvStore } from '@norikv/store';
import { CheckpointLostError } from '../errors.js';
import { checkName } from '../log/log-keys.js';
import { recordCodec } from '../log/record.js';

/** How far a group of consumers has come in a partition, and whose turn it is: the newest epoch's. */
export interface Checkpoint {
  readonly position: number;
  /** Of the item after it, the last version that was handled; 0 if none was. */
  readonly version: number;
  readonly epoch: number;
}

/** Where a consumer is to begin. */
export interface Beginning {
  /** The position to begin after, in a partition that the group is new to. Default: 0. */
  readonly begins: ReadonlyMap<number, number>;
  /** Whether to go on where the group left off. */
  readonly goesOn: boolean;
}

/** A partition that was taken over, and the place to begin at. */
export interface Claim {
  readonly partition: number;
  readonly place: Checkpoint;
}

const codec = recordCodec<Checkpoint>('checkpoint');

/** The checkpoints of one group of consumers. */
export class Checkpoints {
  readonly #group: string;
  readonly #key: (partition: number) => string;
  readonly #updater: Updater;

  constructor(client: KvStore, prefix: string, group: string, options: UpdaterOptions) {
    const name = encodeURIComponent(checkName('group', group, 200));
    this.#group = group;
    this.#key = (partition) => `${prefix}:c:${name}:${partition}`;
    this.#updater = createUpdater(client, options);
  }

  /**
   * Takes partitions over from their consumers, where the group left off; where it `begins` if it is new, or not to go on.
   *
   * The first is taken before the others, for an epoch above all theirs. So of consumers that begin at once the one that
   * comes last to the first partition gets them all: if each got some, all would stop.
   *
   * @throws CheckpointLostError if a newer consumer was faster.
   */
  async claim(partitions: readonly number[], beginning: Beginning): Promise<Claim[]> {
    const [first = 0, ...others] = partitions;
    const epochs = await Promise.all(others.map((partition) => this.#epochOf(partition)));
    const leading = await this.#take(first, beginning, (epoch) => Math.max(epoch, ...epochs) + 1);
    const { epoch } = leading.place;
    const claims = others.map((partition) => this.#take(partition, beginning, () => epoch));
    return [leading, ...(await Promise.all(claims))];
  }

  #epochOf(partition: number): Promise<number> {
    return this.#updater.update(this.#key(partition), codec, (current) => keep(current?.epoch ?? 0));
  }

  async #take(
    partition: number,
    { begins, goesOn }: Beginning,
    epochAfter: (epoch: number) => number,
  ): Promise<Claim> {
    const place = await this.#updater.update(this.#key(partition), codec, (current) => {
      const { epoch = 0 } = current ?? {};
      const next = epochAfter(epoch);
      if (next <= epoch) return keep(undefined);
      const left = (goesOn && current) || { position: begins.get(partition) ?? 0, version: 0 };
      const claimed = { ...left, epoch: next };
      return write(claimed, claimed);
    });
    return { partition, place: place ?? this.#lost(partition) };
  }

  /** Moves on; true when that is kept. @throws CheckpointLostError if another consumer has claimed the partition. */
  async save(partition: number, place: Checkpoint): Promise<true> {
    const isKept = await this.#updater.update(this.#key(partition), codec, (current) =>
      current?.epoch === place.epoch ? write(place, true) : keep(false),
    );
    return isKept || this.#lost(partition);
  }

  #lost(partition: number): never {
    throw new CheckpointLostError(
      `Another consumer of "${this.#group}" has taken over partition ${partition}; this one has stopped.`,
    );
  }
}
