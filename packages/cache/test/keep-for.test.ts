import { describe, expect, it } from 'vitest';
import type { LoadContext } from '../src/index.js';
import { type FleetOptions, startFleet } from './fleet.js';

/** A loader that numbers what it gives, and says how long each is to be kept. */
function saying(...wordsMs: readonly number[]) {
  const source = {
    loads: 0,
    load: ({ keepFor }: LoadContext): string => {
      source.loads += 1;
      keepFor(wordsMs[source.loads - 1] ?? wordsMs.at(-1) ?? 0);
      return `load ${source.loads}`;
    },
  };
  return source;
}

function world(options: FleetOptions = {}) {
  const { clock, all } = startFleet(2, { ttlMs: 1_000, ...options });
  const [{ cache, faulty }, { cache: other }] = all;
  return { clock, cache, other, faulty };
}

describe('keepFor', () => {
  it('says how long a value is fresh, longer or shorter than ttlMs, in memory and in the store', async () => {
    for (const freshMs of [200, 5_000]) {
      const { clock, cache, other } = world();
      const { load } = saying(freshMs);
      expect(await clock.run(cache.getOrSet('key', load))).toBe('load 1');
      await clock.advance(freshMs - 1);
      expect(await clock.run(cache.get('key'))).toBe('load 1');
      expect(await clock.run(other.get('key'))).toBe('load 1');
      await clock.advance(1);
      expect(await clock.run(cache.get('key'))).toBeUndefined();
      expect(await clock.run(other.get('key'))).toBeUndefined();
    }
  });

  it('is asked of each load anew, also of those in the background', async () => {
    const { clock, cache } = world({ staleWhileRevalidateMs: 1_000 });
    const { load } = saying(200, 5_000);
    await clock.run(cache.getOrSet('key', load));
    await clock.advance(300);
    expect(await clock.run(cache.getOrSet('key', load))).toBe('load 1');
    await clock.advance(4_000);
    expect(await clock.run(cache.get('key'))).toBe('load 2');
  });

  it('says how long "there is none" is kept, and nothing of the next load', async () => {
    const { clock, cache } = world();
    const ask = (): Promise<unknown> => clock.run(cache.getOrSet('key', () => 'loaded'));
    await clock.run(cache.getOrSet('key', ({ keepFor }) => keepFor(5_000)));
    await clock.advance(4_999);
    expect(await ask()).toBeUndefined();
    await clock.advance(1);
    expect(await ask()).toBe('loaded');
    await clock.advance(1_000);
    expect(await clock.run(cache.get('key'))).toBeUndefined();
  });

  it('leaves the tags to find the value', async () => {
    const { clock, cache, other } = world({ maxStalenessMs: 10 });
    await clock.run(cache.getOrSet('key', saying(5_000).load, { tags: ['a'] }));
    await clock.run(other.invalidateTags(['a']));
    await clock.advance(11);
    expect(await clock.run(cache.get('key'))).toBeUndefined();
  });

  it.each([0, -5, Number.NEGATIVE_INFINITY])(
    'with %d keeps nothing, nor what there was, and who waits shares it',
    async (none) => {
      const { clock, cache } = world({ graceMs: 5_000 });
      const source = saying(200, none);
      await clock.run(cache.getOrSet('key', source.load));
      await clock.advance(200);
      const [one, other] = [cache.getOrSet('key', source.load), cache.getOrSet('key', source.load)];
      expect(await clock.run(Promise.all([one, other]))).toEqual(['load 2', 'load 2']);
      const fail = (): never => {
        throw new Error('source down');
      };
      await expect(clock.run(cache.getOrSet('key', fail))).rejects.toThrow('source down');
    },
  );

  it('counts up to maxTtlMs, and its last word', async () => {
    const { clock, cache } = world({ maxTtlMs: 2_000 });
    const load = ({ keepFor }: LoadContext): string => {
      keepFor(0);
      keepFor(Number.POSITIVE_INFINITY);
      return 'kept';
    };
    await clock.run(cache.getOrSet('key', load));
    await clock.advance(1_999);
    expect(await clock.run(cache.get('key'))).toBe('kept');
    await clock.advance(1);
    expect(await clock.run(cache.get('key'))).toBeUndefined();
  });

  it('counts where the store does not answer, too', async () => {
    const { clock, cache, faulty } = world();
    faulty.faults.outage();
    const source = saying(0, 300, 300);
    const ask = (): Promise<unknown> => clock.run(cache.getOrSet('key', source.load));
    expect([await ask(), await ask(), await ask()]).toEqual(['load 1', 'load 2', 'load 2']);
    await clock.advance(300);
    expect(await ask()).toBe('load 3');
  });

  it.each([Number.NaN, '60', undefined])('refuses %j, to the loader', async (freshMs) => {
    const { clock, cache } = world();
    const load = ({ keepFor }: LoadContext): void => keepFor(freshMs as number);
    await expect(clock.run(cache.getOrSet('key', load))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^keepFor\(\) is .*; use a number of milliseconds; 0 keeps nothing$/),
    });
  });
});
