import { createUpdater, keep, type Updater, type UpdaterOptions, write } from '@norikv/cas-retry';
import type { KvStore } from '@norikv/store';
import { CheckpointLostError } from '../errors.js';
import { checkName } from '../log/log-keys.js';
import { recordCodec } from '../log/record.js';

/** How far a group of consumers has come in a partition, and whose turn it is: the newest epoch's. */
export interface Checkpoint {
  readonly position: number;
  readonly epoch: number;
}

const codec = recordCodec<Checkpoint>('checkpoint');

/** The checkpoints of one group of consumers. */
export class Checkpoints {
  readonly #key: (partition: number) => string;
  readonly #updater: Updater;

  constructor(client: KvStore, prefix: string, group: string, options: UpdaterOptions) {
    const name = encodeURIComponent(checkName('group', group, 200));
    this.#key = (partition) => `${prefix}:c:${name}:${partition}`;
    this.#updater = createUpdater(client, options);
  }

  /** Takes a partition over from whoever has it. `from` sets the position; without it, it stays. */
  claim(partition: number, from?: number): Promise<Checkpoint> {
    return this.#updater.update(this.#key(partition), codec, (current = { position: 0, epoch: 0 }) => {
      const claimed = { position: from ?? current.position, epoch: current.epoch + 1 };
      return write(claimed, claimed);
    });
  }

  /** Moves on; true when that is kept. @throws CheckpointLostError if another consumer has claimed the partition. */
  async save(partition: number, { position, epoch }: Checkpoint): Promise<true> {
    const isKept = await this.#updater.update(this.#key(partition), codec, (current) =>
      current?.epoch === epoch ? write({ position, epoch }, true) : keep(false),
    );
    if (isKept) return true;
    throw new CheckpointLostError(
      `Another consumer has taken over partition ${partition}; this one has stopped.`,
    );
  }
}
