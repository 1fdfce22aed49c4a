import { createMemoryVectorStore, FakeClock, type MemoryVectorStore } from '@norikv/testkit';
import { expect, it } from 'vitest';
import {
  putRecords,
  type Records,
  recordsAt,
  recordsLeftBy,
} from '../../testkit/test/golden-records/golden-records.js';
import {
  DocumentDeduplicator,
  type EmbeddingModel,
  RecommendationEngine,
  SemanticSearchEngine,
} from '../src/index.js';
import { NoriKVVectorStore } from '../src/langchain.js';

// What version 1.0 writes: records, and vectors by namespace and id. Never change a line: add one beside it.

const goldenSearch: Records = {
  'search:documents:doc/1863':
    'norikv:1 {"w":[["00000001000040008000",2]]}\n{"live":{"generation":1,"vectorCount":2,"data":{"title":"Gettysburg","content":"Four score. And seven. Years ago. Our fathers.","metadata":{"by":"Lincoln"},"chunks":[[0,33],[23,46]],"textHash":"h-wnex8nruH9uG8rxc_IItsbsFPtdVkgBb5qt9ljD94"}},"pending":[],"stale":[],"floor":1}',
  'search:documents:doc/gone':
    'norikv:1 {"w":[["00000001000040008000",4]]}\n{"live":null,"pending":[],"stale":[],"floor":2}',
  'search:documents:led/39':
    'norikv:1 {"w":[["00000001000040008000",2]]}\n{"next":2,"entries":[["1863",1,0]]}',
  'search:documents:led/46': 'norikv:1 {"w":[["00000001000040008000",4]]}\n{"next":3,"entries":[]}',
  'search:documents:meta':
    'norikv:1 {"w":[["00000001000040008000",1]]}\n{"namespace":"documents","dimensions":2,"distance":"cosine","fingerprint":"lengths"}',
  'vector documents 1863#1#0': '44 1',
  'vector documents 1863#1#1': '34 1',
  'vector documents gone#1#0': '15 1',
  'vector-namespace:documents': 'norikv:1 {"w":[["00000001000040008000",1]]}\n{"prefix":"search:documents:"}',
};

const goldenShop: Records = {
  'recommendation:catalogue/products/doc/hat':
    'norikv:1 {"w":[["00000001000040008000",2]]}\n{"live":{"generation":1,"vectorCount":1,"data":{"name":"Hat","description":"Warm","category":"Headwear"}},"pending":[],"stale":[],"floor":1}',
  'recommendation:catalogue/products/doc/shoes':
    'norikv:1 {"w":[["00000001000040008000",2]]}\n{"live":{"generation":1,"vectorCount":1,"data":{"name":"Running Shoes","description":"Lightweight","category":"Footwear"}},"pending":[],"stale":[],"floor":1}',
  'recommendation:catalogue/products/learned/1/0':
    'norikv:1 {"w":[["00000001000040008000",1]]}\n[["hat","AACAvw=="],["shoes","AACAvw=="]]',
  'recommendation:catalogue/products/led/19':
    'norikv:1 {"w":[["00000001000040008000",2]]}\n{"next":2,"entries":[["shoes",1,0]]}',
  'recommendation:catalogue/products/led/2':
    'norikv:1 {"w":[["00000001000040008000",2]]}\n{"next":2,"entries":[["hat",1,0]]}',
  'recommendation:catalogue/products/meta':
    'norikv:1 {"w":[["00000001000040008000",1]]}\n{"namespace":"products","dimensions":2,"distance":"cosine","fingerprint":"lengths"}',
  'recommendation:catalogue/products/trainings':
    'norikv:1 {"w":[["00000001000040008000",2]]}\n{"last":1,"active":{"number":1,"factors":1,"contentShare":0.05,"shards":1},"unfinished":null,"discarded":[],"previous":null}',
  'recommendation:popularity/12':
    'norikv:1 {"w":[["00000001000040008000",1]],"o":[["KlC5hsiD0Sc","",null]]}\n{"epochMs":1735689600000,"products":[["shoes",5,5]]}',
  'recommendation:user/ada':
    'norikv:1 {"w":[["00000001000040008000",1]],"o":[["order-17","shoes 5",true]]}\n{"space":{"model":"[\\"products\\",2]","training":0},"epochMs":1735689600000,"long":{"weight":5,"vector":"TO6fQO2FFj4="},"short":{"weight":5,"vector":"TO6fQO2FFj4="},"recent":[["shoes",1735689600000,5]],"seen":[["KjWKlR06R4Y",1735689600000]]}',
  'vector products hat#1#0': '0.9982743859291077 0.05872202292084694',
  'vector products shoes#1#0': '0.9995677471160889 0.029399052262306213',
  'vector products~learned-1 hat#1#0': '0.22322092950344086 0.013130643405020237 -0.9746794104576111',
  'vector products~learned-1 shoes#1#0': '0.22351014614105225 0.006573827937245369 -0.9746794104576111',
  'vector-namespace:products':
    'norikv:1 {"w":[["00000001000040008000",1]]}\n{"prefix":"recommendation:catalogue/products/"}',
};

/** The bands of one text, which all hold the same. */
const bands = [
  '0/Y2WYR20gtuETaSrj 1/hhucIR-fV-jOnef3 2/6D_18atuSRuJI14G 3/RfjQbJFsHqHWIzNw 4/Zi8Q9DGEIULxffVo',
  '5/AOkESTdyY0i9ERSc 6/42JawaN6L5rX-V59 7/u-q4_Ksk4fnOfWc0 8/8OUJFJv8i5TvOqW8 9/Mb0CR4d4Ag2y0zpY',
  '10/9g3PRBifins57OB3 11/iKNs1J0C-8v1JYUS 12/9vIFMuZDBFQvc6zn 13/i9eJs42XEBz27UGI 14/R2sdBNeZLTLGjipl',
  '15/STSn4p8plhR0mofS 16/y68HfY__U4tx1afV 17/AnMkoM54JnsRMs25 18/MywRowMp8RBSj7JY 19/78_6NFPY_bRnwHRv',
  '20/UWX2g5Xrtx73MF13 21/8_yuW1yR3hiDwmJz 22/9fLFIGOgfF6TBLwo 23/wY6Dpr-su3H7_L5J 24/fWIBU88fAReWmSZh',
  '25/gbEiaVR3MHesKDGt 26/xphdNGkkdWAkU0f2 27/Ppm1rvvLHI12rd46 28/Pxo4TxQvuxDSpyjZ 29/ZuZ9-jmOv-t9uJoi',
  '30/poS35l-OtBsLhR51 31/fWP_1AbpuJKug1uv',
].flatMap((line) => line.split(' '));

const goldenDocuments: Records = {
  ...Object.fromEntries(
    bands.map((band) => [
      `dedup:doc_fingerprints:band/${band}`,
      'norikv:1 {"w":[["00000001000040008000",3]]}\n[["a",1]]',
    ]),
  ),
  'dedup:doc_fingerprints:doc/a':
    'norikv:1 {"w":[["00000001000040008000",3]]}\n{"standing":{"generation":1,"fingerprint":{"hash":"ab4PWEIk-QWS44Eo0bPXZUmTzISVsLFgEMzOBoxPOz4","wordCount":16,"signature":"MBM1NKp5GS6wpDgGJcDZJZgLkwDwu0AadktdBCcWNAMwTHEBky5UAIuGoBECgZUJobJ5CnmrBAQHZ20L7l8AAMs/gwst3UABtbG5GB0nQBJjx4AxpTgIAyDIEQKJ+DgDlXY5G0hJLQM4iIsMT7gJGQoeowqoK3UFUQv4A4kFSwFXbb0LXOVIADMURgZQ9SIJAk8GAokLAAKv7NUB73b7HLu2BQsrv5MNkZGTAui8zxQ27sgEDpIMAVSSwQHIBd4NLVsvAMa+AiOhLsIYxPlnDJzjzAqyyv8CEg6dEiOkrQl2vLoLQ2GQC028iweldZwDJgGREkv4OwrpfIcNrIlyDjNaVhZNWscJ4kfRDbgR9w36FqoUEDHeChS+Pwlfi7UB3p1NBiQGkQrnnMIVW+N3PAIcUgjB+yoCNh2hEFTtIwG76mojm3XyADk9CAcT0TUWFiqwPQTLLArfEjoQTNv5AVrmfAQXupkRJ6djIbMgDAPDUwYhNbaKBANhrgtqepsi3rPPDX1cvATehuoCK5F4NcdufwwjSVAYEYo3CcqPqwOHdqAMwL9BBD7oowAFg1YF0RofBwglNwEFsEIbifUnBIKeMAKD9aYB92HSAk787AA/nE0R26RHCOWVWQ4wI3kAX2p5ADjIFBA2NLUUK1kjCvyW5gLUHPEaMgLDBmc4+wM=","facts":{"numbers":[],"negations":0},"vector":"AADAQgAAgD8=","unembedded":null}},"candidate":null,"alias":null,"aliases":["b"],"orphans":[],"formerHeads":[],"leftovers":[],"review":null,"floor":1}',
  'dedup:doc_fingerprints:doc/b':
    'norikv:1 {"w":[["00000001000040008000",3]]}\n{"standing":null,"candidate":null,"alias":{"match":{"id":"a","stage":"exact","similarity":1,"verdict":"duplicate","objection":null},"revision":{"generation":1,"fingerprint":{"hash":"ab4PWEIk-QWS44Eo0bPXZUmTzISVsLFgEMzOBoxPOz4","wordCount":16,"signature":"MBM1NKp5GS6wpDgGJcDZJZgLkwDwu0AadktdBCcWNAMwTHEBky5UAIuGoBECgZUJobJ5CnmrBAQHZ20L7l8AAMs/gwst3UABtbG5GB0nQBJjx4AxpTgIAyDIEQKJ+DgDlXY5G0hJLQM4iIsMT7gJGQoeowqoK3UFUQv4A4kFSwFXbb0LXOVIADMURgZQ9SIJAk8GAokLAAKv7NUB73b7HLu2BQsrv5MNkZGTAui8zxQ27sgEDpIMAVSSwQHIBd4NLVsvAMa+AiOhLsIYxPlnDJzjzAqyyv8CEg6dEiOkrQl2vLoLQ2GQC028iweldZwDJgGREkv4OwrpfIcNrIlyDjNaVhZNWscJ4kfRDbgR9w36FqoUEDHeChS+Pwlfi7UB3p1NBiQGkQrnnMIVW+N3PAIcUgjB+yoCNh2hEFTtIwG76mojm3XyADk9CAcT0TUWFiqwPQTLLArfEjoQTNv5AVrmfAQXupkRJ6djIbMgDAPDUwYhNbaKBANhrgtqepsi3rPPDX1cvATehuoCK5F4NcdufwwjSVAYEYo3CcqPqwOHdqAMwL9BBD7oowAFg1YF0RofBwglNwEFsEIbifUnBIKeMAKD9aYB92HSAk787AA/nE0R26RHCOWVWQ4wI3kAX2p5ADjIFBA2NLUUK1kjCvyW5gLUHPEaMgLDBmc4+wM=","facts":{"numbers":[],"negations":0},"vector":"AADAQgAAgD8=","unembedded":null}},"isMember":false},"aliases":[],"orphans":[],"formerHeads":[],"leftovers":[],"review":null,"floor":1}',
  'dedup:doc_fingerprints:hash/ab4PWEIk-QWS44Eo0bPXZUmTzISVsLFgEMzOBoxPOz4':
    'norikv:1 {"w":[["00000001000040008000",1]]}\n[["a",1]]',
  'dedup:doc_fingerprints:led/37':
    'norikv:1 {"w":[["00000001000040008000",2]]}\n{"next":2,"entries":[["b",1,0]]}',
  'dedup:doc_fingerprints:led/44':
    'norikv:1 {"w":[["00000001000040008000",2]]}\n{"next":2,"entries":[["a",1,0]]}',
  'dedup:doc_fingerprints:meta':
    'norikv:1 {"w":[["00000001000040008000",1]]}\n{"namespace":"doc_fingerprints","dimensions":2,"distance":"cosine","fingerprint":"lengths"}',
  'vector doc_fingerprints a#1#0': '96 1',
  'vector doc_fingerprints b#1#0': '96 1',
  'vector-namespace:doc_fingerprints':
    'norikv:1 {"w":[["00000001000040008000",1]]}\n{"prefix":"dedup:doc_fingerprints:"}',
};

const goldenPages: Records = {
  'langchain:langchain:doc/page':
    'norikv:1 {"w":[["00000001000040008000",2]]}\n{"live":{"generation":1,"vectorCount":1,"data":{"pageContent":"hello","metadata":{"year":1863}}},"pending":[],"stale":[],"floor":1}',
  'langchain:langchain:led/54':
    'norikv:1 {"w":[["00000001000040008000",2]]}\n{"next":2,"entries":[["page",1,0]]}',
  'langchain:langchain:meta':
    'norikv:1 {"w":[["00000001000040008000",1]]}\n{"namespace":"langchain","dimensions":2,"distance":"cosine","fingerprint":""}',
  'vector langchain page#1#0': '1 2',
  'vector-namespace:langchain':
    'norikv:1 {"w":[["00000001000040008000",1]]}\n{"prefix":"langchain:langchain:"}',
};

const clock = new FakeClock();
const options = { clock };
const model: EmbeddingModel = { dimensions: 2, fingerprint: 'lengths', embed: (text) => [text.length, 1] };
const embeddings = { embedDocuments: async () => [[1, 2]], embedQuery: async () => [1, 2] };
const words =
  'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen';
const vector = 'vector ';

async function leftBy(work: (store: MemoryVectorStore) => Promise<unknown>): Promise<Records> {
  const vectors: Record<string, string> = {};
  const records = await recordsLeftBy(createMemoryVectorStore({ clock }), (store) =>
    work({
      ...store,
      vectorInsert: (namespace, id, numbers, ...call) => {
        vectors[`${vector}${namespace} ${id}`] = numbers.join(' ');
        return store.vectorInsert(namespace, id, numbers, ...call);
      },
    }),
  );
  return { ...records, ...vectors };
}

async function storeWith(golden: Records): Promise<MemoryVectorStore> {
  const store = createMemoryVectorStore({ clock });
  const [vectors, records] = [true, false].map((isVector) =>
    Object.entries(golden).filter(([key]) => key.startsWith(vector) === isVector),
  );
  await putRecords(store, Object.fromEntries(records ?? []));
  for (const [place, text] of vectors ?? []) {
    const [, namespace = '', id = ''] = place.split(' ');
    const numbers = text.split(' ').map(Number);
    await store.vectorCreateIndex(namespace, numbers.length, 'cosine', 'hnsw');
    await store.vectorInsert(namespace, id, numbers);
  }
  return store;
}

it('records of search are written as version 1.0 wrote them', async () => {
  const left = await leftBy(async (store) => {
    const engine = new SemanticSearchEngine(store, model, options);
    await engine.indexDocument('1863', 'Gettysburg', 'Four score. And seven. Years ago. Our fathers.', {
      metadata: { by: 'Lincoln' },
    });
    await engine.indexDocument('gone', 'Gone', 'Soon gone.');
    await engine.deleteDocument('gone');
  });
  expect(left).toEqual(goldenSearch);
});

it('records of search of version 1.0 are read for ever', async () => {
  const engine = new SemanticSearchEngine(await storeWith(goldenSearch), model, { clock });
  const [found, ...others] = await engine.search('Four score.', 5);
  expect(found).toMatchObject({ id: '1863', title: 'Gettysburg', metadata: { by: 'Lincoln' } });
  expect(others).toEqual([]);
});

it('records of recommendations are written as version 1.0 wrote them', async () => {
  const left = await leftBy(async (store) => {
    const engine = new RecommendationEngine(store, model, options);
    await engine.indexProduct('shoes', 'Running Shoes', 'Lightweight', 'Footwear');
    await engine.indexProduct('hat', 'Hat', 'Warm', 'Headwear');
    await engine.recordInteraction('ada', 'shoes', { type: 'purchase', eventId: 'order-17' });
    const events = ['shoes', 'hat'].map((productId) => ({ userId: 'ada', productId }));
    await engine.trainItemVectors(events, { factors: 1, rounds: 1 });
  });
  expect(left).toEqual(goldenShop);
});

it('records of recommendations of version 1.0 are read for ever', async () => {
  const engine = new RecommendationEngine(await storeWith(goldenShop), model, options);
  const [first] = await engine.getRecommendations('ada', 1);
  expect(first).toMatchObject({ productId: 'hat', name: 'Hat', category: 'Headwear' });
  expect(await engine.getSimilarProducts('shoes', 1)).toMatchObject([{ productId: 'hat' }]);
});

it('records of documents are written as version 1.0 wrote them', async () => {
  const left = await leftBy(async (store) => {
    const dedup = new DocumentDeduplicator(store, model, 0.95, { ...options, policy: 'link' });
    await dedup.checkAndStore('a', words);
    await dedup.checkAndStore('b', words.toUpperCase());
  });
  expect(left).toEqual(goldenDocuments);
});

it('records of documents of version 1.0 are read for ever', async () => {
  const dedup = new DocumentDeduplicator(await storeWith(goldenDocuments), model, 0.95, {
    ...options,
    policy: 'link',
  });
  expect(await dedup.get('a')).toMatchObject({ isAdmitted: true });
  expect(await dedup.get('b')).toMatchObject({ isAdmitted: false });
  expect(await dedup.checkAndStore('c', words)).toMatchObject({ duplicateOf: 'a', stage: 'exact' });
  expect(await dedup.checkAndStore('d', `${words} and more`)).toMatchObject({
    duplicateOf: 'a',
    stage: 'near',
  });
  await dedup.removeDocument('a');
  expect(await dedup.get('b')).toMatchObject({ isAdmitted: true });
});

it('pages of LangChain are written as version 1.0 wrote them, and read for ever', async () => {
  const left = await leftBy(async (store) => {
    const pages = new NoriKVVectorStore(embeddings, { client: store, dimensions: 2, clock });
    await pages.addDocuments([{ pageContent: 'hello', metadata: { year: 1863 } }], { ids: ['page'] });
  });
  expect(left).toEqual(goldenPages);
  const pages = new NoriKVVectorStore(embeddings, { client: await storeWith(goldenPages), dimensions: 2 });
  expect(await pages.similaritySearch('hello', 1)).toMatchObject([
    { id: 'page', pageContent: 'hello', metadata: { year: 1863 } },
  ]);
});

it.each([
  ['search:documents:doc/1863', '{"v":2,"versions":[]}'],
  ['search:documents:led/39', '{"v":2,"shards":[]}'],
  ['search:documents:meta', '{"v":2,"spaces":[]}'],
])('a record of a newer version under %s is refused and left as it is', async (key, state) => {
  const newer = { [key]: `norikv:1 {"w":[]}\n${state}` };
  const store = await storeWith({ ...goldenSearch, ...newer });
  const engine = new SemanticSearchEngine(store, model, options);
  const indexing = engine.indexDocument('1863', 'Gettysburg', 'Four score.', { force: true });
  await expect(indexing).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
  expect(await recordsAt(store, [key])).toEqual(newer);
});

it.each([
  ['recommendation:user/ada', '{"v":2,"spaces":[]}'],
  ['recommendation:catalogue/products/trainings', '{"v":2,"trainings":[]}'],
])('a record of a newer version under %s is refused and left as it is', async (key, state) => {
  const newer = { [key]: `norikv:1 {"w":[]}\n${state}` };
  const store = await storeWith({ ...goldenShop, ...newer });
  const recording = new RecommendationEngine(store, model, options).recordInteraction('ada', 'hat');
  await expect(recording).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
  expect(await recordsAt(store, [key])).toEqual(newer);
});

it.each([
  ['doc/a', '{"v":2,"revisions":[]}'],
  ['hash/ab4PWEIk-QWS44Eo0bPXZUmTzISVsLFgEMzOBoxPOz4', '{"v":2,"holders":[]}'],
])('a record of a newer version under %s is refused and left as it is', async (name, state) => {
  const newer = { [`dedup:doc_fingerprints:${name}`]: `norikv:1 {"w":[]}\n${state}` };
  const store = await storeWith({ ...goldenDocuments, ...newer });
  const dedup = new DocumentDeduplicator(store, model, 0.95, options);
  await expect(dedup.checkAndStore('c', words)).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
  expect(await recordsAt(store, Object.keys(newer))).toEqual(newer);
});
