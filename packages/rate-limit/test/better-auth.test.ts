import { UnavailableError } from '@norikv/store';
import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { expect, it } from 'vitest';
import { betterAuthIncrement, type Increment } from '../src/better-auth.js';
import { times } from './processes.js';

/** Where requests race on a busy machine, the default of 250 ms may be too short. */
const patient = { timeoutMs: 20_000 };

it('counts up from 1, keeps the time of the first, and starts anew after it', async () => {
  const clock = new FakeClock();
  const increment = betterAuthIncrement(createMemoryStore({ clock }), { clock });
  expect(await increment('ip|/sign-in', 10)).toBe(1);
  await clock.advance(9_999);
  expect(await increment('ip|/sign-in', 10)).toBe(2);
  expect(await increment('other', 10)).toBe(1);
  await clock.advance(1);
  expect(await increment('ip|/sign-in', 10)).toBe(1);
});

it('concurrent increments of several processes are all different', async () => {
  const store = createMemoryStore();
  const processes = times(4, () =>
    betterAuthIncrement(
      {
        ...store,
        get: store.get.bind(store),
        put: store.put.bind(store),
        delete: store.delete.bind(store),
        capabilities: store.capabilities,
      },
      patient,
    ),
  );
  const counts = await Promise.all(processes.flatMap((increment) => times(25, () => increment('key', 60))));
  expect(counts.sort((a, b) => a - b)).toEqual(times(100, (position) => position + 1));
});

it('refuses a time that would be for ever', async () => {
  const increment = betterAuthIncrement(createMemoryStore());
  for (const ttl of [0, -1, 1e9, Number.NaN, Number.POSITIVE_INFINITY]) {
    await expect(increment('key', ttl)).rejects.toThrow(`ttl is ${ttl}`);
  }
});

it('throws while the store is down, also where the policy is left undefined', async () => {
  const store = createMemoryStore();
  const down = (): Promise<never> => Promise.reject(new UnavailableError('down', { retryable: false }));
  Object.assign(store, { get: down, find: down, put: down });
  for (const options of [{}, { onFailure: undefined, prefix: undefined }]) {
    const increment = betterAuthIncrement(store, { ...options, timeoutMs: 50 });
    await expect(increment('key', 10)).rejects.toMatchObject({ code: 'RATE_LIMIT_UNAVAILABLE' });
  }
});

/** A site that limits by itself: three sign-ins in ten seconds. */
function siteWith(increment: Increment) {
  const values = new Map<string, string>();
  const take = (key: string): string | null => {
    const value = values.get(key) ?? null;
    values.delete(key);
    return value;
  };
  return betterAuth({
    secret: 'a secret with at least thirty-two characters',
    baseURL: 'http://localhost:3000',
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: true, storage: 'secondary-storage' },
    telemetry: { enabled: false },
    secondaryStorage: {
      get: (key) => values.get(key) ?? null,
      set: (key, value) => void values.set(key, value),
      delete: (key) => void values.delete(key),
      getAndDelete: take,
      increment,
    },
  });
}

it('under better-auth, three of ten sign-ins at once are let through', async () => {
  const site = siteWith(betterAuthIncrement(createMemoryStore(), patient));
  const body = { email: 'alice@example.com', password: 'correct horse battery' };
  await site.api.signUpEmail({ body: { ...body, name: 'Alice' } });
  const signIn = (address: string): Promise<Response> =>
    site.handler(
      new Request('http://localhost:3000/api/auth/sign-in/email', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
        body: JSON.stringify(body),
      }),
    );
  const responses = await Promise.all(times(10, () => signIn('203.0.113.9')));
  const statuses = responses.map(({ status }) => status).sort();
  expect(statuses).toEqual([...times(3, () => 200), ...times(7, () => 429)]);
  expect((await signIn('198.51.100.7')).status).toBe(200);
});
