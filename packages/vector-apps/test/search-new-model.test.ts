import { expect, it } from 'vitest';
import { type SearchDocument, SemanticSearchEngine } from '../src/index.js';
import { hashingModel } from './support/hashing-model.js';
import { openEngine } from './support/open-engine.js';

/** The way the README describes: a second engine is filled while the first one is used. */
it('documents move to a new model while searches and writes go on with the old one', async () => {
  const { store, engine: old } = await openEngine();
  const index = (id: string, content: string) => old.indexDocument(id, '', content);
  for (const id of ['kept', 'changed', 'deleted']) await index(id, `apple ${id}`);
  const model = { ...hashingModel(), fingerprint: 'new' };
  const next = new SemanticSearchEngine(store, model, { namespace: 'documents-2' });
  async function* documents(): AsyncGenerator<SearchDocument> {
    for await (const id of old.ids()) {
      const document = await old.getDocument(id);
      if (document) yield document;
    }
  }

  const meanwhile: Record<string, () => Promise<unknown>> = {
    changed: () => index('changed', 'apple pie'),
    deleted: () => old.deleteDocument('deleted'),
    kept: () => index('added', 'apple tree'),
  };
  for await (const document of documents()) {
    await next.indexDocuments([document]);
    await meanwhile[document.id]?.();
    expect(await old.search('apple', 10)).not.toEqual([]);
  }

  const texts = model.texts.length;
  await next.indexDocuments(documents());
  for await (const id of next.ids()) if (!(await old.getDocument(id))) await next.deleteDocument(id);
  expect(model.texts.length - texts).toBeLessThanOrEqual(2);
  const contents = (await next.search('apple', 10)).map(({ content }) => content);
  expect(contents.sort()).toEqual(['apple kept', 'apple pie', 'apple tree']);
  expect(await next.verify()).toMatchObject({ isClean: true });
});
