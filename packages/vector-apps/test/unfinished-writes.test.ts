import { createMemoryVectorStore, FakeClock } from '@norikv/testkit';
import { expect, it } from 'vitest';
import type { VectorKvStore } from '../src/core/vector-kv-store.js';
import { VectorRecords } from '../src/core/vector-records.js';
import { passage, processes } from './deduplication/world.js';
import { watchedStore } from './support/watched-store.js';

const open = (store: VectorKvStore): VectorRecords<string> =>
  new VectorRecords<string>(store, {
    prefix: 'r:',
    namespace: 'r',
    dimensions: 2,
    fingerprint: '',
    decode: String,
  });

/** What a repair that looks only at what has not ended leaves to find. */
async function leftBy(records: VectorRecords<string>): Promise<object> {
  await records.repair({ openOnly: true });
  return records.verify();
}

it('a write that died is known as unfinished, although the record was written again', async () => {
  const watched = watchedStore();
  const doomed = open(watched.store);
  await doomed.initialize();
  watched.dieAfter(5, false);
  await expect(doomed.put('a', 'one', [Float32Array.of(1, 0)])).rejects.toThrow();
  watched.revive();
  expect(await watched.vectorIds('r', 2)).toEqual(['a#1#0']);
  const survivor = open(watched.store);
  await survivor.put('a', 'two', [Float32Array.of(1, 0)]);
  expect(await leftBy(survivor)).toMatchObject({ isClean: true });
  expect(await watched.vectorIds('r', 2)).toEqual(['a#2#0']);
});

it('what names vectors never expires; what is left of a deleted record does', async () => {
  const clock = new FakeClock();
  const base = createMemoryVectorStore({ clock });
  const watched = watchedStore(base);
  const doomed = open(watched.store);
  await doomed.initialize();
  for (const id of ['kept', 'deleted']) await doomed.put(id, 'one', [Float32Array.of(1, 0)]);
  await doomed.delete('deleted');
  watched.dieAfter(5, false);
  await expect(doomed.put('unfinished', 'one', [Float32Array.of(1, 0)])).rejects.toThrow();
  expect(await base.find('r:doc/deleted')).not.toBeNull();
  await clock.advance(3_600_000);
  expect(await base.find('r:doc/deleted')).toBeNull();
  expect((await open(base).get('kept'))?.data).toBe('one');
  expect(await open(base).repair()).toMatchObject({ checked: 2, ghosts: 1, missing: 0 });
});

it('of writers that race, the last to end closes the ledger', async () => {
  const base = createMemoryVectorStore();
  const watched = watchedStore(base);
  const [slow, quick] = [open(watched.store), open(base)];
  await slow.initialize();
  const reached = watched.hold('vectorInsert');
  const written = slow.put('a', 'slow', [Float32Array.of(1, 0)]);
  const release = await reached;
  await quick.put('a', 'quick', [Float32Array.of(1, 0)]);
  expect(await quick.verify()).toMatchObject({ resumed: 1 });
  release();
  await written;
  expect(await quick.verify()).toMatchObject({ isClean: true });
  expect((await quick.get('a'))?.data).toBe('quick');
});

it('a writer that was overtaken before it began begins again', async () => {
  const base = createMemoryVectorStore();
  const [watched, quick] = [watchedStore(base), open(base)];
  const slow = open(watched.store);
  await slow.initialize();
  await slow.put('a', 'first', [Float32Array.of(1, 0)]);
  // The ledger's write comes first, that of the record second.
  let puts = 0;
  const { put } = watched.store;
  watched.store.put = async (...call) => {
    puts += 1;
    if (puts === 2) await quick.put('a', 'quick', [Float32Array.of(1, 0)]);
    return put(...call);
  };
  expect(await slow.put('a', 'slow', [Float32Array.of(1, 0)])).toMatchObject({ generation: 4 });
  expect(watched.calls.filter((name) => name === 'vectorInsert')).toHaveLength(2);
  expect((await quick.get('a'))?.data).toBe('slow');
  expect(await quick.verify()).toMatchObject({ isClean: true });
});

it('a delete that dies after a repair took it for dead has done nothing, or is known as unfinished', async () => {
  const base = createMemoryVectorStore();
  const [watched, survivor] = [watchedStore(base), open(base)];
  const doomed = open(watched.store);
  await doomed.initialize();
  await doomed.put('a', 'one', [Float32Array.of(1, 0)]);
  const { put } = watched.store;
  watched.store.put = async (...call) => {
    if (String(call[0]).endsWith('doc/a')) {
      await survivor.repair();
      watched.dieAfter(1, true);
    }
    return put(...call);
  };
  await expect(doomed.delete('a')).rejects.toThrow('died');
  expect(await leftBy(survivor)).toMatchObject({ checked: 1, isClean: true });
  expect(await watched.vectorIds('r', 2)).toEqual(['a#1#0']);
});

it('a delete that is fenced again and again gives up, and has done nothing', async () => {
  const base = createMemoryVectorStore();
  const [watched, survivor] = [watchedStore(base), open(base)];
  const fenced = open(watched.store);
  await fenced.initialize();
  await fenced.put('a', 'one', [Float32Array.of(1, 0)]);
  const { put } = watched.store;
  watched.store.put = async (...call) => {
    if (String(call[0]).endsWith('doc/a')) await survivor.repair();
    return put(...call);
  };
  await expect(fenced.delete('a')).rejects.toMatchObject({ code: 'CONTENTION', attempts: 5 });
  expect(await survivor.verify()).toMatchObject({ checked: 1, isClean: true });
  expect(await survivor.put('a', 'two', [Float32Array.of(1, 0)])).toMatchObject({ generation: 7 });
});

it.each([false, true])(
  'a removal that a repair took for dead begins again, unless it dies: %s',
  async (isDying) => {
    const base = createMemoryVectorStore();
    const watched = watchedStore(base);
    const [survivor] = processes(base, 1);
    const [remover] = processes(watched.store, 1);
    await remover?.checkAndStore('a', passage('a'));
    const { put } = watched.store;
    let repairs = 0;
    watched.store.put = async (...call) => {
      if (String(call[0]).endsWith('doc/a') && repairs === 0) {
        repairs += 1;
        await survivor?.repair({ openOnly: true });
        if (isDying) watched.dieAfter(1, true);
      }
      return put(...call);
    };
    const isRemoved = await remover?.removeDocument('a').catch(() => false);
    expect(repairs).toBe(1);
    if (isDying) await survivor?.repair({ openOnly: true });
    expect(isRemoved).toBe(!isDying);
    expect(await survivor?.verify()).toMatchObject({ checked: Number(isDying), isClean: true });
  },
);

it('a replacement that a repair took for dead is known as unfinished, if it goes on and dies', async () => {
  const base = createMemoryVectorStore();
  const watched = watchedStore(base);
  const [survivor] = processes(base, 1, { policy: 'replace', leaseMs: 1 });
  const [doomed] = processes(watched.store, 1, { policy: 'replace', leaseMs: 1 });
  await doomed?.checkAndStore('a', passage('a'));
  const { put } = watched.store;
  watched.store.put = async (...call) => {
    if (String(call[0]).endsWith('doc/a')) {
      await survivor?.repair({ openOnly: true });
      watched.dieAfter(1, true);
    }
    return put(...call);
  };
  await expect(doomed?.checkAndStore('b', passage('a'))).rejects.toThrow();
  await survivor?.repair({ openOnly: true });
  expect(await survivor?.verify()).toMatchObject({ isClean: true });
});

it('a removal that was cut off is completed by removing again', async () => {
  const watched = watchedStore();
  const [dedup] = processes(watched.store, 1);
  await dedup?.checkAndStore('a', 'some text');
  const { put } = watched.store;
  watched.store.put = async (...call) => {
    if (String(call[0]).endsWith('doc/a')) watched.dieAfter(1, true);
    return put(...call);
  };
  await expect(dedup?.removeDocument('a')).rejects.toMatchObject({ outcome: 'unknown' });
  watched.store.put = put;
  watched.revive();
  expect(await dedup?.removeDocument('a')).toBe(false);
  expect(await dedup?.verify()).toMatchObject({ checked: 0, isClean: true });
});
