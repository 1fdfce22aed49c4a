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

type Work = (context: { expect: typeof expect }) => unknown;

interface Suite {
  readonly tests: [string, Work][];
  readonly before: (() => unknown)[];
  readonly after: (() => unknown)[];
  readonly failures: string[];
}

/** The published suite for an adapter, to be run by ourselves. */
function suiteOf(makeAdapter: () => object): Suite {
  const suite: Suite = { tests: [], before: [], after: [], failures: [] };
  const runner = {
    it: (name: string, test: Work) => suite.tests.push([name, test]),
    beforeEach: (hook: () => unknown) => suite.before.push(hook),
    afterEach: (hook: () => unknown) => suite.after.push(hook),
  };
  keyvTestSuite(runner as unknown as typeof vitest, Keyv, makeAdapter);
  return suite;
}

/** Runs suites in step, so that each meets what the others keep. Not at once: they set the clock of the process. */
async function runSuites(suites: readonly Suite[]): Promise<{ passed: number; failures: string[] }[]> {
  const hooks = async (when: 'before' | 'after'): Promise<void> => {
    for (const suite of suites) for (const hook of suite[when]) await hook();
  };
  for (const position of suites[0]?.tests.keys() ?? []) {
    await hooks('before');
    for (const { tests, failures } of suites) {
      const [name, test] = tests[position] ?? [`no test ${position}`, () => Promise.reject()];
      await Promise.resolve(test({ expect })).catch((error: unknown) => failures.push(`${name}: ${error}`));
    }
    await hooks('after');
  }
  return suites.map(({ tests, failures }) => ({ passed: tests.length - failures.length, failures }));
}

it.each([
  ['memory', createMemoryStore()],
  ['embedded', embedded],
] as const)(
  'three tenants pass the keyv suite in step on one %s store, with raw keys that are disjoint',
  async (_name, engine) => {
    await new TenantManager(engine).create('a:b', 'A tenant', 'free');
    const tenants: ((store: KvStore) => Promise<KvStore>)[] = [
      async (store) => new TenantClient(store, 'a'),
      async (store) => new TenantClient(store, 'a:b'),
      (store) => new TenantManager(store).getClient('a:b'),
    ];
    const stores = tenants.map(() => withRawKeys(engine));
    const suites: Suite[] = [];
    for (const [number, open] of tenants.entries()) {
      const tenant = await open(stores[number] ?? engine);
      const written = new Set<string>();
      suites.push(suiteOf(() => adapterOf(tenant, written)));
    }
    const results = await runSuites(suites);
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
