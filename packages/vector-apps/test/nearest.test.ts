import { createMemoryVectorStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { VectorRecords } from '../src/core/vector-records.js';
import { watchedStore } from './support/watched-store.js';

const at = (degrees: number): Float32Array => {
  const angle = (degrees / 180) * Math.PI;
  return Float32Array.of(Math.cos(angle), Math.sin(angle));
};

async function open(inner = createMemoryVectorStore()) {
  const watched = watchedStore(inner);
  const records = new VectorRecords<string>(watched.store, {
    prefix: 'n:',
    namespace: 'n',
    dimensions: 2,
    fingerprint: '',
    decode: String,
  });
  await records.initialize();
  return { ...watched, records };
}

const idsOf = ({ matches }: { matches: readonly { record: { id: string } }[] }): string[] =>
  matches.map(({ record }) => record.id);

describe('nearest', () => {
  it('costs one vector call and one read for each record', async () => {
    const { records, calls } = await open();
    for (let degrees = 0; degrees < 30; degrees += 1) await records.put(`${degrees}`, '', [at(degrees)]);
    calls.length = 0;
    expect(idsOf(await records.nearest(at(0), 5))).toEqual(['0', '1', '2', '3', '4']);
    expect(calls).toEqual(['vectorSearch', 'find', 'find', 'find', 'find', 'find']);
  });

  it('gives each record once, with its nearest part', async () => {
    const { records } = await open();
    await records.put('many', '', [at(90), at(2), at(1), at(3), at(4), at(5), at(6), at(7), at(8)]);
    await records.put('one', '', [at(20)]);
    const { matches, isTruncated } = await records.nearest(at(0), 2);
    expect(matches.map(({ record, part }) => [record.id, part])).toEqual([
      ['many', 2],
      ['one', 0],
    ]);
    expect(matches[0]?.distance).toBeCloseTo(1 - Math.cos(Math.PI / 180), 6);
    expect(isTruncated).toBe(false);
  });

  it('looks further until a filter has enough, and says when it stopped before', async () => {
    const { records, calls } = await open();
    for (let place = 0; place < 120; place += 1) {
      await records.put(`${place}`, place >= 100 ? 'yes' : 'no', [at(place / 2)]);
    }
    calls.length = 0;
    const asked: string[] = [];
    const filter = ({ data, id }: { data: string; id: string }): boolean => {
      asked.push(id);
      return data === 'yes';
    };
    expect(idsOf(await records.nearest(at(0), 3, { filter }))).toEqual(['100', '101', '102']);
    expect(new Set(asked).size).toBe(asked.length);
    expect(calls.filter((name) => name === 'vectorSearch')).toHaveLength(3);

    expect(await records.nearest(at(0), 30, { filter })).toMatchObject({ isTruncated: false });
    const cut = await records.nearest(at(0), 3, { filter, maxScan: 50 });
    expect(cut).toEqual({ matches: [], isTruncated: true });
    expect(idsOf(await records.nearest(at(0), 3, { maxScan: 1 }))).toHaveLength(3);
  });

  it('never shows a vector without its record, and a repair removes it', async () => {
    const { records, store, vectorIds } = await open();
    await records.put('a', '', [at(10)]);
    for (const id of ['a#0#0', 'gone#7#0', 'foreign']) await store.vectorInsert('n', id, at(0));
    expect(idsOf(await records.nearest(at(0), 2))).toEqual(['a']);
    expect(await records.repair()).toMatchObject({ ghosts: 2, checked: 1 });
    expect(await vectorIds('n', 2)).toEqual(['a#1#0', 'foreign']);
  });

  it('keeps in mind a thousand ghosts at a time', async () => {
    const { records, store, vectorIds } = await open();
    for (let part = 0; part < 1_010; part += 1) await store.vectorInsert('n', `gone#1#${part}`, at(0));
    for (const left of [10, 0]) {
      await records.nearest(at(0), 300);
      await records.repair();
      expect(await vectorIds('n', 2)).toHaveLength(left);
    }
  });

  it('keeps the vectors of a write that began after the repair had passed its id', async () => {
    const { records, store, hold } = await open();
    const find = store.find?.bind(store);
    let writing: Promise<unknown> | undefined;
    let release = (): void => {};
    store.find = async (...args) => {
      if (args[0] === 'n:led/63' && !writing) {
        const reached = hold('vectorInsert');
        writing = records.put('a', 'text', [at(0), at(90)]);
        release = await reached;
        expect(idsOf(await records.nearest(at(90), 2))).toEqual([]);
      }
      return find?.(...args) ?? null;
    };
    expect(await records.repair()).toMatchObject({ ghosts: 0 });
    release();
    await writing;
    expect(await records.verify()).toMatchObject({ checked: 1, isClean: true });
    expect(idsOf(await records.nearest(at(90), 2))).toEqual(['a']);
  });

  it('finds a record that is written between the search and the read', async () => {
    const { records, store } = await open();
    await records.put('a', 'old', [at(0)]);
    const search = store.vectorSearch.bind(store);
    let searches = 0;
    store.vectorSearch = async (...args) => {
      const found = await search(...args);
      searches += 1;
      if (searches === 1) await records.put('a', 'new', [at(40)]);
      return found;
    };
    const { matches } = await records.nearest(at(0), 1);
    expect(matches[0]?.record.data).toBe('new');
    expect(matches[0]?.distance).toBeCloseTo(1 - Math.cos((40 * Math.PI) / 180), 5);
    expect(searches).toBe(2);
  });
});
