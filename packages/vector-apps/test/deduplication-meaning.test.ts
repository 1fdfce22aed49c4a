import { bytesToString, type KvStore } from '@norikv/store';
import { createMemoryStore, createMemoryVectorStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import type { VectorKvStore } from '../src/core/vector-kv-store.js';
import type { EmbeddingModel, Vector } from '../src/index.js';
import { Inspector } from './deduplication/inspector.js';
import { atCosine, DocumentDeduplicator, handle, memory, modelOf } from './deduplication/world.js';
import { watchedStore } from './support/watched-store.js';

function pair(left: string, right: string, cosine: number) {
  return new DocumentDeduplicator(memory(), modelOf({ [left]: [1], [right]: atCosine(cosine) }), 0.95);
}

it('admits and marks what is a little less similar than the threshold', async () => {
  const dedup = pair('The cat sat.', 'A cat was sitting.', 0.92);
  await dedup.checkAndStore('a', 'The cat sat.');
  const result = await dedup.checkAndStore('b', 'A cat was sitting.');
  expect(result).toMatchObject({ isDuplicate: false, duplicateOf: null, similarity: 0, action: 'admitted' });
  expect(result.review).toMatchObject({ id: 'a', stage: 'semantic', objection: null });
  expect(result.review?.similarity).toBeCloseTo(0.92);
  expect((await dedup.get('b'))?.review?.id).toBe('a');
  expect((await dedup.get('a'))?.review).toBeNull();
});

it('tells of the mark also the second of two calls that store the same', async () => {
  const store = memory();
  const model = modelOf({ 'The cat sat.': [1], 'A cat was sitting.': atCosine(0.92) });
  const [one, other] = [store, handle(store)].map((each) => new DocumentDeduplicator(each, model, 0.95));
  await one?.checkAndStore('a', 'The cat sat.');
  const results = await Promise.all(
    [one, other].map((each) => each?.checkAndStore('b', 'A cat was sitting.')),
  );
  expect(results.map((result) => result?.action).sort()).toEqual(['admitted', 'unchanged']);
  expect(results).toMatchObject([1, 2].map(() => ({ review: { id: 'a' }, evidence: [{ id: 'a' }] })));
});

it('does not mark what is less similar than the review threshold', async () => {
  const model = modelOf({ one: [1], two: atCosine(0.92) });
  const dedup = new DocumentDeduplicator(memory(), model, 0.95, { reviewThreshold: 0.93 });
  await dedup.checkAndStore('a', 'one');
  expect(await dedup.checkAndStore('b', 'two')).toMatchObject({ review: null, evidence: [] });
});

describe('texts that contradict each other are never duplicates, however similar', () => {
  it.each([
    ['Your request was approved.', 'Your request was not approved.', 'negation'],
    ['Order 1234 has shipped.', 'Order 9876 has shipped.', 'numbers'],
    ['It works.', "It doesn't work.", 'negation'],
  ])('%s / %s', async (left, right, objection) => {
    const dedup = pair(left, right, 0.99);
    await dedup.checkAndStore('a', left);
    const result = await dedup.checkAndStore('b', right);
    expect(result).toMatchObject({ isDuplicate: false, action: 'admitted' });
    expect(result.review).toMatchObject({ id: 'a', objection, verdict: 'review' });
  });

  it('also where only the words are compared', async () => {
    const dedup = new DocumentDeduplicator(memory(), null);
    const letter = (middle: string) =>
      `Dear customer, we have looked at everything you sent us during the last weeks, and after long thought we write
       to let you know that your application ${middle} by the board in its meeting yesterday evening.`;
    await dedup.checkAndStore('a', letter('number 4711 was approved'));
    expect(await dedup.checkAndStore('b', letter('number 4711 was not approved'))).toMatchObject({
      isDuplicate: false,
      review: { id: 'a', stage: 'near', objection: 'negation' },
    });
    expect(await dedup.checkAndStore('c', letter('number 9876 was approved'))).toMatchObject({
      isDuplicate: false,
      review: { stage: 'near', objection: 'numbers' },
    });
    expect(await dedup.checkAndStore('d', letter('number 4711 was gladly approved'))).toMatchObject({
      duplicateOf: 'a',
      stage: 'near',
    });
  });
});

it('finds all that is similar enough, however many vectors are nearer', async () => {
  const known: Record<string, readonly number[]> = { query: [1] };
  for (let number = 0; number < 40; number += 1)
    known[`not ${'no '.repeat(number)}x`] = atCosine(0.999 - number / 1e6);
  known.answer = atCosine(0.96);
  const dedup = new DocumentDeduplicator(memory(), modelOf(known), 0.95);
  await dedup.checkAndStore('answer', 'answer');
  for (const text of Object.keys(known).filter((key) => key.startsWith('not')))
    await dedup.checkAndStore(text, text);
  expect(await dedup.checkAndStore('query', 'query')).toMatchObject({ duplicateOf: 'answer' });
});

it.each([
  ['a number that is not finite', () => [Number.NaN, 0]],
  ['another length', () => [1]],
  ['all zeros', () => [0, 0]],
])('refuses a model that answers with %s, and stores nothing', async (_, embed) => {
  const inspector = new Inspector(createMemoryVectorStore());
  const dedup = new DocumentDeduplicator(inspector.store, { dimensions: 2, embed }, 0.95);
  await expect(dedup.checkAndStore('a', 'text')).rejects.toThrow(/[Vv]ector/);
  expect(await dedup.get('a')).toBeNull();
  expect(await inspector.documents()).toEqual(new Map());
});

it('deduplicators of two prefixes have vectors of their own', async () => {
  const store = memory();
  const model = modelOf({ one: [1], two: atCosine(0.99) });
  const [here, there] = ['here:', 'there:'].map(
    (prefix) => new DocumentDeduplicator(store, model, 0.95, { prefix }),
  );
  await here?.checkAndStore('a', 'one');
  expect(await there?.checkAndStore('a', 'two')).toMatchObject({ action: 'admitted', evidence: [] });
  await here?.removeDocument('a');
  expect(await there?.verify()).toMatchObject({ checked: 1, isClean: true });
});

it('needs no embedding for a text without words', async () => {
  const dedup = new DocumentDeduplicator(memory(), modelOf({}));
  expect((await dedup.checkAndStore('a', '  ')).action).toBe('admitted');
  expect((await dedup.checkAndStore('b', '')).duplicateOf).toBe('a');
});

describe('while the embedder is down', () => {
  function broken() {
    const sound = modelOf({ one: [1], ONE: [1], two: atCosine(0.96), three: [0, 0, 1] });
    const state = { isDown: true };
    const model: EmbeddingModel = {
      ...sound,
      async embed(text) {
        if (state.isDown) throw new Error('the model is away');
        return sound.embed(text);
      },
    };
    return { state, model };
  }

  it('fails, if it is to fail closed', async () => {
    const { model, state } = broken();
    const dedup = new DocumentDeduplicator(memory(), model, 0.95);
    await expect(dedup.checkAndStore('a', 'one')).rejects.toThrow('the model is away');
    state.isDown = false;
    expect((await dedup.checkAndStore('a', 'one')).action).toBe('admitted');
  });

  it('admits by the other stages, if it may, and compares the meaning later', async () => {
    const { model, state } = broken();
    const dedup = new DocumentDeduplicator(memory(), model, 0.95, { embedderFailure: 'admit' });
    expect(await dedup.checkAndStore('a', 'one')).toMatchObject({ action: 'admitted', isUnembedded: true });
    expect((await dedup.checkAndStore('b', 'ONE')).duplicateOf).toBe('a');
    await dedup.checkAndStore('c', 'two');
    await dedup.checkAndStore('d', 'three');
    expect(await dedup.verify()).toMatchObject({ unembedded: 3, isClean: true });
    await expect(dedup.resume()).rejects.toThrow('the model is away');
    state.isDown = false;
    const resumed = await dedup.resume();
    expect(resumed.map(({ id }) => id).sort()).toEqual(['a', 'c', 'd']);
    const resembling = resumed.filter(({ review }) => review !== null);
    expect(resembling).toHaveLength(1);
    for (const { id, review } of resembling) {
      const again = await dedup.checkAndStore(id, id === 'a' ? 'one' : 'two');
      expect(again).toMatchObject({ action: 'unchanged', review: { id: review?.id } });
    }
    expect(await dedup.verify()).toMatchObject({ checked: 3, unembedded: 0, isClean: true });
    expect(await dedup.resume()).toEqual([]);
    expect((await dedup.checkAndStore('e', 'one')).duplicateOf).toBe('a');
  });

  it.each(['link', 'merge', 'replace'] as const)(
    'embeds aliases later, too, and keeps their text until then (%s)',
    async (policy) => {
      const { model, state } = broken();
      const inspector = new Inspector(memory());
      const options = { embedderFailure: 'admit', policy } as const;
      const dedup = new DocumentDeduplicator(inspector.store, model, 0.95, options);
      const textsKept = async (): Promise<boolean[]> => {
        const keys = ['a', 'b'].map((id) => `dedup:doc_fingerprints:doc/${id}`);
        const records = await Promise.all(keys.map((key) => inspector.store.get(key)));
        return records.map(({ value }) => /"unembedded":"one"/i.test(bytesToString(value)));
      };
      await dedup.checkAndStore('a', 'one');
      expect(await dedup.checkAndStore('b', 'ONE')).toMatchObject({ isDuplicate: true, isUnembedded: true });
      expect(await textsKept()).toEqual([true, true]);
      const alias = policy === 'replace' ? 'a' : 'b';
      expect(await dedup.get(alias)).toMatchObject({ isAdmitted: false, isUnembedded: true });
      expect(await dedup.verify()).toMatchObject({ unembedded: 2, isClean: true });
      state.isDown = false;
      expect((await dedup.resume()).map(({ id }) => id).sort()).toEqual(['a', 'b']);
      expect(await textsKept()).toEqual([false, false]);
      expect(await dedup.get(alias)).toMatchObject({ isAdmitted: false, isUnembedded: false });
      expect(await dedup.verify()).toMatchObject({ checked: 2, unembedded: 0, isClean: true });
      expect(await inspector.ghosts()).toEqual([]);
      await dedup.removeDocument(policy === 'replace' ? 'b' : 'a');
      expect(await dedup.get(alias)).toMatchObject({ isAdmitted: true });
      expect((await dedup.checkAndStore('c', 'two')).duplicateOf).toBe(alias);
    },
  );

  it('says so again when a text is stored again, and what to look at', async () => {
    const { model, state } = broken();
    const dedup = new DocumentDeduplicator(memory(), model, 0.97, { embedderFailure: 'admit' });
    await dedup.checkAndStore('a', 'one');
    expect(await dedup.checkAndStore('a', 'one')).toMatchObject({ action: 'unchanged', isUnembedded: true });
    state.isDown = false;
    await dedup.resume();
    const { review } = await dedup.checkAndStore('b', 'two');
    expect(review).toMatchObject({ id: 'a' });
    expect(await dedup.checkAndStore('b', 'two')).toMatchObject({
      action: 'unchanged',
      isUnembedded: false,
      review,
      evidence: [review],
    });
  });

  it.each(['reject', 'link', 'merge', 'replace'] as const)(
    'a call that was cut off and is made again when it is up compares the meaning, or says that it has not (%s)',
    async (policy) => {
      const seen = new Set<boolean>();
      for (let calls = 1, isCutOff = true; isCutOff; calls += 1) {
        const { model, state } = broken();
        const inspector = new Inspector(memory());
        const watched = watchedStore(inspector.store as VectorKvStore);
        const options = { embedderFailure: 'admit', policy, leaseMs: 10 } as const;
        const dedup = new DocumentDeduplicator(watched.store, model, 0.95, options);
        state.isDown = false;
        await dedup.checkAndStore('a', 'one');
        state.isDown = true;
        watched.dieAfter(calls, true);
        const first = await dedup.checkAndStore('b', 'two', { timeoutMs: 150 }).catch(() => null);
        isCutOff = first === null || first.cutOffBy !== null;
        watched.revive();
        state.isDown = false;
        const { duplicateOf, isUnembedded } = await dedup.checkAndStore('b', 'two');
        const stored = await dedup.get('b');
        expect([calls, duplicateOf, stored?.isUnembedded ?? false]).toEqual([
          calls,
          isUnembedded ? null : 'a',
          isUnembedded,
        ]);
        await dedup.repair();
        expect(await dedup.verify()).toMatchObject({ isClean: true });
        expect(await inspector.ghosts()).toEqual([]);
        seen.add(isUnembedded);
      }
      expect(seen.size).toBe(2);
    },
  );

  it('resumes an alias that somebody else is deciding upon without its embedding', async () => {
    const { model, state } = broken();
    const store = memory();
    const options = { embedderFailure: 'admit', policy: 'link' } as const;
    const [one, other] = [store, handle(store)].map(
      (each) => new DocumentDeduplicator(each, model, 0.95, options),
    );
    await one?.checkAndStore('a', 'one');
    await one?.checkAndStore('b', 'ONE');
    const { put } = store;
    let resumed: Promise<unknown> | undefined;
    store.put = async (key, ...call) => {
      const version = await put.call(store, key, ...call);
      if (!resumed && String(key).endsWith('doc/b')) {
        state.isDown = false;
        resumed = other?.resume();
        await resumed;
      }
      return version;
    };
    await one?.removeDocument('a');
    expect(await resumed).toEqual([{ id: 'b', review: null }]);
    expect(await one?.get('b')).toMatchObject({ isAdmitted: true, isUnembedded: false });
    expect(await one?.verify()).toMatchObject({ checked: 1, unembedded: 0, isClean: true });
  });

  it('resumes past a text that the model does not take, and gives up when the model is down', async () => {
    const { model, state } = broken();
    let asked = 0;
    const embed = async (text: string): Promise<Vector> => {
      asked += 1;
      if (text === 'text 3') throw new Error('not this one');
      return model.embed(text);
    };
    const dedup = new DocumentDeduplicator(memory(), { ...model, embed }, 0.95, { embedderFailure: 'admit' });
    for (let text = 0; text < 12; text += 1) await dedup.checkAndStore(`d${text}`, `text ${text}`);
    asked = 0;
    await expect(dedup.resume()).rejects.toThrow();
    expect(asked).toBe(8);
    state.isDown = false;
    await expect(dedup.resume()).rejects.toThrow('not this one');
    expect(await dedup.verify()).toMatchObject({ checked: 12, unembedded: 1 });
  });

  it('does not bring back a document that is removed while it is embedded', async () => {
    const { model, state } = broken();
    const dedup = new DocumentDeduplicator(
      memory(),
      {
        ...model,
        async embed(text) {
          const vector = await model.embed(text);
          await dedup.removeDocument('a');
          return vector;
        },
      },
      0.95,
      { embedderFailure: 'admit' },
    );
    await dedup.checkAndStore('a', 'one');
    state.isDown = false;
    expect(await dedup.resume()).toEqual([]);
    expect(await dedup.get('a')).toBeNull();
    expect(await dedup.verify()).toMatchObject({ checked: 0, isClean: true });
  });

  it('does not take a cancelled call for a failure of the model', async () => {
    const controller = new AbortController();
    const model: EmbeddingModel = {
      dimensions: 2,
      embed: () => {
        controller.abort();
        return new Promise(() => {});
      },
    };
    const dedup = new DocumentDeduplicator(memory(), model, 0.95, { embedderFailure: 'admit' });
    await expect(dedup.checkAndStore('a', 'one', { signal: controller.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(await dedup.get('a')).toBeNull();
  });
});

it('leaves no trace of an alias that a slow call enters after another one has linked it', async () => {
  const inspector = new Inspector(memory());
  const slow = watchedStore(inspector.store as VectorKvStore);
  const model = modelOf({ one: [1], two: atCosine(0.99) }, 6);
  const open = (store: KvStore) => new DocumentDeduplicator(store, model, 0.95, { policy: 'link' });
  const [first, second] = [open(slow.store), open(inspector.store)];
  await first.checkAndStore('a', 'one');
  const inserting = slow.hold('vectorInsert');
  const storing = first.checkAndStore('b', 'two');
  const insert = await inserting;
  expect(await second.checkAndStore('b', 'two')).toMatchObject({ action: 'linked', duplicateOf: 'a' });
  insert();
  expect(await storing).toMatchObject({ action: 'linked', duplicateOf: 'a' });
  expect(await inspector.ghosts(inspector.store as VectorKvStore)).toEqual([]);
  expect(await second.verify()).toMatchObject({ isClean: true });
});

it('refuses another model, or none, on the same documents', async () => {
  const store = createMemoryVectorStore();
  await new DocumentDeduplicator(store, modelOf({}, 4)).initialize();
  const other = { ...modelOf({}, 4), fingerprint: 'other' };
  await expect(new DocumentDeduplicator(store, other).initialize()).rejects.toMatchObject({
    code: 'MODEL_MISMATCH',
  });
  await expect(new DocumentDeduplicator(store, null).checkAndStore('a', 'x')).rejects.toMatchObject({
    code: 'MODEL_MISMATCH',
  });
});

it('needs vector calls only with a model', async () => {
  expect(() => new DocumentDeduplicator(createMemoryStore(), modelOf({}))).toThrow(/vector calls/);
  const dedup = new DocumentDeduplicator(createMemoryStore());
  expect((await dedup.checkAndStore('a', 'x')).action).toBe('admitted');
});
