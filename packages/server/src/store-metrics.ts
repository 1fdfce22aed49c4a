import type { EmbeddedStats, EmbeddedStore } from '@norikv/embedded';
import { type Clock, systemClock } from '@norikv/store';
import { waitWithin } from '@norikv/store/wait-within';
import { gaugeLines } from './metrics.js';

const patienceMs = 1_000;

const gauges: readonly (readonly [name: string, help: string, read: (stats: EmbeddedStats) => number])[] = [
  ['keys', 'Keys, expired ones that are not removed yet included.', ({ keys }) => keys],
  ['expiring_records', 'Records that expire one day.', ({ expiring }) => expiring],
  ['idempotency_keys', 'Idempotency keys that are remembered.', ({ idempotencyKeys }) => idempotencyKeys],
  ['waiting_writes', 'Writes that wait for a transaction.', ({ waitingWrites }) => waitingWrites],
  ['file_bytes', 'Size of the data file, which never shrinks.', ({ fileBytes }) => fileBytes],
  ['vectors', 'Vectors of all namespaces.', ({ vectors }) => vectors.vectors],
  ['vector_memory_bytes', 'Memory of vectors that are searched.', ({ vectors }) => vectors.memoryBytes],
];

/** What a store holds, in the text format of Prometheus. No numbers if it cannot be asked, or does not answer. */
export async function storeMetrics(
  store: Pick<EmbeddedStore, 'stats'>,
  clock: Clock = systemClock,
): Promise<string> {
  // The first call may wait for whoever holds commits up, to open the tables of vectors. Other figures are shown all the same.
  const late = (): Error => new Error('late');
  const limits = { clock, timeoutMs: patienceMs, late, cancelled: late };
  const stats = await waitWithin(() => store.stats(), limits).catch(() => undefined);
  const lines = gauges.flatMap(([name, help, read]) =>
    gaugeLines({ name: `norikv_store_${name}`, help }, stats ? read(stats) : Number.NaN),
  );
  return `${lines.join('\n')}\n`;
}
