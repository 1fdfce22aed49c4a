import { keep, remove, write } from '@norikv/cas-retry';
import type { CallBudget } from '../core/call-budget.js';
import type { LimitedUpdater } from '../core/limited-updater.js';
import { mapBounded } from '../core/map-bounded.js';
import { storedAs } from '../core/stored-as.js';
import { floatsFromText, floatsToText } from './float-text.js';
import { shortHash } from './short-hash.js';
import type { Training } from './trainings.js';

type Part = ReadonlyMap<string, string>;

/** About 70 kB for vectors of 128 numbers. */
const productsPerShard = 100;

const partCodec = storedAs(
  (part: Part) => [...part],
  (data): Part => {
    const entries = data as readonly (readonly [string, string])[];
    const isPart = Array.isArray(entries) && entries.every((entry) => isTexts(entry));
    if (!isPart) throw new TypeError('not learned vectors');
    return new Map(entries);
  },
);

/** How many records the learned vectors of so many products take. */
export function shardsFor(products: number): number {
  return Math.ceil(products / productsPerShard);
}

/**
 * The learned vectors of a training by product, in KV records that never change: the truth from which the
 * vectors that are searched are made.
 */
export class LearnedVectors {
  readonly #updater: LimitedUpdater;
  readonly #prefix: string;
  readonly #concurrency: number;

  constructor(updater: LimitedUpdater, prefix: string, concurrency: number) {
    this.#updater = updater;
    this.#prefix = prefix;
    this.#concurrency = concurrency;
  }

  async write(
    training: Training,
    vectors: ReadonlyMap<string, Float32Array>,
    budget: CallBudget,
  ): Promise<void> {
    const parts = Array.from({ length: training.shards }, () => new Map<string, string>());
    for (const [id, vector] of vectors) parts[shardOf(id, training)]?.set(id, floatsToText(vector));
    await mapBounded(parts, this.#concurrency, (part, shard) =>
      this.#updater.update(this.#keyOf(training, shard), partCodec, () => write(part, null), budget),
    );
  }

  /** What was learned about a product; null if nothing. One round trip. */
  async get(training: Training, productId: string, budget: CallBudget): Promise<Float32Array | null> {
    const key = this.#keyOf(training, shardOf(productId, training));
    const part = await this.#updater.read(key, partCodec, budget);
    const text = part?.get(productId);
    return text === undefined ? null : floatsFromText(text);
  }

  /** Removes all of a training. */
  async remove(training: Training, budget: CallBudget): Promise<void> {
    const shards = Array.from({ length: training.shards }, (_, shard) => shard);
    const clear = (part: Part | undefined) => (part ? remove(null) : keep(null));
    await mapBounded(shards, this.#concurrency, (shard) =>
      this.#updater.update(this.#keyOf(training, shard), partCodec, clear, budget),
    );
  }

  #keyOf({ number }: Training, shard: number): string {
    return `${this.#prefix}learned/${number}/${shard}`;
  }
}

function shardOf(productId: string, { shards }: Training): number {
  return Buffer.from(shortHash(productId), 'base64url').readUInt32BE(0) % shards;
}

function isTexts(entry: unknown): boolean {
  return Array.isArray(entry) && entry.length === 2 && entry.every((text) => typeof text === 'string');
}
