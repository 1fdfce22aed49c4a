import { ShardedCounter } from '@norikv/counter';
import { bytesToString, find, isVersionMismatch, type KvStore } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { mistakes, type Row } from '../row.js';

const increments = 1_000;
const shards = 20;

/** Acknowledged increments that are missing afterwards, on a store that does nothing wrong. */
export async function losses(): Promise<Row[]> {
  const store = createMemoryStore({ latencyMs: 1 });
  const ours = new ShardedCounter(store, 'ours', shards);
  const acknowledged = await Promise.allSettled(Array.from({ length: increments }, () => ours.increment()));
  const seed = await Promise.allSettled(
    Array.from({ length: increments }, () => seedShardedIncrement(store)),
  );
  return mistakes(`Lost of ${increments} acknowledged increments, ${shards} shards`, 'lost', [
    { contender: 'ours: ShardedCounter', value: succeeded(acknowledged) - (await ours.get()) },
    {
      contender: 'the documentation’s sharded counter',
      value: succeeded(seed) - (await seedTotal(store)),
    },
  ]);
}

function succeeded(results: readonly PromiseSettledResult<unknown>[]): number {
  return results.filter(({ status }) => status === 'fulfilled').length;
}

/** As documented: the first write of a shard carries no condition. */
async function seedShardedIncrement(store: KvStore): Promise<void> {
  const key = `seed:shard:${Math.floor(Math.random() * shards)}`;
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const current = await find(store, key);
    const next = (current ? Number.parseInt(bytesToString(current.value), 10) : 0) + 1;
    try {
      await store.put(key, String(next), current ? { ifMatchVersion: current.version } : {});
      return;
    } catch (error) {
      if (!isVersionMismatch(error)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 2 ** attempt * 10 + Math.random() * 10));
  }
  throw new Error('Increment failed after retries');
}

async function seedTotal(store: KvStore): Promise<number> {
  let total = 0;
  for (let shard = 0; shard < shards; shard += 1) {
    const entry = await find(store, `seed:shard:${shard}`);
    if (entry) total += Number.parseInt(bytesToString(entry.value), 10);
  }
  return total;
}
