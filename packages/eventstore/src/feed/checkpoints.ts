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
  /** The position to begin after, in a partition that the group is new to. */
  readonly begin: number;
  /** Whether to go on where the group left off. */
  readonly goesOn: boolean;
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

  /** Takes a partition over from its consumer, where the group left off; at `begin` if it is new, or not to go on. */
  claim(partition: number, { begin, goesOn }: Beginning): Promise<Checkpoint> {
    return this.#updater.update(this.#key(partition), codec, (current) => {
      const place = (goesOn && current) || { position: begin, version: 0 };
      const claimed = { ...place, epoch: (current?.epoch ?? 0) + 1 };
      return write(claimed, claimed);
    });
  }

  /** Moves on; true when that is kept. @throws CheckpointLostError if another consumer has claimed the partition. */
  async save(partition: number, place: Checkpoint): Promise<true> {
    const isKept = await this.#updater.update(this.#key(partition), codec, (current) =>
      current?.epoch === place.epoch ? write(place, true) : keep(false),
    );
    if (isKept) return true;
    throw new CheckpointLostError(
      `Another consumer of "${this.#group}" has taken over partition ${partition}; this one has stopped.`,
    );
  }
}
