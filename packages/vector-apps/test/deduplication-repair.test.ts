import { createMemoryVectorStore } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { fingerprintOf } from '../src/deduplication/fingerprint.js';
import { Inspector } from './deduplication/inspector.js';
import { DocumentDeduplicator, modelOf, passage } from './deduplication/world.js';

function world() {
  const base = createMemoryVectorStore();
  const inspector = new Inspector(base);
  const keys: string[] = [];
  const watched = new Proxy(inspector.store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...call: unknown[]) => {
        if (name === 'put') keys.push(String(call[0]));
        return value.apply(target, call);
      };
    },
  });
  return { base, inspector, keys, dedup: new DocumentDeduplicator(watched, modelOf({}, 6), 0.999_99) };
}

it('brings back what the index has lost', async () => {
  const { base, keys, dedup, inspector } = world();
  await dedup.checkAndStore('a', passage('a'));
  await base.delete(keys.find((key) => key.includes('hash/')) ?? '');
  await base.delete(keys.find((key) => key.includes('band/3/')) ?? '');
  await base.vectorDelete('doc_fingerprints', 'a#1#0');
  expect(await dedup.verify()).toMatchObject({ missing: 3, isClean: false });
  expect(await dedup.verify()).toMatchObject({ missing: 3 });
  expect(await dedup.repair()).toMatchObject({ missing: 3 });
  expect(await dedup.verify()).toMatchObject({ missing: 0, isClean: true });
  expect(await inspector.ghosts(base)).toEqual([]);
  expect((await dedup.checkAndStore('b', passage('a'))).stage).toBe('exact');
});

it('brings back a namespace of vectors that was dropped', async () => {
  const { base, dedup } = world();
  await dedup.checkAndStore('a', 'some text');
  await base.vectorDropIndex('doc_fingerprints');
  await base.vectorCreateIndex('doc_fingerprints', 6, 'cosine');
  expect(await dedup.repair()).toMatchObject({ missing: 1 });
  expect(await base.vectorGet('doc_fingerprints', 'a#1#0')).toHaveLength(6);
});

it('forgets an entry of the ledger whose document was never begun', async () => {
  const { base, keys, dedup } = world();
  await dedup.checkAndStore('a', 'some text');
  await base.delete(keys.find((key) => key.includes('doc/')) ?? '');
  expect(await dedup.repair()).toMatchObject({ checked: 1, unfinished: 1 });
  expect(await dedup.verify()).toMatchObject({ checked: 0, isClean: true });
});

it('removes what a ghost left in a band, when somebody comes by', async () => {
  const { base, keys, dedup, inspector } = world();
  await dedup.checkAndStore('a', passage('a'));
  await base.delete(keys.find((key) => key.includes('doc/')) ?? '');
  expect(await inspector.ghosts(base)).toHaveLength(34);
  expect((await dedup.checkAndStore('b', passage('a'))).action).toBe('admitted');
  expect(await inspector.ghosts(base)).toEqual([]);
});

it('leaves a record that is none as it is, and says so', async () => {
  const { base, keys, dedup } = world();
  await dedup.checkAndStore('a', passage('a'));
  for (const part of ['doc/a', 'hash/', 'band/1/']) {
    const key = keys.find((one) => one.includes(part)) ?? '';
    const { value } = await base.get(key);
    for (const nonsense of ['{"x":1}', '[[1,2]]', 'null', '{"standing":{"generation":"1"}}']) {
      await base.put(key, nonsense);
      await expect(dedup.checkAndStore('b', passage('a'))).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    }
    await base.put(key, value);
  }
  expect((await dedup.checkAndStore('b', passage('a'))).duplicateOf).toBe('a');
});

it('looks at all others before it says that a record is damaged', async () => {
  const { base, dedup } = world();
  for (const id of ['a', 'b', 'c']) await dedup.checkAndStore(id, passage(id));
  await base.put('dedup:doc_fingerprints:doc/b', '{}');
  const claims = [];
  for (const id of ['a', 'c']) {
    const claim = `dedup:doc_fingerprints:hash/${(await fingerprintOf(passage(id), 16)).hash}`;
    expect(await base.delete(claim)).toBe(true);
    claims.push(claim);
  }
  const corrupt = { code: 'CORRUPT_RECORD' };
  await expect(dedup.verify()).rejects.toMatchObject(corrupt);
  await expect(dedup.repair()).rejects.toMatchObject(corrupt);
  for (const claim of claims) expect(await base.find(claim)).not.toBeNull();
});

it('strikes off aliases whose record is gone, by a repair or by a removal', async () => {
  for (const isRepaired of [true, false]) {
    const base = createMemoryVectorStore();
    const dedup = new DocumentDeduplicator(base, null, 0.95, { policy: 'link' });
    await dedup.checkAndStore('a', passage('a'));
    await dedup.checkAndStore('b', passage('a', 2));
    await base.delete('dedup:doc_fingerprints:doc/b');
    expect(await dedup.verify()).toMatchObject({ ghosts: 1, unfinished: 1, isClean: false });
    if (isRepaired) expect(await dedup.repair()).toMatchObject({ ghosts: 1 });
    else await dedup.removeDocument('a');
    await dedup.repair();
    expect(await dedup.verify()).toMatchObject({ checked: isRepaired ? 1 : 0, isClean: true });
  }
});

it('decides upon an alias whose document is gone', async () => {
  const base = createMemoryVectorStore();
  const dedup = new DocumentDeduplicator(base, null, 0.95, { policy: 'link' });
  await dedup.checkAndStore('a', passage('a'));
  await dedup.checkAndStore('b', passage('a', 2));
  await base.delete('dedup:doc_fingerprints:doc/a');
  expect(await dedup.verify()).toMatchObject({ strays: 1, isClean: false });
  await dedup.repair();
  expect(await dedup.get('b')).toMatchObject({ isAdmitted: true });
  expect(await dedup.verify()).toMatchObject({ checked: 1, isClean: true });
});
