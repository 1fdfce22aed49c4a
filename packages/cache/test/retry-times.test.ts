import { describe, expect, it } from 'vitest';
import { type FleetOptions, startFleet } from './fleet.js';

/** A cache whose value is past its ttl, and whose source fails; another process writes elsewhere. */
async function staleWorld(options: FleetOptions) {
  const { clock, all } = startFleet(2, { ttlMs: 1_000, shards: 1, retryAfterMs: 20_000, ...options });
  const [{ cache }, { cache: other }] = all;
  await clock.run(cache.getOrSet('key', () => 'old'));
  await clock.advance(1_500);
  let attempts = 0;
  const fail = (): never => {
    attempts += 1;
    throw new Error('source down');
  };
  /** Ten calls in 15 seconds. Before each, what memory holds of the shard becomes invalid. */
  const ask = async (): Promise<number> => {
    for (let call = 0; call < 10; call += 1) {
      await clock.run(other.set('elsewhere', call));
      await clock.advance(1_500);
      expect(await clock.run(cache.getOrSet('key', fail))).toBe('old');
    }
    return attempts;
  };
  return { clock, cache, ask };
}

describe('a source that fails', () => {
  it.each<[string, FleetOptions]>([
    ['memory forgets the value, since others write in its shard', { graceMs: 600_000 }],
    ['there is no memory', { graceMs: 600_000, maxEntries: 0 }],
    ['the value is loaded in the background', { staleWhileRevalidateMs: 600_000 }],
  ])('is not asked again before retryAfterMs, also where %s', async (_, options) => {
    const { clock, cache, ask } = await staleWorld(options);
    expect(await ask()).toBe(1);
    await clock.advance(5_001);
    expect(await ask()).toBe(2);
    await clock.advance(20_000);
    await clock.run(cache.getOrSet('key', () => 'new'));
    expect(await clock.run(cache.get('key'))).toBe('new');
  });

  it('is asked again at once for what there is no value of, and once a load went well', async () => {
    const { clock, cache } = await staleWorld({ staleWhileRevalidateMs: 600_000 });
    const fail = (): Promise<never> => Promise.reject(new Error('source down'));
    await expect(clock.run(cache.getOrSet('none', fail))).rejects.toThrow('source down');
    expect(await clock.run(cache.getOrSet('none', () => 'first'))).toBe('first');
    await clock.advance(1_000);
    expect(await clock.run(cache.getOrSet('none', () => 'second'))).toBe('first');
    expect(await clock.run(cache.get('none'))).toBe('second');
  });
});
