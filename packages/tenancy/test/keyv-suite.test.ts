import keyvTestSuite from '@keyv/test-suite';
import { createEphemeral } from '@norikv/embedded';
import { bytesToString, type KvStore } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import Keyv from 'keyv';
import * as vitest from 'vitest';
import { TenantClient, TenantManager } from '../src/index.js';
import { rawKeys, withRawKeys } from './raw-keys.js';

const { afterAll, expect, it } = vitest;
const embedded = await createEphemeral();
afterAll(() => embedded.close());

/** The least storage adapter that the suite accepts, over a tenant: it clears by what it wrote itself. */
function adapterOf(tenant: KvStore, written: Set<string>): object {
  const get = async (key: string): Promise<string | undefined> => {
    const entry = await tenant.find?.(key);
    return entry ? bytesToString(entry.value) : undefined;
  };
  return {
    opts: {},
    namespace: undefined as string | undefined,
    on: () => {},
    get,
    async set(key: string, value: string, ttl?: number) {
      written.add(key);
      await tenant.put(key, value, { ttlMs: ttl });
      return true;
    },
    delete: (key: string) => tenant.delete(key),
    has: async (key: string) => (await get(key)) !== undefined,
    async clear(this: { namespace?: string }) {
      const prefix = this.namespace ? `${this.namespace}:` : '';
      for (const key of written) if (key.startsWith(prefix)) await tenant.delete(key);
    },
  };
}

/** Runs the published suite by itself, one test after the other, so that two can run at once. */
async function runSuite(makeAdapter: () => object): Promise<{ passed: number; failures: string[] }> {
  const tests: [string, (context: { expect: typeof expect }) => unknown][] = [];
  const before: (() => unknown)[] = [];
  const after: (() => unknown)[] = [];
  const runner = {
    it: (name: string, test: (context: { expect: typeof expect }) => unknown) => tests.push([name, test]),
    beforeEach: (hook: () => unknown) => before.push(hook),
    afterEach: (hook: () => unknown) => after.push(hook),
  };
  keyvTestSuite(runner as unknown as typeof vitest, Keyv, makeAdapter);
  const failures: string[] = [];
  for (const [name, test] of tests) {
    try {
      for (const hook of before) await hook();
      await test({ expect });
    } catch (error) {
      failures.push(`${name}: ${String(error)}`);
    } finally {
      for (const hook of after) await hook();
    }
  }
  return { passed: tests.length - failures.length, failures };
}

it.each([
  ['memory', createMemoryStore()],
  ['embedded', embedded],
] as const)(
  'two tenants pass the keyv suite at once on one %s store, with raw keys that are disjoint',
  async (_name, engine) => {
    await new TenantManager(engine).create('a:b', 'A tenant', 'free');
    const tenants: ((store: KvStore) => Promise<KvStore>)[] = [
      async (store) => new TenantClient(store, 'a'),
      async (store) => new TenantClient(store, 'a:b'),
      (store) => new TenantManager(store).getClient('a:b'),
    ];
    const stores = tenants.map(() => withRawKeys(engine));
    const results = await Promise.all(
      tenants.map(async (open, number) => {
        const tenant = await open(stores[number] ?? engine);
        const written = new Set<string>();
        return runSuite(() => adapterOf(tenant, written));
      }),
    );
    for (const result of results) expect(result).toEqual({ passed: 38, failures: [] });
    const keys = stores.map((store) => [...rawKeys(store)].filter(isData));
    for (const each of keys) expect(each.length).toBeGreaterThan(5);
    expect(new Set(keys.flat()).size).toBe(keys.flat().length);
  },
);

/** Keys of tenants, and not of the manager's own records. */
function isData(physical: string): boolean {
  return /^(tenant\.named|t)\//.test(Buffer.from(physical, 'hex').toString());
}
