import { find, type KvStore } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { standstill } from '../../testkit/test/standstill.js';
import { createCache } from '../src/index.js';

describe('a process that stood still', () => {
  it('takes no store for down whose answers have arrived', async () => {
    const { clock, resuming, behindTimers } = standstill();
    const memory = createMemoryStore({ clock });
    const store: KvStore = {
      capabilities: memory.capabilities,
      get: (key) => memory.get(key),
      find: (key) => behindTimers(find(memory, key)),
      put: (key, value, options) => behindTimers(memory.put(key, value, options)),
      delete: (key, options) => memory.delete(key, options),
    };
    const kinds: string[] = [];
    const onEvent = ({ kind }: { readonly kind: string }): void => void kinds.push(kind);
    const cache = createCache(store, { clock: resuming, breakerFailures: 1, onEvent });
    expect(await clock.run(cache.set('key', 'kept'))).toBe(true);
    expect(await clock.run(cache.get('key'))).toBe('kept');
    expect(kinds).toEqual(['hit']);
  });

  it('takes no load for too slow whose value has arrived', async () => {
    const { clock, resuming, behindTimers } = standstill();
    const cache = createCache(createMemoryStore({ clock }), { clock: resuming });
    const loaded = cache.getOrSet('key', () => behindTimers(Promise.resolve('loaded')));
    expect(await clock.run(loaded)).toBe('loaded');
  });
});
