import { createMemoryVectorStore, FakeClock, withFaults } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import type { VectorKvStore } from '../src/core/vector-kv-store.js';
import { type SearchDocument, SemanticSearchEngine } from '../src/index.js';
import { hashingModel } from './support/hashing-model.js';
import { openEngine } from './support/open-engine.js';

const prefix = 'search:documents:';

describe('indexing', () => {
  it('does not embed or write again what has not changed', async () => {
    const { engine, model, calls, store, vectorIds } = await openEngine();
    const index = (content: string, metadata?: Record<string, unknown>, force?: boolean) =>
      engine.indexDocument('a', 'Title', content, { metadata, force });
    expect(await index('One. Two.', { year: 1 })).toBe('indexed');
    calls.length = 0;
    model.texts.length = 0;
    expect(await index('One. Two.', { year: 1 })).toBe('unchanged');
    expect(calls).toEqual(['find', 'vectorGet']);

    expect(await index('One. Two.', { year: 2 })).toBe('indexed');
    expect(model.texts).toEqual([]);
    expect(await engine.getDocument('a')).toEqual({
      id: 'a',
      title: 'Title',
      content: 'One. Two.',
      metadata: { year: 2 },
    });

    const [stored = ''] = await vectorIds('documents', 64);
    await store.vectorDelete('documents', stored);
    expect(await index('One. Two.', { year: 2 })).toBe('indexed');
    const [again = ''] = await vectorIds('documents', 64);
    await store.vectorDelete('documents', again);
    expect(await index('One. Two.', { year: 3 })).toBe('indexed');
    expect(await index('One. Two.', { year: 3 }, true)).toBe('indexed');
    expect(await index('One. Three.', { year: 3 })).toBe('indexed');
    expect(model.texts).toEqual(['Title One. Three.']);
  });

  it('refuses metadata that are an array, and a progress that throws stops nothing', async () => {
    const { engine } = await openEngine();
    const metadata = ['a'] as unknown as Record<string, unknown>;
    await expect(engine.indexDocument('a', '', 'Text', { metadata })).rejects.toThrow('metadata is ["a"]');
    let told = 0;
    const onProgress = (): undefined => {
      told += 1;
      if (told === 1) throw new Error('broken');
      return Promise.reject(new Error('late')) as never;
    };
    const documents = ['a', 'b', 'c'].map((id) => ({ id, title: '', content: `Text ${id}` }));
    const report = await engine.indexDocuments(documents, { onProgress, concurrency: 1 });
    expect(report).toMatchObject({ indexed: 3, failed: 0, isComplete: true });
    expect(told).toBe(3);
  });

  it('embeds again what was cut in another way', async () => {
    const { store, model } = await openEngine();
    const content = 'One. Two. Three. Four. Five.';
    for (const [chunking, chunks] of [
      [undefined, 2],
      [{ sentences: 1, overlap: 0 }, 5],
      [false, 1],
    ] as const) {
      const engine = new SemanticSearchEngine(store, model, { chunking });
      expect(await engine.indexDocument('a', '', content)).toBe('indexed');
      expect(await engine.verify()).toMatchObject({ isClean: true });
      const { matches } = await store.vectorSearch('documents', new Float32Array(64).fill(1), 100);
      expect(matches).toHaveLength(chunks);
    }
  });

  it('leaves nothing behind when a document is replaced or deleted', async () => {
    const { engine, vectorIds } = await openEngine();
    await engine.indexDocument('a', 'A', 'Alpha one. Alpha two. Alpha three. Alpha four. Alpha five.');
    await engine.indexDocument('a', 'A', 'Beta.');
    expect(await vectorIds('documents', 64)).toHaveLength(1);
    const [result] = await engine.search('alpha', 5);
    expect(result?.content).toBe('Beta.');
    expect(await engine.deleteDocument('a')).toBe(true);
    expect(await engine.deleteDocument('a')).toBe(false);
    expect(await vectorIds('documents', 64)).toEqual([]);
    expect(await engine.getDocument('a')).toBeNull();
    expect(await engine.verify()).toMatchObject({ checked: 0, isClean: true });
  });

  it('embeds again what has lost a vector, when it is repaired', async () => {
    const { engine, model, store, vectorIds } = await openEngine();
    await engine.indexDocument('a', 'A', 'Alpha one. Alpha two. Alpha three. Alpha four. Alpha five.');
    const [, second = ''] = await vectorIds('documents', 64);
    await store.vectorDelete('documents', second);
    const later = new SemanticSearchEngine(store, model);
    model.texts.length = 0;
    expect(await later.repair()).toMatchObject({ missing: 1, requeued: [] });
    expect(model.texts).toHaveLength(2);
    expect(await engine.verify()).toMatchObject({ isClean: true });
  });

  it('keeps calls for one document in their order', async () => {
    const { engine } = await openEngine();
    const calls = ['one', 'two', 'three'].map((text) => engine.indexDocument('a', '', text));
    const deleted = engine.deleteDocument('a');
    const last = engine.indexDocument('a', '', 'four');
    await Promise.all([...calls, deleted, last]);
    expect((await engine.getDocument('a'))?.content).toBe('four');
  });

  it('refuses a document without text, or too large for the store, before anything is written', async () => {
    const { engine, calls } = await openEngine({ chunking: false });
    calls.length = 0;
    await expect(engine.indexDocument('a', ' ', '\n')).rejects.toThrow(/nothing to search for/);
    const noText = undefined as unknown as string;
    await expect(engine.indexDocument('a', 'A', noText)).rejects.toThrow(/content is undefined/);
    await expect(engine.indexDocument('', 'A', 'text')).rejects.toThrow(/id is ""/);
    const huge = engine.indexDocument('a', 'A', 'x'.repeat(1_100_000));
    await expect(huge).rejects.toMatchObject({ code: 'RECORD_TOO_LARGE' });
    expect(calls.filter((name) => name !== 'find')).toEqual([]);
  });

  it('says so when a record is not that of a document', async () => {
    const { engine, store } = await openEngine();
    const live = { generation: 1, vectorCount: 0, data: { title: 7 } };
    await store.put(`${prefix}doc/a`, JSON.stringify({ live, pending: [], stale: [], floor: 0 }));
    await expect(engine.getDocument('a')).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
  });

  it('is exact while replies are lost', async () => {
    const clock = new FakeClock();
    const memory = createMemoryVectorStore({ clock });
    const rates = { 'lost-reply': 0.15, 'lost-request': 0.1, 'duplicated-delivery': 0.1 };
    let seed = 7;
    const random = (): number => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const faulty = withFaults(memory, { clock, random, rates });
    const store: VectorKvStore = Object.assign(Object.create(memory), {
      get: faulty.get.bind(faulty),
      find: faulty.find?.bind(faulty),
      put: faulty.put.bind(faulty),
      delete: faulty.delete.bind(faulty),
    });
    const engine = new SemanticSearchEngine(store, hashingModel(), { clock, random });
    await clock.run(engine.initialize());
    for (let number = 0; number < 40; number += 1) {
      const content = `Text ${number} of the topic ${number % 3}.`;
      await clock.run(engine.indexDocument(`d${number % 10}`, '', content));
      if (number % 4 === 3) await clock.run(engine.deleteDocument(`d${(number - 2) % 10}`));
    }
    expect(faulty.faults.injected['lost-reply']).toBeGreaterThan(10);
    faulty.faults.stop();
    await clock.run(engine.repair());
    const found = await engine.search('topic', 20);
    const expected = new Map<string, string>();
    for (let number = 0; number < 40; number += 1) {
      expected.set(`d${number % 10}`, `Text ${number} of the topic ${number % 3}.`);
      if (number % 4 === 3) expected.delete(`d${(number - 2) % 10}`);
    }
    expect(Object.fromEntries(found.map(({ id, content }) => [id, content]))).toEqual(
      Object.fromEntries(expected),
    );
    expect(await engine.verify()).toMatchObject({ checked: expected.size, isClean: true });
  });
});

describe('indexing many documents', () => {
  const documents = (count: number): SearchDocument[] =>
    Array.from({ length: count }, (_, number) => ({
      id: `d${number}`,
      title: `T${number}`,
      content: `Text ${number}.`,
    }));

  it('embeds in batches and reports on each', async () => {
    const { engine, model } = await openEngine();
    const seen: number[] = [];
    const report = await engine.indexDocuments(documents(64), {
      concurrency: 32,
      onProgress: ({ done, last }) => {
        seen.push(done);
        expect(last.status).toBe('indexed');
      },
    });
    expect(report).toMatchObject({ indexed: 64, unchanged: 0, failed: 0, isComplete: true });
    expect(seen).toEqual(Array.from({ length: 64 }, (_, place) => place + 1));
    expect(model.calls).toBeLessThan(20);
    expect(await engine.indexDocuments(documents(65))).toMatchObject({ indexed: 1, unchanged: 64 });
    const ids: string[] = [];
    for await (const id of engine.ids()) ids.push(id);
    expect(ids).toHaveLength(65);
  });

  it('goes on when one fails', async () => {
    const { engine } = await openEngine();
    const bad = { id: 'bad', title: '', content: '' };
    const report = await engine.indexDocuments([bad, ...documents(3)], { concurrency: 2 });
    expect(report).toMatchObject({ indexed: 3, failed: 1, isComplete: true });
    expect(report.results.find(({ id }) => id === 'bad')).toMatchObject({
      status: 'failed',
      error: { code: 'INVALID_ARGUMENT' },
    });
  });

  it('takes a source of any kind, and closes it when it stops', async () => {
    const { engine } = await openEngine();
    const controller = new AbortController();
    let isClosed = false;
    async function* source() {
      try {
        for (const document of documents(1_000)) yield document;
      } finally {
        isClosed = true;
      }
    }
    const report = await engine.indexDocuments(source(), {
      concurrency: 4,
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done === 8) controller.abort();
      },
    });
    expect(report.isComplete).toBe(false);
    expect(report.results.length).toBeLessThan(20);
    expect(
      report.results
        .filter(({ status }) => status === 'failed')
        .every(({ error }) => {
          return (error as { code: string }).code === 'CANCELLED';
        }),
    ).toBe(true);
    expect(isClosed).toBe(true);
    await engine.repair();
    expect(await engine.verify()).toMatchObject({ isClean: true });
  });

  it('begins with a document before it takes another: a source may give one object again and again', async () => {
    const { engine } = await openEngine();
    function* source() {
      const document = { id: '', title: '', content: '', metadata: { place: 0 } };
      for (let place = 0; place < 20; place += 1) {
        document.metadata.place = place;
        yield Object.assign(document, { id: `d${place}`, content: `river number ${place}` });
      }
    }
    expect(await engine.indexDocuments(source())).toMatchObject({ indexed: 20, failed: 0, isComplete: true });
    for (let place = 0; place < 20; place += 1) {
      expect(await engine.getDocument(`d${place}`)).toMatchObject({
        content: `river number ${place}`,
        metadata: { place },
      });
    }
  });

  it('does not wait for a source that has nothing to give once the signal has ended', async () => {
    const { engine } = await openEngine();
    const controller = new AbortController();
    let giveMore = (): void => {};
    let isClosed = false;
    async function* source() {
      try {
        yield* documents(1);
        await new Promise<void>((resolve) => {
          giveMore = resolve;
        });
        yield { id: 'late', title: '', content: 'river' };
      } finally {
        isClosed = true;
      }
    }
    const indexing = engine.indexDocuments(source(), {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    expect(await indexing).toMatchObject({ indexed: 1, failed: 0, isComplete: false });
    giveMore();
    await expect.poll(() => isClosed).toBe(true);
    expect(await engine.getDocument('late')).toBeNull();
  });

  it('reports what was done where the signal ended the source as well', async () => {
    const { engine } = await openEngine();
    const controller = new AbortController();
    async function* source() {
      yield* documents(1);
      await new Promise((_, reject) =>
        controller.signal.addEventListener('abort', () => reject(controller.signal.reason)),
      );
    }
    const indexing = engine.indexDocuments(source(), {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    expect(await indexing).toMatchObject({ indexed: 1, failed: 0, isComplete: false });
  });

  it('passes on an error of the source once all that is under way has ended', async () => {
    const { engine } = await openEngine();
    async function* source() {
      yield* documents(3);
      throw new Error('the file is gone');
    }
    await expect(engine.indexDocuments(source(), { concurrency: 2, force: true })).rejects.toThrow(
      'the file is gone',
    );
    expect(await engine.verify()).toMatchObject({ checked: 3, isClean: true });
  });
});
