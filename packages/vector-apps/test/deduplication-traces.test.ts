import { createUpdater, write } from '@norikv/cas-retry';
import { createMemoryStore } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { fingerprintOf } from '../src/deduplication/fingerprint.js';
import { entriesCodec } from '../src/deduplication/index-entry.js';
import { bandsOf, signatureOf } from '../src/deduplication/min-hash.js';
import { wordsOf } from '../src/deduplication/normalise.js';
import { DocumentDeduplicator, passage } from './deduplication/world.js';

it('a trace of a content that is gone is removed by whoever meets it', async () => {
  const store = createMemoryStore();
  const updater = createUpdater(store);
  const [band] = bandsOf(await signatureOf(new Set(wordsOf(passage('a')))));
  const key = `dedup:doc_fingerprints:band/${band}`;
  await updater.update(key, entriesCodec, () => write([['gone', 7]], null));
  const dedup = new DocumentDeduplicator(store);
  expect((await dedup.checkAndStore('a', passage('a'))).action).toBe('admitted');
  expect((await updater.read(key, entriesCodec))?.map(([id]) => id)).toEqual(['a']);
});

it('the fingerprint of a long text is that of its parts', async () => {
  const text = `${passage('a')} `.repeat(200);
  expect(text.length).toBeGreaterThan(32_768);
  const [long, short] = [await fingerprintOf(text, 16), await fingerprintOf(passage('a'), 16)];
  expect(long.signature).toBe(short.signature);
  expect(long.wordCount).toBe(short.wordCount);
});
