import { createMemoryVectorStore, FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { createEmbedder } from '../src/core/embedder.js';
import {
  type DeduplicationPolicy,
  DocumentDeduplicator,
  type EmbeddingCall,
  type EmbeddingModel,
  RecommendationEngine,
  SemanticSearchEngine,
} from '../src/index.js';
import { hashingModel } from './support/hashing-model.js';

interface Asked {
  readonly texts: readonly string[];
  readonly signal: AbortSignal;
  answer(): void;
}

/** A model that answers when it is told to, and stops when its signal ends. */
function patientModel(): EmbeddingModel & { readonly asked: Asked[] } {
  const asked: Asked[] = [];
  return {
    asked,
    dimensions: 1,
    embed: () => [1],
    embedBatch: (texts, { signal }: EmbeddingCall) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        asked.push({ texts, signal, answer: () => resolve(texts.map((text) => [text.length])) });
      }),
  };
}

const turn = async (): Promise<void> => {
  for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('what nobody waits for any more', () => {
  it('is never asked for, if the model was not asked yet', async () => {
    const model = patientModel();
    const embedder = createEmbedder(model, { concurrency: 1, batchSize: 1 });
    const controller = new AbortController();
    const { signal } = controller;
    const gone = Promise.allSettled(['a', 'bb', 'ccc'].map((text) => embedder.embed([text], { signal })));
    const waiting = embedder.embed(['dddd']);
    await turn();
    controller.abort();
    for (const outcome of await gone) expect(outcome).toMatchObject({ reason: { code: 'CANCELLED' } });
    await turn();
    model.asked.at(-1)?.answer();
    expect(await waiting).toEqual([Float32Array.of(4)]);
    expect(model.asked.map(({ texts }) => texts)).toEqual([['a'], ['dddd']]);
  });

  it('is not asked for after its time is up', async () => {
    const model = patientModel();
    const embedder = createEmbedder(model, { concurrency: 1, batchSize: 1 });
    const first = embedder.embed(['a']);
    await turn();
    await expect(embedder.embed(['bb'], { timeoutMs: 1 })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    model.asked[0]?.answer();
    await first;
    await turn();
    expect(model.asked).toHaveLength(1);
  });

  it('is not asked for in further batches, if one batch of a call has failed', async () => {
    let calls = 0;
    const embedder = createEmbedder(
      {
        dimensions: 1,
        embed: () => [1],
        embedBatch: async () => {
          calls += 1;
          throw new Error('refused');
        },
      },
      { concurrency: 1, batchSize: 1 },
    );
    await expect(embedder.embed(['a', 'b', 'c', 'd'])).rejects.toThrow('refused');
    await turn();
    expect(calls).toBe(1);
  });

  it('ends the call of the model, once all who share it have gone', async () => {
    const model = patientModel();
    const embedder = createEmbedder(model);
    const [one, other] = [new AbortController(), new AbortController()];
    const calls = Promise.allSettled([
      embedder.embed(['a'], { signal: one.signal }),
      embedder.embed(['b'], { signal: other.signal }),
    ]);
    await turn();
    one.abort();
    expect(model.asked[0]?.signal.aborted).toBe(false);
    other.abort();
    expect(model.asked[0]?.signal.aborted).toBe(true);
    await calls;
    await turn();
    expect(model.asked).toHaveLength(1);
  });

  it('leaves its place to others after a while, though the model never answers', async () => {
    const clock = new FakeClock();
    const embedder = createEmbedder(
      { dimensions: 1, embed: (text) => (text === 'hang' ? new Promise(() => {}) : [1]) },
      { concurrency: 1, batchSize: 1, clock },
    );
    const late = { code: 'DEADLINE_EXCEEDED' };
    const hung = expect(embedder.embed(['hang'], { timeoutMs: 50 })).rejects.toMatchObject(late);
    await turn();
    const vectors: unknown[] = [];
    const next = embedder.embed(['next']).then((answer) => vectors.push(...answer));
    await clock.advance(50);
    await hung;
    await turn();
    await clock.advance(9_999);
    await turn();
    expect(vectors).toEqual([]);
    await clock.advance(1);
    await turn();
    expect(vectors).toEqual([Float32Array.of(1)]);
    await next;
    expect(clock.pendingTimers).toBe(0);
  });

  it('of many callers leaves its place too, and asks for none of them again', async () => {
    const clock = new FakeClock();
    const asked: (readonly string[])[] = [];
    const embedder = createEmbedder(
      {
        dimensions: 1,
        embed: () => [1],
        embedBatch: (texts) => {
          asked.push(texts);
          return texts.includes('hang') ? new Promise(() => {}) : texts.map(() => [1]);
        },
      },
      { concurrency: 1, clock },
    );
    const calls = Promise.allSettled(['hang', 'b'].map((text) => embedder.embed([text], { timeoutMs: 50 })));
    await turn();
    await clock.advance(50);
    await calls;
    await turn();
    await clock.advance(10_000);
    expect(await embedder.embed(['next'])).toEqual([Float32Array.of(1)]);
    expect(asked).toEqual([['hang', 'b'], ['next']]);
  });

  it('starts no further call of a model that takes one text at a time', async () => {
    const controller = new AbortController();
    const texts: string[] = [];
    const embedder = createEmbedder({
      dimensions: 1,
      async embed(text, { signal }: EmbeddingCall) {
        texts.push(text);
        await turn();
        if (texts.length === 8) controller.abort();
        signal.throwIfAborted();
        return [1];
      },
    });
    const all = embedder.embed(
      Array.from({ length: 32 }, (_, number) => `text ${number}`),
      { signal: controller.signal },
    );
    await expect(all).rejects.toMatchObject({ code: 'CANCELLED' });
    await turn();
    expect(texts).toHaveLength(8);
  });

  it('of a bulk call that is cancelled, the model is asked for no more', async () => {
    const controller = new AbortController();
    const model = patientModel();
    const engine = new SemanticSearchEngine(createMemoryVectorStore(), model, { batchSize: 1 });
    const report = engine.indexDocuments(
      Array.from({ length: 40 }, (_, number) => ({ id: `${number}`, title: 'T', content: `text ${number}` })),
      { signal: controller.signal },
    );
    while (model.asked.length < 2) await turn();
    await turn();
    controller.abort();
    expect(await report).toMatchObject({ indexed: 0, isComplete: false });
    await turn();
    expect(model.asked).toHaveLength(2);
    expect(model.asked.every(({ signal }) => signal.aborted)).toBe(true);
  });
});

it('a call that waits for another one of its document keeps its own time', async () => {
  const model = patientModel();
  const engine = new SemanticSearchEngine(createMemoryVectorStore(), model);
  const first = engine.indexDocument('a', 'A', 'apple');
  while (model.asked.length === 0) await turn();
  await expect(engine.indexDocument('a', 'A', 'pear', { timeoutMs: 5 })).rejects.toMatchObject({
    code: 'DEADLINE_EXCEEDED',
  });
  const controller = new AbortController();
  const cancelled = engine.deleteDocument('a', { signal: controller.signal });
  controller.abort();
  await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
  model.asked[0]?.answer();
  expect(await first).toBe('indexed');
});

/** A store whose caller cancels right after the nth call is done. */
function cancelling(callsToLive: number) {
  const controller = new AbortController();
  let calls = 0;
  const store = new Proxy(createMemoryVectorStore(), {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return async (...parameters: unknown[]) => {
        const result: unknown = await value.apply(target, parameters);
        calls += 1;
        if (calls === callsToLive) controller.abort();
        return result;
      };
    },
  });
  return { store, signal: controller.signal, calls: () => calls };
}

interface Attempt {
  readonly isApplied: boolean;
  readonly error: unknown;
  readonly isOver: boolean;
}

async function duplicate(policy: DeduplicationPolicy, after: number): Promise<Attempt> {
  const { store, signal, calls } = cancelling(after);
  const dedup = new DocumentDeduplicator(store, null, 0.95, { policy, leaseMs: 1 });
  await dedup.checkAndStore('a', 'x');
  const error = await dedup.checkAndStore('b', 'X', { signal }).then(
    () => null,
    (reason: unknown) => reason,
  );
  const isApplied = (await dedup.get('b')) !== null;
  const isOver = calls() < after;
  await dedup.repair();
  expect(await dedup.verify()).toMatchObject({ isClean: true });
  return { isApplied, error, isOver };
}

describe.each<[string, (after: number) => Promise<Attempt>]>([
  [
    'an interaction',
    async (after) => {
      const { store, signal, calls } = cancelling(after);
      const engine = new RecommendationEngine(store, hashingModel());
      await engine.indexProduct('p', 'Shoe', 'light', 'shoes').catch(() => {});
      const error = await engine.recordInteraction('u', 'p', { signal }).then(
        () => null,
        (reason: unknown) => reason,
      );
      const isApplied = await engine.forgetUser('u');
      return { isApplied, error, isOver: calls() < after };
    },
  ],
  [
    'a product',
    async (after) => {
      const { store, signal, calls } = cancelling(after);
      const engine = new RecommendationEngine(store, hashingModel());
      const error = await engine.indexProduct('p', 'Shoe', 'light', 'shoes', { signal }).then(
        () => null,
        (reason: unknown) => reason,
      );
      return { isApplied: await engine.removeProduct('p'), error, isOver: calls() < after };
    },
  ],
  [
    'a removal of a document',
    async (after) => {
      const { store, signal, calls } = cancelling(after);
      const dedup = new DocumentDeduplicator(store);
      await dedup.checkAndStore('a', 'x');
      const error = await dedup.removeDocument('a', { signal }).then(
        () => null,
        (reason: unknown) => reason,
      );
      return { isApplied: (await dedup.get('a')) === null, error, isOver: calls() < after };
    },
  ],
  ['a duplicate that is linked', (after) => duplicate('link', after)],
  ['a duplicate that replaces', (after) => duplicate('replace', after)],
])('%s that is cancelled at any moment', (_what, attempt) => {
  it('is never reported as cancelled if it is applied', async () => {
    for (let after = 1; ; after += 1) {
      const { isApplied, error, isOver } = await attempt(after);
      if (isOver) break;
      if (isApplied && error !== null) expect(error).toMatchObject({ outcome: 'unknown' });
    }
  });
});
