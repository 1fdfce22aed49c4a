import { InvalidArgumentError } from '@norikv/store';
import { createMemoryVectorStore } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { SemanticSearchEngine } from '../src/index.js';
import { hashingModel } from './support/hashing-model.js';

it('a document whose vectors cannot be read keeps its metadata', async () => {
  const base = createMemoryVectorStore();
  const refusing = new Proxy(base, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name === 'vectorGet') return () => Promise.reject(new InvalidArgumentError('no vectors today'));
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const engine = new SemanticSearchEngine(refusing, hashingModel());
  await engine.indexDocument('a', 'A', 'apple', { metadata: { page: 1 } });
  await expect(engine.indexDocument('a', 'A', 'apple', { metadata: { page: 2 } })).rejects.toThrow('today');
  expect((await engine.getDocument('a'))?.metadata).toEqual({ page: 1 });
});
