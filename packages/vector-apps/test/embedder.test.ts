import { describe, expect, it } from 'vitest';
import { createEmbedder, type EmbedOptions } from '../src/core/embedder.js';
import type { EmbeddingModel, Vector } from '../src/core/embedding-model.js';
import { mapBounded } from '../src/core/map-bounded.js';
import { hashingModel } from './support/hashing-model.js';

const lengthModel = (embedBatch?: EmbeddingModel['embedBatch']): EmbeddingModel => ({
  dimensions: 1,
  embed: (text) => [text.length],
  ...(embedBatch && { embedBatch }),
});

describe('createEmbedder', () => {
  it('answers in the order of the texts, with and without a batch call', async () => {
    const texts = Array.from({ length: 70 }, (_, length) => 'x'.repeat(length + 1));
    const lengths = texts.map(({ length }) => Float32Array.of(length));
    expect(await createEmbedder(lengthModel()).embed(texts)).toEqual(lengths);
    const sizes: number[] = [];
    const batched = createEmbedder(
      lengthModel((batch) => {
        sizes.push(batch.length);
        return batch.map((text) => [text.length]);
      }),
    );
    expect(await batched.embed(texts)).toEqual(lengths);
    expect(sizes).toEqual([32, 32, 6]);
    expect(await batched.embed([])).toEqual([]);
    expect(batched).toMatchObject({ dimensions: 1, fingerprint: '' });
  });

  it.each([0, 10])('asks for equal texts once, whoever asks for them (cacheSize %i)', async (cacheSize) => {
    const batches: string[][] = [];
    const model = lengthModel((texts) => {
      batches.push([...texts]);
      return texts.map((text) => [text.length]);
    });
    const embedder = createEmbedder(model, { cacheSize });
    const both = Promise.all([embedder.embed(['a', 'bb', 'a']), embedder.embed(['bb', 'ccc'])]);
    const lengths = (await both).map((vectors) => vectors.map(([length]) => length));
    expect(lengths).toEqual([
      [1, 2, 1],
      [2, 3],
    ]);
    expect(batches).toEqual([['a', 'bb', 'ccc']]);
  });

  it('joins the texts of calls made at the same time, and runs few calls at a time', async () => {
    const batches: string[][] = [];
    let running = 0;
    let most = 0;
    const embedder = createEmbedder(
      lengthModel(async (texts) => {
        batches.push([...texts]);
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return texts.map((text) => [text.length]);
      }),
      { batchSize: 3, concurrency: 2 },
    );
    const answers = await Promise.all(
      ['a', 'bb', 'ccc', 'dd', 'e', 'f', 'g'].map((text) => embedder.embed([text])),
    );
    expect(answers.map(([vector]) => vector?.[0])).toEqual([1, 2, 3, 2, 1, 1, 1]);
    expect(batches).toEqual([['a', 'bb', 'ccc'], ['dd', 'e', 'f'], ['g']]);
    expect(most).toBe(2);
  });

  it('never sends an empty text, and never takes a vector for another', async () => {
    const model = hashingModel();
    const embedder = createEmbedder(model);
    for (const text of ['', ' \n', undefined as unknown as string]) {
      await expect(embedder.embed(['fine', text])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    expect(model.calls).toBe(0);

    const wrong: [unknown, RegExp][] = [
      [[[1]], /2 texts and answered with 1 vectors/],
      [[[1], [2], [3]], /with 3 vectors/],
      [undefined, /with undefined vectors/],
      [[[1], [1, 2]], /has 2 numbers, not 1/],
      [[[1], undefined], /has 0 numbers/],
      [[[1], [Number.NaN]], /not finite/],
      [[[Number.POSITIVE_INFINITY], [1]], /not finite/],
      [JSON.parse(JSON.stringify([[1], [Number.NaN]])), /not finite/],
      [[[1], ['1']], /not finite/],
    ];
    for (const [answer, message] of wrong) {
      const liar = createEmbedder(lengthModel(async () => answer as Vector[]));
      await expect(liar.embed(['a', 'b'])).rejects.toMatchObject({ code: 'EMBEDDING' });
      await expect(liar.embed(['a', 'b'])).rejects.toThrow(message);
    }
  });

  it('fails only those whose text the model does not take', async () => {
    const embedder = createEmbedder(
      lengthModel((texts) => {
        if (texts.includes('bad')) throw new Error('bad text');
        return texts.map((text) => [text.length]);
      }),
    );
    const results = await Promise.allSettled([
      embedder.embed(['a']),
      embedder.embed(['bad']),
      embedder.embed(['ccc']),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('remembers vectors by their text, the latest used', async () => {
    const model = hashingModel();
    const embedder = createEmbedder(model, { cacheSize: 2 });
    const [first] = await embedder.embed(['one']);
    expect(await embedder.embed(['one', 'two', 'one'])).toHaveLength(3);
    expect(model.texts).toEqual(['one', 'two']);
    const [again, , third] = await embedder.embed(['one', 'two', 'three']);
    expect(again).toEqual(first);
    expect(third).toHaveLength(64);
    await embedder.embed(['two']);
    await embedder.embed(['one']);
    expect(model.texts).toEqual(['one', 'two', 'three', 'one']);
  });

  it('stops waiting when the signal ends', async () => {
    let finish = (): void => {};
    const embedder = createEmbedder(
      lengthModel(
        (texts) =>
          new Promise((resolve) => {
            finish = () => resolve(texts.map(() => [1]));
          }),
      ),
    );
    const cancelled = { code: 'CANCELLED' };
    await expect(embedder.embed(['a'], { signal: AbortSignal.abort() })).rejects.toMatchObject(cancelled);
    const controller = new AbortController();
    const waiting = embedder.embed(['a'], { signal: controller.signal });
    setImmediate(() => controller.abort());
    await expect(waiting).rejects.toMatchObject(cancelled);
    const next = embedder.embed(['b'], { signal: new AbortController().signal });
    await new Promise((resolve) => setImmediate(resolve));
    finish();
    expect(await next).toEqual([Float32Array.of(1)]);
  });

  it('refuses a model or an option that is wrong', () => {
    const embed = (): number[] => [1];
    expect(() => createEmbedder({ dimensions: 0, embed })).toThrow(/model.dimensions is 0/);
    expect(() => createEmbedder({ dimensions: 1 } as EmbeddingModel)).toThrow(/model.embed/);
    expect(() => createEmbedder({ dimensions: 1, embed }, { batchSize: 0 })).toThrow(/batchSize is 0/);
    expect(() => createEmbedder({ dimensions: 1, embed }, { cacheSize: -1 })).toThrow(/cacheSize is -1/);
    expect(() => createEmbedder({ dimensions: 1, embed }, { concurrency: 0 })).toThrow(/concurrency is 0/);
  });

  it.each([
    [null, 'options is null'],
    [{ signal: 7 }, 'signal is 7'],
    [{ timeoutMs: Number.NaN }, 'timeoutMs is NaN'],
    [{ timeoutMs: '5' }, 'timeoutMs is "5"'],
  ])('refuses %o as the options of a call, and does not ask the model', async (options, message) => {
    const asked: string[] = [];
    const embed = (text: string): number[] => [asked.push(text)];
    const call = createEmbedder({ dimensions: 1, embed }).embed(['a'], options as EmbedOptions);
    await expect(call).rejects.toThrow(message);
    expect(asked).toEqual([]);
  });
});

describe('mapBounded', () => {
  it('starts nothing more after a failure, and waits for what runs', async () => {
    const started: number[] = [];
    let ended = 0;
    const work = mapBounded([0, 1, 2, 3, 4], 2, async (item) => {
      started.push(item);
      if (item === 0) throw new Error('first');
      await new Promise((resolve) => setImmediate(resolve));
      ended += 1;
    });
    await expect(work).rejects.toThrow('first');
    expect([started, ended]).toEqual([[0, 1], 1]);
  });
});
