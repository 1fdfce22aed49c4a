import { seededRandom } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { startFleet } from './fleet.js';

/** How often each tag was invalidated when a value was loaded. */
type Moves = Record<string, number>;

interface Invalidation {
  readonly by: number;
  readonly tag: string;
  readonly move: number;
  readonly acknowledgedAt: number;
}

/** Callers in three processes that name some tags of four for one key, and invalidate some. Counts stale answers. */
async function runCallers(seed: number): Promise<{ stale: number; fresh: number }> {
  const random = seededRandom(seed);
  const maxStalenessMs = 20;
  const { clock, all } = startFleet(3, {
    seed,
    maxStalenessMs,
    latencyMs: () => 1 + 5 * random(),
    ttlMs: 300,
    staleWhileRevalidateMs: 50 * (seed % 3),
    earlyRefresh: seed % 2 ? 1 : 0.3,
    rates: seed % 2 ? {} : { 'lost-request': 0.03, 'lost-reply': 0.03, 'delayed-delivery': 0.02 },
  });
  const moves: Moves = { a: 0, b: 0, c: 0, d: 0 };
  const names = Object.keys(moves);
  const invalidations: Invalidation[] = [];
  const answers = { stale: 0, fresh: 0 };
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => clock.startTimer(resolve, ms));
  const load = async (): Promise<Moves> => {
    const seen = { ...moves };
    await sleep(20 * random());
    return seen;
  };
  const invalidate = async (by: number): Promise<void> => {
    const tag = names[Math.floor(names.length * random())] ?? 'a';
    const move = (moves[tag] ?? 0) + 1;
    moves[tag] = move;
    await all[by]?.cache.invalidateTags([tag]);
    invalidations.push({ by, tag, move, acknowledgedAt: clock.monotonic() });
  };
  const read = async (by: number): Promise<void> => {
    const tags = names.filter(() => random() < 0.4);
    const now = clock.monotonic();
    const binding = invalidations.filter(
      (one) => tags.includes(one.tag) && (one.by === by || one.acknowledgedAt < now - maxStalenessMs),
    );
    const seen = (await all[by]?.cache.getOrSet('key', load, { tags })) as Moves;
    answers[binding.some(({ tag, move }) => (seen[tag] ?? 0) < move) ? 'stale' : 'fresh'] += 1;
  };
  const call = async (by: number): Promise<void> => {
    for (let step = 0; step < 40; step += 1) {
      await sleep(30 * random());
      // One that was not acknowledged promises nothing.
      await (random() < 0.25 ? invalidate(by).catch(() => {}) : read(by));
    }
  };
  await clock.run(Promise.all([0, 1, 2, 0, 1, 2].map(call)));
  return answers;
}

/** A loader that gives one answer after the other, and then the last one. */
function loaderOf(answers: readonly string[]): { readonly load: () => string | undefined; loads: number } {
  const source = {
    loads: 0,
    load: () => {
      source.loads += 1;
      return answers[source.loads - 1] ?? answers.at(-1);
    },
  };
  return source;
}

describe('tags', () => {
  it('of a caller that joins a load of a caller with others name the value too', async () => {
    const { clock, all } = startFleet(2, { latencyMs: () => 1 });
    const [{ cache }] = all;
    const source = loaderOf(['old', 'old', 'new']);
    const answers = await clock.run(
      Promise.all([
        cache.getOrSet('key', source.load, { tags: ['a'] }),
        cache.getOrSet('key', source.load, { tags: ['b'] }),
        cache.getOrSet('key', source.load),
      ]),
    );
    expect(answers).toEqual(['old', 'old', 'old']);
    expect(source.loads).toBe(2);
    await clock.run(cache.invalidateTags(['b']));
    expect(await clock.run(cache.get('key'))).toBeUndefined();
  });

  it.each(['a', 'b'])(
    'of callers in other processes name one value, and an invalidation by %s ends it',
    async (tag) => {
      const { clock, all } = startFleet(3, { latencyMs: () => 1, maxStalenessMs: 10 });
      const [one, other, third] = all;
      const source = loaderOf(['old', 'old', 'new']);
      const askers = { a: one, b: other };
      const ask = (name: 'a' | 'b'): Promise<unknown> =>
        askers[name].cache.getOrSet('key', source.load, { tags: [name] });
      for (let round = 0; round < 3; round += 1) {
        expect(await clock.run(Promise.all([ask('a'), ask('b')]))).toEqual(['old', 'old']);
      }
      expect(source.loads).toBe(2);
      await clock.run(one.cache.invalidateTags([tag]));
      await clock.advance(11);
      expect(await clock.run(third?.cache.get('key') ?? Promise.resolve('no third'))).toBeUndefined();
      expect(await clock.run(ask(tag as 'a' | 'b'))).toBe('new');
    },
  );

  it('of processes that waited for a load of a caller with others cost one load, which is kept', async () => {
    const { clock, all } = startFleet(5, { latencyMs: () => 1 });
    const [one, ...others] = all;
    let loads = 0;
    const load = async (): Promise<number> => {
      await new Promise<void>((resolve) => clock.startTimer(resolve, 100));
      loads += 1;
      return loads;
    };
    const first = one.cache.getOrSet('key', load, { tags: ['a'] });
    await clock.advance(10);
    const ask = (): Promise<unknown[]> =>
      Promise.all(others.map(({ cache }) => cache.getOrSet('key', load, { tags: ['b'] })));
    expect(await clock.run(ask())).toEqual([2, 2, 2, 2]);
    expect(await first).toBe(1);
    await clock.advance(2_000);
    expect(await clock.run(ask())).toEqual([2, 2, 2, 2]);
  });

  it('are asked of values in memory, in the store, and of those that were set', async () => {
    const { clock, all } = startFleet(2);
    const [{ cache }] = all;
    await clock.run(cache.set('key', 'set'));
    const source = loaderOf(['loaded']);
    const ask = (tags?: string[]): Promise<unknown> =>
      clock.run(cache.getOrSet('key', source.load, { tags }));
    expect(await ask()).toBe('set');
    expect(await ask(['a%2Fb'])).toBe('loaded');
    expect(await ask(['a/b'])).toBe('loaded');
    expect(source.loads).toBe(2);
    for (const tags of [['a%2Fb'], ['a/b'], ['a/b', 'a%2Fb'], []]) expect(await ask(tags)).toBe('loaded');
    expect(source.loads).toBe(2);
    await expect(ask([7] as never)).rejects.toThrow('use a string of well-formed Unicode');
  });

  it('stay with a value that is loaded anew in the background for a caller without them', async () => {
    const { clock, all } = startFleet(2, { ttlMs: 1_000, staleWhileRevalidateMs: 1_000 });
    const [{ cache }] = all;
    const source = loaderOf(['first', 'second']);
    await clock.run(cache.getOrSet('key', source.load, { tags: ['a'] }));
    await clock.advance(1_500);
    expect(await clock.run(cache.getOrSet('key', source.load))).toBe('first');
    await clock.advance(0);
    expect(await clock.run(cache.get('key'))).toBe('second');
    await clock.run(cache.invalidateTags(['a']));
    expect(await clock.run(cache.get('key'))).toBeUndefined();
  });

  it('of another caller leave the value to those who hold it when the load fails', async () => {
    const { clock, all } = startFleet(2);
    const [one, other] = all;
    await clock.run(one.cache.set('key', 'set', { tags: ['a'] }));
    const fail = (): never => {
      throw new Error('source down');
    };
    await expect(clock.run(one.cache.getOrSet('key', fail, { tags: ['b'] }))).rejects.toThrow('source down');
    expect(await clock.run(one.cache.get('key'))).toBe('set');
    expect(await clock.run(other.cache.get('key'))).toBe('set');
  });

  it('of ever new callers do not make a record grow for ever', async () => {
    const { clock, all, memory } = startFleet(2);
    const [{ cache }] = all;
    for (let caller = 0; caller < 400; caller += 1) {
      await clock.run(cache.getOrSet('key', () => 'page', { tags: [`caller ${caller}`] }));
    }
    const { value } = await memory.get('cache/v/key');
    expect(value.length).toBeLessThan(3_000);
    await clock.run(cache.invalidateTags(['caller 350']));
    expect(await clock.run(cache.get('key'))).toBeUndefined();
  });

  it('of callers that differ at random never find what an invalidation by one of them should have ended', async () => {
    let fresh = 0;
    for (let seed = 1; seed <= 12; seed += 1) {
      const answers = await runCallers(seed);
      expect([seed, answers.stale]).toEqual([seed, 0]);
      fresh += answers.fresh;
    }
    expect(fresh).toBeGreaterThan(1_000);
  });
});
