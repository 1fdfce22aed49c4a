import { expect, it, vi } from 'vitest';
import type * as LogKeysModule from '../src/log/log-keys.js';
import { firstFailure } from './simulation/failures.js';

// Where a segment begins and the how-manieth it is are the same thing: a name without the end is a counter.
vi.mock('../src/log/log-keys.js', async (load) => {
  const original = await load<typeof LogKeysModule>();
  const logKeys: typeof original.logKeys = (prefix, family) => {
    const keys = original.logKeys(prefix, family);
    return { ...keys, segment: (name, first) => keys.segment(name, first, 0) };
  };
  return { ...original, logKeys };
});

it('segments named by counter lose events, and the simulator finds it', { timeout: 600_000 }, async () => {
  expect(await firstFailure(20_000, false)).toMatch(/oracle|does not hold the events|CorruptRecord/);
});
