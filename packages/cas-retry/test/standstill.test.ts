import type { Clock, KvStore } from '@norikv/store';
import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { createUpdater, jsonCodec, write } from '../src/index.js';

it.each([
  ['attempt', { attemptTimeoutMs: 1_000, deadlineMs: 60_000 }],
  ['update', { attemptTimeoutMs: 60_000, deadlineMs: 1_000 }],
])(
  'an answer that has arrived while the process stood still counts, though the %s is late',
  async (_, limits) => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const arrived: (() => void)[] = [];
    // Of a process that goes on all timers that are due come first, then what has arrived.
    const resuming: Clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      startTimer: (callback, delayMs) =>
        clock.startTimer(() => {
          callback();
          for (const read of arrived.splice(0)) read();
        }, delayMs),
    };
    const store: KvStore = {
      ...memory,
      capabilities: memory.capabilities,
      get: (key) => memory.get(key),
      delete: (key) => memory.delete(key),
      put: async (key, value, options) => {
        const version = await memory.put(key, value, options);
        await new Promise<void>((resolve) => {
          arrived.push(resolve);
        });
        return version;
      },
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
