import { createUpdater, keep, type Updater, type UpdaterOptions, write } from '@norikv/cas-retry';
import { InvalidArgumentError, type KvStore } from '@norikv/store';
import { recordCodec } from '../log/record.js';

const codec = recordCodec<{ readonly partitions: number }>('ledger');

/** The number of partitions a feed was made with: with another one, readers would miss events. */
export class PartitionCount {
  readonly #key: string;
  readonly #partitions: number;
  readonly #updater: Updater;
  #isRight: Promise<void> | undefined;

  constructor(store: KvStore, prefix: string, partitions: number, options: UpdaterOptions) {
    this.#key = `${prefix}:d:partitions`;
    this.#partitions = partitions;
    this.#updater = createUpdater(store, options);
  }

  /** One round trip at first, two if the feed is new, then none. @throws InvalidArgumentError if the feed has another number. */
  async check(): Promise<void> {
    this.#isRight ??= this.#compare().catch((error: unknown) => {
      this.#isRight = undefined;
      throw error;
    });
    await this.#isRight;
  }

  async #compare(): Promise<void> {
    const own = { partitions: this.#partitions };
    const { partitions } = await this.#updater.update(this.#key, codec, (stored) =>
      stored ? keep(stored) : write(own, own),
    );
    if (partitions === this.#partitions) return;
    throw new InvalidArgumentError(
      `partitions is ${this.#partitions}, but this feed was made with ${partitions}; use ${partitions}`,
    );
  }
}
