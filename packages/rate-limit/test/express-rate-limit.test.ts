import { type KvStore, UnavailableError } from '@norikv/store';
import { createMemoryStore, FakeClock, withFaults } from '@norikv/testkit';
import express from 'express';
import { rateLimit } from 'express-rate-limit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { listen } from '../../../test/listen.js';
import { NoriKVRateLimitStore } from '../src/express-rate-limit.js';
import { statuses } from './statuses.js';

afterEach(() => vi.restoreAllMocks());

/** Where requests race on a busy machine, the default of 250 ms may be too short. */
const patient = { timeoutMs: 20_000 };

/** Whatever express-rate-limit complains about. */
function complaints(): readonly unknown[] {
  const all: unknown[] = [];
  for (const method of ['error', 'warn', 'log', 'info'] as const) {
    vi.spyOn(console, method).mockImplementation((...args) => {
      all.push(args);
    });
  }
  return all;
}

describe('under express-rate-limit with all its validations', () => {
  it('admits the limit, and nothing is complained about', async () => {
    const logged = complaints();
    const app = express();
    const clients = createMemoryStore();
    const store = new NoriKVRateLimitStore(clients);
    app.get(
      '/',
      rateLimit({ store, windowMs: 60_000, limit: 3, standardHeaders: 'draft-8' }),
      (_, response) => {
        response.send('hello');
      },
    );
    await using server = await listen(app);
    expect(await statuses(server.url, 4)).toEqual([200, 200, 200, 429]);
    await store.resetKey('127.0.0.1');
    const response = await fetch(server.url);
    expect(response.status).toBe(200);
    expect(response.headers.get('ratelimit')).toMatch(/r=2; t=(60|5\d)$/);
    expect(logged).toEqual([]);
  });

  it('two limiters on one route need two prefixes, and then nothing is complained about', async () => {
    const logged = complaints();
    const app = express();
    const kv = createMemoryStore();
    const [one, two] = ['short', 'long'].map((prefix) => new NoriKVRateLimitStore(kv, { prefix }));
    app.get(
      '/',
      rateLimit({ store: one as NoriKVRateLimitStore, windowMs: 1_000, limit: 100 }),
      rateLimit({ store: two as NoriKVRateLimitStore, windowMs: 60_000, limit: 2 }),
      (_, response) => {
        response.send('hello');
      },
    );
    await using server = await listen(app);
    expect(await statuses(server.url, 3)).toEqual([200, 200, 429]);
    expect(logged).toEqual([]);
  });

  it('two limiters of one prefix are complained about: the validations do run', async () => {
    const logged = complaints();
    const app = express();
    const kv = createMemoryStore();
    const limiter = () => rateLimit({ store: new NoriKVRateLimitStore(kv), windowMs: 1_000, limit: 100 });
    app.get('/', limiter(), limiter(), (_, response) => {
      response.send('hello');
    });
    await using server = await listen(app);
    await statuses(server.url, 1);
    expect(JSON.stringify(logged, (_, value) => value?.code ?? value)).toContain('ERR_ERL_DOUBLE_COUNT');
  });

  it('concurrent requests through two stores are counted exactly', async () => {
    const kv = createMemoryStore();
    const app = express();
    const limiters = [1, 2].map(() =>
      rateLimit({ store: new NoriKVRateLimitStore(kv, patient), windowMs: 60_000, limit: 5 }),
    );
    app.get('/:which', (request, response, next) =>
      limiters[Number(request.params.which)]?.(request, response, next),
    );
    app.use((_, response) => {
      response.send('hello');
    });
    await using server = await listen(app);
    const found = await Promise.all(
      Array.from({ length: 20 }, (_, at) => statuses(`${server.url}/${at % 2}`, 1)),
    );
    expect(found.flat().filter((status) => status === 200)).toHaveLength(5);
  });

  it('a failed request is taken back', async () => {
    const app = express();
    const store = new NoriKVRateLimitStore(createMemoryStore());
    app.get(
      '/',
      rateLimit({ store, windowMs: 60_000, limit: 2, skipFailedRequests: true }),
      (request, response) => {
        response.status(request.headers['x-fail'] ? 400 : 200).end();
      },
    );
    await using server = await listen(app);
    expect(await statuses(server.url, 1, { 'x-fail': '1' })).toEqual([400]);
    await vi.waitFor(async () => expect(await store.get('127.0.0.1')).toBeUndefined(), 10_000);
    expect(await statuses(server.url, 2)).toEqual([200, 200]);
  });
});

describe('the store by itself', () => {
  it('leaves a hit counted that it cannot take back: an error would end the process, through express-rate-limit 7', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const faulty = withFaults(memory, { clock });
    const start = (kv: KvStore) => new NoriKVRateLimitStore(kv, { clock });
    const store = start(faulty);
    await store.increment('a');
    faulty.faults.outage();
    await expect(clock.run(store.decrement('a'))).resolves.toBeUndefined();
    expect(await start(memory).get('a')).toMatchObject({ totalHits: 1 });
  });

  it('counts, shows, takes back and forgets, in windows from the first hit', async () => {
    const clock = new FakeClock();
    const store = new NoriKVRateLimitStore(createMemoryStore({ clock }), { clock });
    store.init({ windowMs: 5_000 });
    expect(await store.get('a')).toBeUndefined();
    const resetTime = new Date(clock.now() + 5_000);
    expect(await store.increment('a')).toEqual({ totalHits: 1, resetTime });
    await clock.advance(1_000);
    expect(await store.increment('a')).toEqual({ totalHits: 2, resetTime });
    await store.decrement('a');
    expect(await store.get('a')).toEqual({ totalHits: 1, resetTime });
    await store.increment('b');
    await store.resetKey('a');
    expect(await store.get('a')).toBeUndefined();
    expect(await store.get('b')).toMatchObject({ totalHits: 1 });
    await store.decrement('a');
    await clock.advance(5_000);
    expect(await store.increment('b')).toMatchObject({ totalHits: 1 });
  });

  it('throws while the store is down, also where the policy is left undefined', async () => {
    const kv = createMemoryStore();
    const down = (): Promise<never> => Promise.reject(new UnavailableError('down', { retryable: false }));
    Object.assign(kv, { get: down, find: down, put: down });
    for (const options of [{}, { onFailure: undefined, prefix: undefined }]) {
      const store = new NoriKVRateLimitStore(kv, { ...options, timeoutMs: 50 });
      expect(store.prefix).toBe('express-rate-limit');
      await expect(store.increment('a')).rejects.toMatchObject({ code: 'RATE_LIMIT_UNAVAILABLE' });
    }
  });
});
