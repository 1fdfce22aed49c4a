import { describe, it } from 'node:test';
import { createMemoryStore, defineConformance, FakeClock } from '../src/index.js';

const clock = new FakeClock();

defineConformance({
  describe,
  it,
  capabilities: createMemoryStore().capabilities,
  async createStore() {
    const store = createMemoryStore({ clock });
    return { store, close: () => store.close() };
  },
  advance: (ms) => clock.advance(ms),
  load: 0.05,
});
