import { defineConformance, FakeClock } from '@norikv/testkit';
import { describe, it } from 'vitest';
import { createEphemeral, type EmbeddedOptions, type EmbeddedStore, openEmbedded } from '../src/index.js';
import { newPath } from './support/folders.js';

const { capabilities } = await describedStore();
const oneDayMs = 86_400_000;

describe('a store in a folder keeps the contract', () => {
  defineConformance({
    describe,
    it,
    capabilities,
    createStore: () => openTarget({ path: newPath() }),
    reopen,
  });
});

describe('a store with a fake clock keeps the contract', () => {
  const clock = new FakeClock();
  defineConformance({
    describe,
    it,
    capabilities,
    createStore: () => openTarget({ path: newPath(), clock }),
    reopen,
    advance: (ms) => clock.advance(ms),
    jumpWallClock: (ms) => clock.jumpWallClock(ms),
    expectations: { idempotencyWindowMs: oneDayMs, monotonicStaleReads: true },
    load: 0.2,
  });
});

describe('two stores on one folder keep the contract together', () => {
  defineConformance({
    describe,
    it,
    capabilities,
    async createStore() {
      const path = newPath();
      const [target, peer] = [await openTarget({ path }), await openTarget({ path })];
      const close = async (): Promise<void> => {
        await Promise.all([target.close(), peer.close()]);
      };
      return { store: target.store, peers: [peer.store], close };
    },
    load: 0.5,
  });
});

describe('an ephemeral store keeps the contract', () => {
  defineConformance({ describe, it, capabilities, createStore: () => openTarget({}) });
});

interface Target {
  readonly options: EmbeddedOptions;
  readonly store: EmbeddedStore;
  close(): Promise<void>;
}

async function openTarget(options: EmbeddedOptions): Promise<Target> {
  const store = await openEmbedded(options);
  return { options, store, close: () => store.close() };
}

async function reopen(target: Target): Promise<Target> {
  await target.close();
  return openTarget(target.options);
}

async function describedStore(): Promise<EmbeddedStore> {
  const store = await createEphemeral();
  await store.close();
  return store;
}
