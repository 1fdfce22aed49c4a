import { expect, it } from 'vitest';
import { atCosine, DocumentDeduplicator, memory, modelOf, passage } from './deduplication/world.js';

const doc1 = 'The quick brown fox jumps over the lazy dog.';
const doc2 = 'A quick brown fox jumped over a lazy dog.';
const doc3 = 'Machine learning is transforming industries.';
const embeddingModel = modelOf({ [doc1]: [1], [doc2]: atCosine(0.96), [doc3]: [0, 0, 1] });

it('works as the documentation writes it', async () => {
  const client = memory();
  const dedup = new DocumentDeduplicator(client, embeddingModel, 0.95);
  await dedup.initialize();
  const result1 = await dedup.checkAndStore('doc1', doc1);
  expect(result1).toMatchObject({ isDuplicate: false, duplicateOf: null, similarity: 0, action: 'admitted' });
  const result2 = await dedup.checkAndStore('doc2', doc2);
  expect(result2).toMatchObject({ isDuplicate: true, duplicateOf: 'doc1', stage: 'semantic' });
  expect(result2.similarity.toFixed(2)).toBe('0.96');
  const result3 = await dedup.checkAndStore('doc3', doc3);
  expect(result3.isDuplicate).toBe(false);
  expect(await dedup.verify()).toMatchObject({ checked: 2, isClean: true });
});

it('finds a copy whose case, white space and Unicode form changed, without asking the model', async () => {
  let asked = 0;
  const embed = (text: string) => {
    asked += 1;
    return embeddingModel.embed(text);
  };
  const model = { ...embeddingModel, embed };
  const dedup = new DocumentDeduplicator(memory(), model, 0.95);
  await dedup.checkAndStore('a', 'The Ｑuick\nbrown  fox ');
  asked = 0;
  const result = await dedup.checkAndStore('b', 'the quick BROWN fox');
  expect(result).toMatchObject({ duplicateOf: 'a', stage: 'exact', similarity: 1, action: 'rejected' });
  expect(asked).toBe(0);
});

it('finds near copies without a model', async () => {
  const dedup = new DocumentDeduplicator(memory(), null);
  await dedup.checkAndStore('a', passage('a'));
  const near = await dedup.checkAndStore('b', passage('a', 6));
  expect(near).toMatchObject({ duplicateOf: 'a', stage: 'near' });
  expect(near.similarity).toBeGreaterThan(0.7);
  expect((await dedup.checkAndStore('c', passage('c'))).isDuplicate).toBe(false);
});

it('never takes a document for its own duplicate', async () => {
  const dedup = new DocumentDeduplicator(memory(), null);
  await dedup.checkAndStore('a', passage('a'));
  expect((await dedup.checkAndStore('a', passage('a'))).action).toBe('unchanged');
  expect(await dedup.checkAndStore('a', passage('a', 4))).toMatchObject({
    isDuplicate: false,
    action: 'updated',
  });
  expect((await dedup.checkAndStore('b', passage('a', 4))).duplicateOf).toBe('a');
  await dedup.checkAndStore('a', passage('z'));
  expect((await dedup.checkAndStore('b', passage('a'))).isDuplicate).toBe(false);
  expect(await dedup.verify()).toMatchObject({ checked: 2, isClean: true });
});

it('gives a removed document free', async () => {
  const dedup = new DocumentDeduplicator(memory(), null);
  await dedup.checkAndStore('a', passage('a'));
  expect(await dedup.removeDocument('a')).toBe(true);
  expect(await dedup.removeDocument('a')).toBe(false);
  expect(await dedup.get('a')).toBeNull();
  expect((await dedup.checkAndStore('b', passage('a'))).isDuplicate).toBe(false);
  expect(await dedup.verify()).toMatchObject({ checked: 1, isClean: true });
});

it('lets the later of two calls for one id stand, whichever has less to do', async () => {
  const dedup = new DocumentDeduplicator(memory());
  const long = Array.from({ length: 20_000 }, (_, place) => `word${place}`).join(' ');
  const ended: string[] = [];
  await Promise.all([
    dedup.checkAndStore('a', long).then(() => ended.push('first')),
    dedup.checkAndStore('a', 'short').then(() => ended.push('second')),
    dedup.checkAndStore('b', 'other').then(() => ended.push('of another id')),
  ]);
  expect(ended).toEqual(['of another id', 'first', 'second']);
  expect((await dedup.checkAndStore('a', 'short')).action).toBe('unchanged');
});
