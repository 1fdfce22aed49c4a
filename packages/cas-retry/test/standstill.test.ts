import type { KvStore } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { standstill } from '../../testkit/test/standstill.js';
import { createUpdater, jsonCodec, write } from '../src/index.js';

it.each([
  ['attempt', { attemptTimeoutMs: 1_000, deadlineMs: 60_000 }],
  ['update', { attemptTimeoutMs: 60_000, deadlineMs: 1_000 }],
])(
  'an answer that has arrived while the process stood still counts, though the %s is late',
  async (_, limits) => {
    const { clock, resuming, behindTimers } = standstill();
    const memory = createMemoryStore({ clock });
    const store: KvStore = {
      ...memory,
      capabilities: memory.capabilities,
      get: (key) => memory.get(key),
      delete: (key) => memory.delete(key),
      put: (key, value, options) => behindTimers(memory.put(key, value, options)),
    };
    const faults: string[] = [];
    const onEvent = ({ kind }: { readonly kind: string }): void => void faults.push(kind);
    const updater = createUpdater(store, { clock: resuming, onEvent, ...limits });
    const codec = jsonCodec((data) => data as number);
    const counted = updater.update('key', codec, (value = 0) => write(value + 1, value + 1));
    expect(await clock.run(counted)).toBe(1);
    expect(faults).not.toContain('fault');
  },
);
