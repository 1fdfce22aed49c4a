import { errorCode } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import { type EtcdStore, openEtcd } from '../src/index.js';
import { canRunEtcd, needsEtcd, startCluster, type TestCluster } from './support/etcd.js';
import { pause, survives } from './support/survives.js';

const quotaBytes = 4 * 2 ** 20;
const valueBytes = 60_000;
const fullMs = 2_000;

describe.skipIf(!canRunEtcd)(`three members under load from three processes ${needsEtcd}`, () => {
  it('the quota is used up, and there is room again after compaction, defragmentation and disarming', async () => {
    await using cluster = await startCluster(3, ['--quota-backend-bytes', String(quotaBytes)]);
    await cluster.leader();
    await survives(cluster, async () => {
      await using store = await openEtcd({ hosts: cluster.hosts, prefix: 'filler', timeoutMs: 60_000 });
      const filled = await fill(store);
      await pause(fullMs);
      // Raised a while after the write that crosses the line.
      await expect.poll(() => alarmsOf(cluster)).not.toEqual([]);
      await expect(store.put('one more', 'value')).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
      // What is full still answers, and takes what makes room.
      for (const key of filled) expect(await store.delete(key)).toBe(true);
      await makeRoom(cluster);
    });
  }, 600_000);
});

/** Writes until nothing more is taken, and returns the keys that were. */
async function fill(store: EtcdStore): Promise<string[]> {
  const keys: string[] = [];
  for (let number = 0; number < (2 * quotaBytes) / valueBytes; number += 1) {
    const key = `filler ${number}`;
    try {
      await store.put(key, new Uint8Array(valueBytes));
    } catch (error) {
      if (errorCode(error) === 'RESOURCE_EXHAUSTED') return keys;
      throw error;
    }
    keys.push(key);
  }
  throw new Error('the quota is never used up');
}

/** What the manual of etcd says to do. */
async function makeRoom(cluster: TestCluster): Promise<void> {
  const { header } = await cluster.gateway<{ header: { revision: string } }>('maintenance/status', {});
  await cluster.gateway('kv/compaction', { revision: header.revision, physical: true });
  for (const host of cluster.hosts) await cluster.gateway('maintenance/defragment', {}, { host });
  for (const alarm of await alarmsOf(cluster)) {
    await cluster.gateway('maintenance/alarm', { action: 'DEACTIVATE', ...alarm });
  }
}

async function alarmsOf(cluster: TestCluster): Promise<readonly object[]> {
  const { alarms = [] } = await cluster.gateway<{ alarms?: object[] }>('maintenance/alarm', {
    action: 'GET',
  });
  return alarms;
}
