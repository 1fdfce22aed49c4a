import type { KvStore, PutOptions } from '@norikv/store';
import { createMemoryStore, seededRandom } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import type { RateLimitConfig, RateLimiter, RateLimitResult } from '../src/index.js';
import { startProcesses, times } from './processes.js';

const budgetSeconds = Number(process.env.NORIKV_FAULT_BUDGET_SECONDS ?? 0);
const schedules = 10_000 * Math.max(Number(process.env.NORIKV_TEST_LOAD ?? 1), budgetSeconds / 30);
const hour = 3_600_000;
const limits: readonly RateLimitConfig[] = [
  { maxRequests: 6, windowMs: hour },
  { maxRequests: 6, windowMs: hour, algorithm: 'sliding-window' },
  { maxRequests: 6, windowMs: hour, algorithm: 'fixed-window' },
];
const rates = {
  'lost-request': 0.06,
  'lost-reply': 0.06,
  'delayed-delivery': 0.06,
  'duplicated-delivery': 0.06,
  'own-mismatch': 0.06,
  outage: 0.01,
};

interface Sabotage {
  readonly wrap?: (store: KvStore) => KvStore;
  /** What a process does with a limiter instead of calling it. */
  readonly refund?: (limiter: RateLimiter, granted: RateLimitResult, limit: RateLimitConfig) => Promise<void>;
  readonly onError?: (error: unknown) => boolean;
}

/** How many permits more than the limit are out at the end: above 0 is a broken promise. */
async function excessOf(seed: number, sabotage: Sabotage = {}): Promise<number> {
  const limit = limits[seed % limits.length] as RateLimitConfig;
  const random = seededRandom(seed);
  const options = { seed, rates, latencyMs: 1, onFailure: 'closed', chunk: random() < 0.2 ? 3 : 1 } as const;
  const { wrap, onError = () => false } = sabotage;
  const { clock, all } = startProcesses(3, { ...options, ...(wrap && { wrap }) });
  const refund = sabotage.refund ?? ((limiter, granted) => limiter.refund('client', limit, granted));
  let out = 0;

  const request = async (limiter: RateLimiter): Promise<void> => {
    const cost = random() < 0.2 ? 2 : 1;
    const isReturned = random() < 0.3;
    const granted = await limiter.checkLimit('client', limit, { cost }).catch((error) => {
      if (onError(error)) out += cost;
    });
    if (!granted?.allowed) return;
    out += cost;
    if (!isReturned) return;
    out -= cost;
    await refund(limiter, granted, limit).catch(() => {});
  };

  await clock.run(Promise.all(all.flatMap(({ limiter }) => times(3, () => request(limiter)))));
  for (const { faulty } of all) faulty.faults.stop();
  await clock.advance(1_000);
  const [{ limiter }] = all;
  for (const _ of times(20, () => 0)) {
    if ((await clock.run(limiter.checkLimit('client', limit))).allowed) out += 1;
  }
  return out - limit.maxRequests;
}

async function worstExcess(count: number, sabotage?: Sabotage): Promise<number> {
  let worst = Number.NEGATIVE_INFINITY;
  for (let seed = 0; seed < count; seed += 1) worst = Math.max(worst, await excessOf(seed, sabotage));
  return worst;
}

describe('where replies are lost, and requests are lost, late or delivered twice', () => {
  it('never more is admitted than the limit, refunds included', { timeout: 900_000 }, async () => {
    expect(await worstExcess(schedules)).toBe(0);
  });
});

describe('the schedules notice', () => {
  it('a store that ignores conditions', async () => {
    const wrap = (store: KvStore): KvStore => ({
      capabilities: createMemoryStore().capabilities,
      get: (key, options) => store.get(key, options),
      delete: (key, { ifMatchVersion: _, ...options } = {}) => store.delete(key, options),
      put: (key, value, { ifMatchVersion: _, ifNotExists: __, ...options }: PutOptions = {}) =>
        store.put(key, value, options),
    });
    expect(await worstExcess(200, { wrap })).toBeGreaterThan(0);
  });

  it('a grant without an answer of the store', async () => {
    expect(await worstExcess(500, { onError: () => true })).toBeGreaterThan(0);
  });

  it('a refund that is made twice', async () => {
    const refund = async (
      limiter: RateLimiter,
      granted: RateLimitResult,
      limit: RateLimitConfig,
    ): Promise<void> => {
      await limiter.refund('client', limit, { cost: granted.cost });
      await limiter.refund('client', limit, { cost: granted.cost });
    };
    expect(await worstExcess(200, { refund })).toBeGreaterThan(0);
  });
});
