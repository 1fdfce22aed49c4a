import { find, type KvStore, type PutOptions } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import { hashOf } from '../src/session-id.js';
import { memoryStore } from './engines.js';
import { playAll, type Sabotage } from './interleavings.js';

const schedules = 20_000 * Number(process.env.NORIKV_TEST_LOAD ?? 1);

describe('where requests race, and are lost, late or delivered twice', () => {
  it('nothing brings back a session that was ended', { timeout: 1_800_000 }, async () => {
    const { resurrected, lost, ended } = await playAll(schedules);
    expect(resurrected).toBe(0);
    expect(lost).toBe(0);
    expect(ended).toBeGreaterThan(schedules / 2);
  });
});

describe('the schedules notice', () => {
  it('a store that ignores conditions', async () => {
    const wrap = (store: KvStore): KvStore => ({
      capabilities: memoryStore().capabilities,
      get: (key, options) => store.get(key, options),
      delete: (key, { ifMatchVersion: _, ...options } = {}) => store.delete(key, options),
      put: (key, value, { ifMatchVersion: _, ifNotExists: __, ...options }: PutOptions = {}) =>
        store.put(key, value, options),
    });
    expect((await playAll(1_000, { wrap })).resurrected).toBeGreaterThan(0);
  });

  it('a reader that writes back what it read', async () => {
    const get: Sabotage['get'] = async (sessions, id, store) => {
      const keys = [`session:id:${hashOf(id)}`, `session:user:${hashOf('user')}`];
      const read = await Promise.all(keys.map((key) => find(store, key)));
      if ((await sessions.get(id)) === null) return;
      for (const [position, key] of keys.entries()) {
        await store.put(key, read[position]?.value ?? '', { ttlMs: 3_600_000 });
      }
    };
    expect((await playAll(1_000, { get })).resurrected).toBeGreaterThan(0);
  });
});
