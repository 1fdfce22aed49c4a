import type { UpdateOptions } from '@norikv/cas-retry';
import type { CallOptions } from '@norikv/store';
import { checkCallOptions } from '@norikv/store/call-options';
import { draw } from '@norikv/store/checks';
import type { CounterRecords } from './counter-records.js';
import { grow, shardCountCodec } from './shard-count.js';

/** The shards of one counter, as one process uses them. */
export interface Shards {
  add(delta: number | bigint, options: UpdateOptions): Promise<void>;
  sum(options: CallOptions): Promise<bigint>;
}

/**
 * A process keeps to one shard. If another one keeps winning there it moves; if it loses on the next one too,
 * there are too few, and it has their number doubled. Who was there first does not move for one lost race:
 * if both moved, each would disturb the next, and there would be no end to it.
 *
 * Processes that chose a shard anew for each add would keep two thirds of them busy, and collide there.
 */
export function createShards(
  records: CounterRecords,
  name: string,
  maxShards: number,
  random: () => number,
): Shards {
  const { updater } = records;
  const countKey = `${name}:shards`;
  const keyOf = (shard: number): string => `${name}:shard:${shard}`;
  let known = 1;
  let current = 0;
  /** Races lost since the last add that met nobody. Who is new on a shard has one, and leaves at the next. */
  let strikes = 1;
  let isStruck = false;

  const readCount = (options?: CallOptions): Promise<number | undefined> =>
    updater.read(countKey, shardCountCodec, options);

  const readShards = (length: number, options?: CallOptions): Promise<(bigint | undefined)[]> =>
    Promise.all(Array.from({ length }, (_, shard) => records.read(keyOf(shard), options)));

  const move = (): void => {
    current = (current + 1 + Math.floor(draw(random) * (known - 1))) % known;
  };

  /** Publishes a higher count, and only then uses the new shards: a reader must know where to look. */
  const widen = async (): Promise<void> => {
    const before = known;
    if (before >= maxShards) return;
    try {
      const values = (await readCount()) ? [] : await readShards(maxShards);
      const inUse = values.findLastIndex((value) => value !== undefined) + 1;
      known = await updater.update(countKey, shardCountCodec, grow(before, maxShards, inUse));
      strikes = 1;
      move();
    } catch {
      // More shards only make adding faster. The next conflict asks for them again.
    }
  };

  /** Every add that shared a write is told of the race it lost, at once; it counts as one. */
  const strike = (): void => {
    if (isStruck) return;
    isStruck = true;
    queueMicrotask(() => {
      isStruck = false;
    });
    strikes += 1;
    if (strikes > 2) void widen();
    if (strikes > 1) move();
  };

  return {
    async add(delta, options) {
      checkCallOptions(options);
      // Only there can every process know of an operation id, however many shards there are.
      const shard = options.opId === undefined ? current : 0;
      let metNobody = true;
      const onConflict = (): void => {
        metNobody = false;
        if (shard === current) strike();
      };
      await records.add(keyOf(shard), delta, { ...options, onConflict });
      if (shard === current && metNobody) strikes = 0;
    },
    async sum(options) {
      const values = await readShards((await readCount(options)) ?? maxShards, options);
      return values.reduce<bigint>((sum, value = 0n) => sum + value, 0n);
    },
  };
}
