import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { collectGarbage } from '../../testkit/test/collect-garbage.js';
import { RateLimiter } from '../src/index.js';

it('a limiter keeps nothing of who has been answered', { timeout: 300_000 }, async () => {
  const clock = new FakeClock();
  const store = createMemoryStore({ clock });
  const limiter = new RateLimiter(store, { clock, maxIdentifiers: 10 });
  const limit = { maxRequests: 1, windowMs: 60_000 };
  const serve = async (from: number, to: number): Promise<number> => {
    for (let client = from; client < to; client += 1) {
      const granted = await limiter.checkLimit(`${client}`, limit);
      await limiter.checkLimit(`${client}`, limit);
      await limiter.refund(`${client}`, limit, granted);
      await store.delete(`ratelimit:${client}`);
    }
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = await serve(0, 8_000);
  expect((await serve(8_000, 16_000)) - before).toBeLessThan(500_000);
});
