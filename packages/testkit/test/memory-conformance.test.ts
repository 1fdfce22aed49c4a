import { describe, it } from 'vitest';
import { createMemoryStore, defineConformance, FakeClock } from '../src/index.js';

const clock = new FakeClock();

describe('the memory store keeps the contract', () => {
  defineConformance({
    describe,
    it,
    capabilities: createMemoryStore().capabilities,
    async createStore() {
      const store = createMemoryStore({ clock });
      return { store, close: () => store.close() };
    },
    advance: (ms) => clock.advance(ms),
    jumpWallClock: (ms) => clock.jumpWallClock(ms),
    expectations: { idempotencyWindowMs: 86_400_000, monotonicStaleReads: true },
  });
});
