import type { Clock } from '@norikv/store';
import type { CallBudget } from '../core/call-budget.js';
import { LimitedUpdater } from '../core/limited-updater.js';
import { mapBounded } from '../core/map-bounded.js';
import { byScore } from '../core/ranking.js';
import type { VectorKvStore } from '../core/vector-kv-store.js';
import type { HalfLives } from './decay.js';
import { count, type Demand, fadedTo, shardCodec } from './popularity-shard.js';
import { shortHash } from './short-hash.js';
import type { UserEvent } from './user-event.js';

/** What all users like, as of one reading of the counts. */
export interface PopularitySnapshot {
  /** Product ids, most wanted lately first. */
  readonly trending: readonly string[];
  /** Product ids, most wanted over a long time first. */
  readonly popular: readonly string[];
  /** 1 for the most wanted product, 0 for one nobody met: logarithmic between. */
  scoreOf(productId: string, stage?: 'popular' | 'trending'): number;
}

/** Options of {@link Popularity}. */
export interface PopularityOptions {
  readonly prefix: string;
  readonly halfLives: HalfLives;
  /** How old a snapshot may be. */
  readonly maxAgeMs: number;
  readonly concurrency: number;
  readonly clock: Clock;
  readonly random: () => number;
}

interface Reading {
  readonly startedAt: number;
  readonly snapshot: Promise<PopularitySnapshot>;
}

/** Its number never changes: every process must know where to look. */
const shardCount = 16;

/**
 * Decayed counts of what users meet, in 16 records. A user always counts in the same one: a product that
 * everybody meets at once is spread over all of them, and a repeated event meets its first copy.
 */
export class Popularity {
  readonly #options: PopularityOptions;
  readonly #updater: LimitedUpdater;
  #latest: Reading | undefined;

  constructor(store: VectorKvStore, options: PopularityOptions) {
    this.#options = options;
    const { clock, random } = options;
    this.#updater = new LimitedUpdater(store, { clock, random });
  }

  /** Counts an interaction; one that nobody likes counts nothing. True if it is counted. */
  async count({ userId, productId, weight, atMs, eventId }: UserEvent, budget: CallBudget): Promise<boolean> {
    if (!(weight > 0)) return false;
    const opId = eventId === undefined ? undefined : shortHash(userId, eventId);
    const transition = count(productId, weight, atMs, this.#options.halfLives);
    await this.#updater.update(this.#keyOf(shardOf(userId)), shardCodec, transition, budget, { opId });
    return true;
  }

  /** What is popular, read less than `maxAgeMs` ago. One batch of 16 parallel reads, or none. */
  async snapshot(budget: CallBudget): Promise<PopularitySnapshot> {
    const startedAt = this.#options.clock.monotonic();
    if (this.#latest && startedAt - this.#latest.startedAt < this.#options.maxAgeMs) {
      const { snapshot } = this.#latest;
      // It may have begun long ago, in a call with more time.
      await budget.waitFor(() => Promise.allSettled([snapshot]));
      try {
        return await snapshot;
      } catch {
        // Whoever began that reading ran out of time, or cancelled. That is not this caller's affair.
      }
    }
    const reading: Reading = { startedAt, snapshot: this.#read(budget) };
    this.#latest = reading;
    return reading.snapshot;
  }

  async #read(budget: CallBudget): Promise<PopularitySnapshot> {
    const numbers = Array.from({ length: shardCount }, (_, shard) => shard);
    const read = await mapBounded(numbers, this.#options.concurrency, (shard) =>
      this.#updater.read(this.#keyOf(shard), shardCodec, budget),
    );
    const shards = read.filter((shard) => shard !== undefined);
    // One event from a clock that was ahead must not make all others look forgotten.
    const asOfMs = Math.min(this.#options.clock.now(), Math.max(...shards.map(({ epochMs }) => epochMs)));
    const demands = new Map<string, Demand>();
    for (const shard of shards) {
      for (const [id, { long, short }] of fadedTo(shard, asOfMs, this.#options.halfLives).products) {
        const known = demands.get(id);
        demands.set(id, { long: (known?.long ?? 0) + long, short: (known?.short ?? 0) + short });
      }
    }
    return snapshotOf(demands);
  }

  #keyOf(shard: number): string {
    return `${this.#options.prefix}popularity/${shard}`;
  }
}

/** Of one view, what is left after two half-lives. Below that nobody wants a product any more. */
const leastDemand = 0.25;

/** Ranks products by their demand, ties by id. */
export function snapshotOf(demands: ReadonlyMap<string, Demand>): PopularitySnapshot {
  const ranked = (measure: keyof Demand): string[] =>
    [...demands]
      .map(([id, demand]) => ({ id, score: demand[measure] }))
      .filter(({ score }) => score > leastDemand)
      .sort(byScore)
      .map(({ id }) => id);
  const [popular, trending] = [ranked('long'), ranked('short')];
  const most = (id: string | undefined, measure: keyof Demand): number =>
    Math.log1p(demands.get(id ?? '')?.[measure] ?? 0);
  return {
    popular,
    trending,
    scoreOf(productId, stage = 'popular') {
      const [measure, first] =
        stage === 'popular' ? (['long', popular[0]] as const) : (['short', trending[0]] as const);
      return most(productId, measure) / (most(first, measure) || 1);
    },
  };
}

function shardOf(userId: string): number {
  return Buffer.from(shortHash(userId), 'base64url').readUInt8(0) % shardCount;
}
