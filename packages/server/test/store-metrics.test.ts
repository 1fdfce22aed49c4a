import { createEphemeral } from '@norikv/embedded';
import { FakeClock } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { storeMetrics } from '../src/store-metrics.js';

it('shows what the store holds, each figure with its type and meaning', async () => {
  await using store = await createEphemeral();
  await store.put('key', 'value');
  await store.put('short', 'value', { ttlMs: 3_600_000, idempotencyKey: 'once' });
  await store.vectorCreateIndex('near', 2, 'euclidean');
  await store.vectorInsert('near', 'one', [1, 2]);
  const text = await storeMetrics(store);
  expect(text).toContain(
    '# HELP norikv_store_keys Keys, expired ones that are not removed yet included.\n' +
      '# TYPE norikv_store_keys gauge\nnorikv_store_keys 2\n',
  );
  expect(text).toMatch(/^norikv_store_idempotency_keys 1$/m);
  expect(text).toMatch(/^norikv_store_expiring_records 2$/m);
  expect(text).toMatch(/^norikv_store_waiting_writes 0$/m);
  expect(text).toMatch(/^norikv_store_file_bytes [1-9]\d+$/m);
  expect(text).toMatch(/^norikv_store_vectors 1$/m);
  expect(text).toMatch(/^norikv_store_vector_memory_bytes 0\n$/m);
});

it('shows no numbers when the store cannot be asked, and the rest of the figures stay', async () => {
  const stats = (): Promise<never> => Promise.reject(new Error('EIO'));
  expect(await storeMetrics({ stats })).toMatch(/^norikv_store_keys NaN$/m);
});

it('keeps nobody who collects figures waiting for a store that is held up', async () => {
  const clock = new FakeClock();
  const stats = (): Promise<never> => new Promise(() => {});
  expect(await clock.run(() => storeMetrics({ stats }, clock))).toMatch(/^norikv_store_keys NaN$/m);
  expect(clock.pendingTimers).toBe(0);
});
