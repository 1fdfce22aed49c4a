import { defineVectorConformance } from '@norikv/testkit';
import { afterEach, describe, it, vi } from 'vitest';
import { type EmbeddedOptions, type EmbeddedStore, openEmbedded } from '../src/index.js';
import { newPath } from './support/folders.js';

interface Target {
  readonly options: EmbeddedOptions;
  readonly store: EmbeddedStore;
  close(): Promise<void>;
}

describe('vectors in a folder keep the contract', () => {
  defineVectorConformance({ describe, it, createStore: () => openTarget({ path: newPath() }), reopen });
});

describe('vectors of an ephemeral store keep the contract', () => {
  defineVectorConformance({ describe, it, createStore: () => openTarget({}) });
});

describe('vectors of two stores on one folder keep the contract together', () => {
  defineVectorConformance({
    describe,
    it,
    async createStore() {
      const path = newPath();
      const [target, peer] = [await openTarget({ path }), await openTarget({ path })];
      const close = async (): Promise<void> => {
        await Promise.all([target.close(), peer.close()]);
      };
      return { store: target.store, peers: [peer.store], close };
    },
  });
});

describe('vectors without WebAssembly keep the contract', () => {
  afterEach(() => vi.unstubAllGlobals());
  defineVectorConformance({
    describe,
    it,
    createStore() {
      vi.stubGlobal('WebAssembly', undefined);
      return openTarget({});
    },
  });
});

async function openTarget(options: EmbeddedOptions): Promise<Target> {
  const store = await openEmbedded(options);
  return { options, store, close: () => store.close() };
}

async function reopen(target: Target): Promise<Target> {
  await target.close();
  return openTarget(target.options);
}
