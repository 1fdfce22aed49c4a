import { expect, it, vi } from 'vitest';
import { createEphemeral } from '../src/index.js';

it('serves while a test fakes the timers and the clock', async () => {
  vi.useFakeTimers();
  try {
    await using store = await createEphemeral();
    await store.put('key', 'value', { ifNotExists: true });
    expect(await store.delete('key')).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});
