import type { Clock, KvStore } from '@norikv/store';
import { countCalls, createMemoryStore, FakeClock } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { standstill } from '../../testkit/test/standstill.js';
import { createUpdater, jsonCodec, write } from '../src/index.js';
import { increment } from './simulation.js';

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

it('how long the process stood still is not how long the store takes: nobody waits in multiples of that', async () => {
  const fake = new FakeClock();
  let stoodStillMs = 0;
  const clock: Clock = {
    now: () => fake.now(),
    monotonic: () => fake.monotonic() + stoodStillMs,
    startTimer: (callback, delayMs) => fake.startTimer(callback, delayMs),
  };
  const memory = createMemoryStore({ clock: fake, latencyMs: 2 });
  const updaterOf = (store: KvStore) => createUpdater(store, { clock, random: () => 0.5, deadlineMs: 1_000 });
  const [updater, other] = [updaterOf(memory), updaterOf(countCalls(memory))];
  await fake.run(increment(updater));
  const counted = increment(updater);
  await fake.advance(1);
  stoodStillMs = 3_600_000;
  expect(await fake.run(counted)).toBe(2);
  for (let value = 3; value < 35; value += 2) {
    expect(await fake.run(increment(other))).toBe(value);
    expect(await fake.run(increment(updater))).toBe(value + 1);
  }
});
