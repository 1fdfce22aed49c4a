import { FakeEmbeddings } from '@langchain/core/utils/testing';
import { type VectorStoreInterface, VectorStoreRetriever } from '@langchain/core/vectorstores';
import { UnavailableError } from '@norikv/store';
import { createMemoryVectorStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { EmbeddingError, type VectorKvStore } from '../src/index.js';
import { type LangChainDocument, type LangChainEmbeddings, NoriKVVectorStore } from '../src/langchain.js';
import { hashingModel } from './support/hashing-model.js';
import { watchedStore } from './support/watched-store.js';

const model = hashingModel();
const embeddings: LangChainEmbeddings = {
  embedDocuments: async (texts) => texts.map((text) => [...model.embed(text)]),
  embedQuery: async (text) => [...model.embed(text)],
};

const page = (pageContent: string, metadata: Record<string, unknown> = {}): LangChainDocument => ({
  pageContent,
  metadata,
});

function open(client: VectorKvStore = createMemoryVectorStore()): NoriKVVectorStore {
  return new NoriKVVectorStore(embeddings, { client, dimensions: 64 });
}

// The behaviours LangChain asks of every vector store.
describe('NoriKVVectorStore', () => {
  it('is empty at first', async () => {
    expect(await open().similaritySearch('foo', 1)).toEqual([]);
    expect(await open().getByIds(['a'])).toEqual([]);
  });

  it('adds documents with ids given, carried or made, and changes none of them', async () => {
    const store = open();
    const documents = [page('foo', { id: 1 }), { ...page('bar'), id: 'own' }];
    const copy = structuredClone(documents);
    expect(await store.addDocuments([documents[0] ?? page('')], { ids: ['given'] })).toEqual(['given']);
    expect(await store.addDocuments([documents[1] ?? page('')])).toEqual(['own']);
    const [made = ''] = await store.addDocuments([page('baz')]);
    expect(documents).toEqual(copy);
    expect(await store.similaritySearch('bar', 1)).toEqual([{ id: 'own', pageContent: 'bar', metadata: {} }]);
    expect((await store.getByIds([made, 'none', 'given'])).map(({ pageContent }) => pageContent)).toEqual([
      'baz',
      'foo',
    ]);
  });

  it('adds what it was given, although the caller fills the same arrays anew', async () => {
    const store = open();
    const metadata = { place: 1, loc: { lines: [1, 2] } };
    const [batch, ids] = [[page('foo', metadata)], ['a']];
    const adding = store.addDocuments(batch, { ids });
    const [given, givenIds] = [[page('bar', metadata)], ['b']];
    const vectors = store.addVectors([[...model.embed('bar')]], given, { ids: givenIds });
    for (const list of [batch, ids, given, givenIds]) list.length = 0;
    metadata.place = 2;
    metadata.loc.lines.length = 0;
    expect(await adding).toEqual(['a']);
    expect(await vectors).toEqual(['b']);
    expect(await store.getByIds(['a', 'b'])).toMatchObject([
      { pageContent: 'foo', metadata: { place: 1, loc: { lines: [1, 2] } } },
      { pageContent: 'bar', metadata: { place: 1, loc: { lines: [1, 2] } } },
    ]);
  });

  it('refuses what it could not read again, before it is embedded', async () => {
    const { store: client, calls } = watchedStore();
    const store = open(client);
    const refused: readonly (readonly [LangChainDocument, string | RegExp])[] = [
      [page(undefined as never), 'pageContent is undefined; use a string'],
      [page('foo', { size: 1n }), /metadata has no JSON .*BigInt/],
      [page('foo', [] as never), 'metadata is [] as JSON; give an object'],
    ];
    for (const [wrong, message] of refused) {
      await expect(store.addDocuments([wrong])).rejects.toThrow(message);
      await expect(store.addVectors([[...model.embed('foo')]], [wrong])).rejects.toThrow(message);
    }
    expect(calls).toEqual([]);
    const bare = { pageContent: 'foo' } as LangChainDocument;
    expect(await store.getByIds(await store.addDocuments([bare]))).toMatchObject([{ metadata: {} }]);
  });

  it('repairs what a crash between any two steps left', async () => {
    for (let step = 0, isDone = false; !isDone; step += 1) {
      const watched = watchedStore();
      const doomed = open(watched.store);
      await doomed.addDocuments([page('foo')], { ids: ['a'] });
      const before = watched.calls.length;
      watched.dieAfter(step, true);
      isDone = await doomed.addDocuments([page('bar'), page('baz')], { ids: ['a', 'b'] }).then(
        () => watched.calls.length - before <= step,
        () => false,
      );
      watched.revive();
      const survivor = open(watched.store);
      await survivor.repair();
      const kept = await survivor.getByIds(['a', 'b']);
      expect(await watched.vectorIds('langchain', 64)).toHaveLength(kept.length);
      expect(await survivor.similaritySearch('bar', 5)).toHaveLength(kept.length);
      expect(await survivor.verify()).toMatchObject({ isClean: true });
      expect(await survivor.repair()).toMatchObject({ isClean: true, requeued: [] });
    }
  });

  it('does not say that nothing was added where a part was', async () => {
    const ids = ['a', 'b', 'c'];
    for (let step = 0, isDone = false; !isDone; step += 1) {
      const watched = watchedStore();
      const { store: client } = watched;
      const store = new NoriKVVectorStore(embeddings, { client, dimensions: 64, concurrency: 1 });
      const add = () =>
        store.addDocuments(
          ids.map((id) => page(id)),
          { ids },
        );
      watched.dieAfter(step, false);
      const failure = await add().then(
        () => null,
        (error: unknown) => error,
      );
      watched.revive();
      isDone = failure === null;
      const { length } = await store.getByIds(ids);
      if (!isDone && length > 0) expect(failure).toMatchObject({ outcome: 'unknown' });
      await add();
      expect(await store.getByIds(ids)).toHaveLength(3);
    }
  });

  it('does not say that nothing was deleted where a part was', async () => {
    const inner = createMemoryVectorStore();
    const cause = new UnavailableError('down', { outcome: 'not-applied' });
    const find: typeof inner.find = async (key, options) => {
      if (key === 'langchain:langchain:doc/b') throw cause;
      return inner.find(key, options);
    };
    const store = open({ ...inner, find });
    await open(inner).addDocuments([page('foo'), page('bar')], { ids: ['a', 'b'] });
    await expect(store.delete({ ids: ['b'] })).rejects.toBe(cause);
    const partly = { code: 'OUTCOME_UNKNOWN', cause: { outcome: 'not-applied' } };
    await expect(store.delete({ ids: ['a', 'b'] })).rejects.toMatchObject(partly);
    expect((await open(inner).getByIds(['a', 'b'])).map(({ id }) => id)).toEqual(['b']);
  });

  it('names documents of which vectors are lost', async () => {
    const client = createMemoryVectorStore();
    const store = open(client);
    await store.addDocuments([page('foo'), page('bar')], { ids: ['a', 'b'] });
    await client.vectorDelete('langchain', 'b#1#0');
    expect(await store.repair()).toMatchObject({ requeued: ['b'], missing: 1 });
    await store.addDocuments([page('bar')], { ids: ['b'] });
    expect(await store.verify({ timeoutMs: 60_000 })).toMatchObject({ isClean: true });
  });

  it('replaces a document with the same id, and adding it again changes nothing', async () => {
    const store = open();
    for (const text of ['foo', 'foo', 'bar']) await store.addDocuments([page(text)], { ids: ['a'] });
    expect(await store.similaritySearch('foo', 5)).toEqual([{ id: 'a', pageContent: 'bar', metadata: {} }]);
  });

  it('deletes one, many, and those that are not there', async () => {
    const store = open();
    await store.addDocuments([page('foo'), page('bar'), page('baz')], { ids: ['a', 'b', 'c'] });
    await store.delete({ ids: ['a', 'none'] });
    await store.delete({ ids: ['b'] });
    expect((await store.similaritySearch('foo', 5)).map(({ id }) => id)).toEqual(['c']);
  });

  it('gives cosine similarity as score and never a short page because of a filter', async () => {
    const texts = Array.from({ length: 60 }, (_, number) => `foo ${number}`);
    const metadatas = texts.map((_, number) => ({ kind: number % 20 === 0 ? 'rare' : 'common' }));
    const options = { client: createMemoryVectorStore(), dimensions: 64 };
    const store = await NoriKVVectorStore.fromTexts(texts, metadatas, embeddings, options);
    const [[best, score] = [page(''), 0]] = await store.similaritySearchWithScore('foo 7', 1);
    expect([best.pageContent, score]).toEqual(['foo 7', expect.closeTo(1, 5)]);
    const found = await store.similaritySearch('foo 7', 3, { kind: 'rare' });
    expect(found.map(({ pageContent }) => pageContent).sort()).toEqual(['foo 0', 'foo 20', 'foo 40']);
    const even = await store.similaritySearch('foo', 4, ({ pageContent }) => pageContent.endsWith('0'));
    expect(even).toHaveLength(4);
    const same = await NoriKVVectorStore.fromTexts(['x'], { of: 'all' }, embeddings, {
      ...options,
      namespace: 'other',
    });
    expect((await same.similaritySearch('x'))[0]?.metadata).toEqual({ of: 'all' });
  });

  it('finds documents that are unlike each other', async () => {
    const store = open();
    await store.addDocuments(
      ['apple pie', 'apple pies', 'apple tart', 'apple car'].map((text) => page(text)),
    );
    const near = await store.similaritySearch('apple pie', 2);
    expect(near.map(({ pageContent }) => pageContent)).toEqual(['apple pie', 'apple pies']);
    const varied = await store.maxMarginalRelevanceSearch('apple pie', { k: 2, lambda: 0.3 });
    expect(varied[0]?.pageContent).toBe('apple pie');
    expect(varied[1]?.pageContent).not.toBe('apple pies');
    expect(await store.maxMarginalRelevanceSearch('apple', { k: 9, fetchK: 1 })).toHaveLength(4);
  });

  it('chooses by variety among documents that are written anew, or deleted, meanwhile', async () => {
    const client = createMemoryVectorStore();
    const other = open(client);
    const ids = ['a', 'b', 'c'];
    await other.addDocuments(
      ids.map((id) => page(`apple ${id}`)),
      { ids },
    );
    const change = async (): Promise<void> => {
      await other.addDocuments([page('apple tart')], { ids: ['a'] });
      await other.delete({ ids: ['b'] });
    };
    let changed: Promise<void> | undefined;
    const racing = open({
      ...client,
      async vectorGet(...call) {
        changed ??= change();
        await changed;
        return client.vectorGet(...call);
      },
    });
    const varied = await racing.maxMarginalRelevanceSearch('apple', { k: 3 });
    expect(varied.map(({ pageContent }) => pageContent).sort()).toEqual(['apple c', 'apple tart']);
    const lost: typeof client = { ...client, vectorGet: async () => null };
    await expect(open(lost).maxMarginalRelevanceSearch('apple', { k: 3 })).rejects.toMatchObject({
      code: 'VECTOR_MISSING',
    });
  });

  it('serves a retriever of LangChain, and takes its embeddings', async () => {
    const client = createMemoryVectorStore();
    const store = new NoriKVVectorStore(new FakeEmbeddings(), { client, dimensions: 4, namespace: 'fake' });
    expect(store._vectorstoreType()).toBe('norikv');
    const own = open(client);
    const retriever = new VectorStoreRetriever({ vectorStore: own as unknown as VectorStoreInterface, k: 1 });
    await retriever.addDocuments([page('foo', { n: 1 }), page('bar')]);
    expect(await retriever.invoke('foo')).toMatchObject([{ pageContent: 'foo', metadata: { n: 1 } }]);
    const varied = new VectorStoreRetriever({
      vectorStore: own as unknown as VectorStoreInterface,
      searchType: 'mmr',
      k: 2,
    });
    expect(await varied.invoke('foo')).toHaveLength(2);
    await store.addDocuments([page('foo')]);
    expect(await store.similaritySearch('foo')).toHaveLength(1);
  });

  it('refuses a filter that nothing would pass', async () => {
    const store = open();
    const metadata = { source: { page: 1 }, tags: ['a'], n: 1, draft: null };
    await store.addDocuments([page('foo', metadata)], { ids: ['a'] });
    for (const filter of [{ source: { page: 1 } }, { n: 1, tags: ['a'] }, { n: 1n }, { at: new Date(0) }]) {
      const [name = ''] = Object.keys(filter).slice(-1);
      const refused = { code: 'INVALID_ARGUMENT', message: expect.stringContaining(`filter.${name} is `) };
      await expect(store.similaritySearch('foo', 1, filter)).rejects.toMatchObject(refused);
      await expect(store.maxMarginalRelevanceSearch('foo', { k: 1, filter })).rejects.toMatchObject(refused);
    }
    for (const filter of ['n = 1', ['a']]) {
      await expect(store.similaritySearch('foo', 1, filter as never)).rejects.toThrow(/filter is /);
    }
    expect(await store.similaritySearch('foo', 1, { n: 1, draft: null, none: undefined })).toHaveLength(1);
  });

  it.each([
    ['null', [null, 1]],
    ['NaN', [Number.NaN, 1]],
    ['too short a vector', [1]],
    ['nothing', undefined],
  ])('refuses %s where a vector is wanted, of the model and of the caller', async (_, vector) => {
    const wrong = vector as number[];
    const embedQuery = async (): Promise<number[]> => wrong;
    const embedDocuments = async (): Promise<number[][]> => [wrong];
    const client = createMemoryVectorStore();
    const store = new NoriKVVectorStore({ embedQuery, embedDocuments }, { client, dimensions: 2 });
    await store.addVectors([[1, 0]], [page('a')]);
    for (const call of [
      () => store.similaritySearchWithScore('q', 1),
      () => store.similaritySearchVectorWithScore(wrong, 1),
      () => store.maxMarginalRelevanceSearch('q', { k: 1 }),
      () => store.addDocuments([page('b')]),
      () => store.addVectors([wrong], [page('b')]),
    ]) {
      await expect(call()).rejects.toBeInstanceOf(EmbeddingError);
    }
    expect(await store.similaritySearchVectorWithScore([1, 0], 9)).toHaveLength(1);
  });

  it('refuses lists that do not fit, and tries again after a failed start', async () => {
    const watched = watchedStore();
    const store = new NoriKVVectorStore(embeddings, { client: watched.store, dimensions: 64 });
    await expect(store.addVectors([[1]], [])).rejects.toThrow(/1 vectors for 0 documents/);
    await expect(store.addDocuments([page('a')], { ids: [] })).rejects.toThrow(/0 ids for 1 documents/);
    watched.dieAfter(0, false);
    await expect(store.similaritySearch('a')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    watched.revive();
    await store.addVectors([[...model.embed('a')]], [page('a')], { ids: ['a'] });
    expect(await store.similaritySearch('a')).toHaveLength(1);
    const live = { generation: 1, vectorCount: 0, data: {} };
    await watched.store.put(
      'langchain:langchain:doc/x',
      JSON.stringify({ live, pending: [], stale: [], floor: 0 }),
    );
    await expect(store.getByIds(['x'])).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
  });
});
