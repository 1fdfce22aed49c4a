import { NoriKVClient } from '@norikv/client';
import {
  type Key,
  type KvStore,
  type PutOptions,
  ResourceExhaustedError,
  UnsupportedError,
  type Version,
} from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { type Lies, startDouble } from '../../client/test/support/doubles.js';
import { diagnose } from '../src/doctor.js';
import { createServer } from '../src/index.js';
import { terminalWith } from './support/run.js';

async function examine(
  address: string,
): Promise<{ code: number; verdicts: Record<string, string>; report: string }> {
  const nodes = [address];
  await using client = new NoriKVClient({ nodes, watchCluster: false, unsafeAllowPlainServer: true });
  await client.connect();
  const texts: string[] = [];
  const terminal = terminalWith({ out: (text) => void texts.push(String(text)) });
  const code = await diagnose(client, true, terminal);
  await diagnose(client, false, terminal);
  const [json = '', report = ''] = texts;
  const { findings } = JSON.parse(json) as { findings: { guarantee: string; verdict: string }[] };
  return { code, report, verdicts: Object.fromEntries(findings.map((one) => [one.guarantee, one.verdict])) };
}

/** A store that declares all and keeps what the wrapper leaves of it. */
function flawed(change: (memory: KvStore) => Partial<KvStore>): KvStore {
  const memory = createMemoryStore();
  return {
    capabilities: { ...memory.capabilities, vector: true },
    get: (...call) => memory.get(...call),
    put: (...call) => memory.put(...call),
    delete: (...call) => memory.delete(...call),
    ...change(memory),
  };
}

describe('doctor', () => {
  it.each<[string, Lies, Record<string, string>]>([
    [
      'a plain server that checks conditions',
      { knowsNoCreate: true, forgetsTtl: true, putVersionsDiffer: true },
      {
        values: 'kept',
        putVersionUsable: 'not offered',
        createIfAbsent: 'not offered',
        atomicCas: 'kept, not declared',
        deleteCas: 'not offered',
        ttl: 'not offered',
        idempotency: 'not offered',
        vector: 'not offered',
      },
    ],
    [
      'one that claims all and ignores conditions',
      { claimsAll: true, ignoresConditions: true, forgetsTtl: true, putVersionsDiffer: true },
      {
        values: 'kept',
        putVersionUsable: 'broken',
        createIfAbsent: 'broken',
        atomicCas: 'broken',
        deleteCas: 'broken',
        ttl: 'broken',
        idempotency: 'broken',
      },
    ],
  ])('finds out %s', async (_what, lies, verdicts) => {
    await using server = await startDouble(lies);
    const found = await examine(server.address);
    expect(found.verdicts).toMatchObject(verdicts);
    expect(found.code).toBe(Object.values(verdicts).includes('broken') ? 1 : 0);
    expect(found.report).toContain(found.code === 1 ? 'BAD' : 'Everything declared was kept.');
  });

  it('finds a store that reads the past, loses values and deletes what it should not', async () => {
    const store = flawed((memory) => ({
      get: async (key, options) => {
        const entry = await memory.get(key, options);
        return options?.consistency === 'linearizable' ? { ...entry, value: new Uint8Array([1]) } : entry;
      },
      delete: (key) => memory.delete(key),
      async put(key, value, options: PutOptions = {}): Promise<Version> {
        const { ifMatchVersion: _dropped, ...rest } = options;
        return memory.put(key, value, rest);
      },
    }));
    await using server = await createServer(store, { port: 0 });
    const { verdicts, code } = await examine(server.address);
    expect(code).toBe(1);
    expect(verdicts).toMatchObject({
      linearizableReads: 'broken',
      atomicCas: 'broken',
      deleteCas: 'broken',
      createIfAbsent: 'kept',
      vector: 'broken',
    });
  });

  it('finds a race between the check and the write, and a create that checks nothing', async () => {
    const store = flawed((memory) => ({
      async put(key, value, options: PutOptions = {}): Promise<Version> {
        const { ifMatchVersion: version, ifNotExists: _dropped, ...rest } = options;
        if (version) {
          const { version: current } = await memory.get(key);
          if (current.index !== version.index) return memory.put(key, value, options);
          await new Promise(setImmediate);
        }
        return memory.put(key, value, rest);
      },
    }));
    await using server = await createServer(store, { port: 0 });
    const { verdicts } = await examine(server.address);
    expect(verdicts).toMatchObject({ createIfAbsent: 'broken', atomicCas: 'broken', values: 'kept' });
  });

  it('finds one that lets a late writer win', async () => {
    const store = flawed((memory) => ({
      async put(key, value, options: PutOptions = {}): Promise<Version> {
        const isLate = Buffer.from(value).toString() === 'stale';
        return memory.put(key, value, isLate ? {} : options);
      },
    }));
    await using server = await createServer(store, { port: 0 });
    expect((await examine(server.address)).verdicts).toMatchObject({
      atomicCas: 'broken',
      createIfAbsent: 'kept',
    });
  });

  it('finds a store that forgets ids, expires nothing and gives other vectors', async () => {
    const store = flawed((memory) => ({
      async put(key, value, options: PutOptions = {}): Promise<Version> {
        const { ttlMs: _ttl, idempotencyKey: _id, ...rest } = options;
        return memory.put(key, value, rest);
      },
      ...{
        vectorCreateIndex: async () => true,
        vectorInsert: async () => ({ term: 1n, index: 1n }),
        vectorSearch: async () => ({ matches: [{ id: 'far', distance: 0 }], searchTimeUs: 0 }),
        vectorDropIndex: async () => true,
      },
    }));
    await using server = await createServer(store, { port: 0 });
    const { verdicts } = await examine(server.address);
    expect(verdicts).toMatchObject({
      ttl: 'broken',
      idempotency: 'broken',
      vector: 'broken',
      atomicCas: 'kept',
    });
  });

  it.each([
    ['calls a second', { maxCallsPerSecond: 20 }],
    ['calls at once', { maxInFlight: 8 }],
  ])(
    'stops at a server that takes only a few %s, leaves nothing there, and calls nothing broken',
    async (_what, bounds) => {
      const memory = createMemoryStore();
      const keys = new Set<Key>();
      const store = flawed(() => ({
        capabilities: memory.capabilities,
        async put(key, ...rest) {
          keys.add(key);
          // So that calls meet, and some are under way when others are refused.
          await new Promise((resolve) => setTimeout(resolve, 20));
          return memory.put(key, ...rest);
        },
        get: (...call) => memory.get(...call),
        delete: (...call) => memory.delete(...call),
      }));
      await using server = await createServer(store, { port: 0, ...bounds });
      await using client = new NoriKVClient({ nodes: [server.address], watchCluster: false });
      await client.connect();
      const texts: string[] = [];
      const terminal = terminalWith({ out: (text) => void texts.push(String(text)) });
      expect(await diagnose(client, false, terminal)).toBe(1);
      expect(texts[0]).toMatch(
        /No further probe, as the server did not serve this one\. \w+: .*(under way|slow down)/,
      );
      expect(texts[0]).not.toContain('BAD');
      await server.close();
      expect(keys.size).toBeGreaterThan(0);
      for (const key of keys) expect(await memory.find(key)).toBeNull();
    },
  );

  it('says so where its keys cannot be removed', async () => {
    const memory = createMemoryStore();
    const store = flawed(() => ({
      put: (...call) => memory.put(...call),
      get: (...call) => memory.get(...call),
      delete: () => Promise.reject(new UnsupportedError('kept for good')),
    }));
    await using server = await createServer(store, { port: 0 });
    const { verdicts, report } = await examine(server.address);
    expect(verdicts).toMatchObject({ values: 'broken' });
    expect(report).toContain('kept for good');
  });

  it('removes its key also where that is refused at first', async () => {
    const memory = createMemoryStore();
    const keys: Key[] = [];
    // The probe deletes it once by itself.
    let refusals = 2;
    const store = flawed(() => ({
      put(key, ...rest) {
        keys.push(key);
        return memory.put(key, ...rest);
      },
      get: (...call) => memory.get(...call),
      async delete(...call) {
        refusals -= 1;
        if (refusals >= 0) throw new ResourceExhaustedError('slow down');
        return memory.delete(...call);
      },
    }));
    await using server = await createServer(store, { port: 0 });
    await using client = new NoriKVClient({
      nodes: [server.address],
      watchCluster: false,
      retry: { maxAttempts: 1 },
    });
    await client.connect();
    const texts: string[] = [];
    const terminal = terminalWith({ out: (text) => void texts.push(String(text)) });
    expect(await diagnose(client, false, terminal)).toBe(1);
    expect(texts[0]).toContain('did not serve this one. values: slow down');
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) expect(await memory.find(key)).toBeNull();
  });

  it.each([
    [2, ['values'], 'putVersionUsable'],
    [22, ['values', 'putVersionUsable', 'linearizableReads'], 'createIfAbsent'],
  ])(
    'stops at a server that answers no more, after %i puts, and calls nothing broken',
    async (puts, kept, last) => {
      let answers = puts;
      const memory = createMemoryStore();
      const store = flawed(() => ({
        put: (...call) => {
          answers -= 1;
          return answers < 0 ? new Promise(() => {}) : memory.put(...call);
        },
        get: (...call) => memory.get(...call),
        delete: (...call) => memory.delete(...call),
      }));
      const server = await createServer(store, { port: 0 });
      const nodes = [server.address];
      await using client = new NoriKVClient({ nodes, watchCluster: false, timeout: 300 });
      await client.connect();
      const texts: string[] = [];
      const terminal = terminalWith({ out: (text) => void texts.push(String(text)) });
      expect(await diagnose(client, true, terminal)).toBe(1);
      expect(await diagnose(client, false, terminal)).toBe(1);
      const { findings, stopped } = JSON.parse(texts[0] ?? '') as { findings: unknown[]; stopped: string };
      expect(findings).toMatchObject(kept.map((guarantee) => ({ guarantee, verdict: 'kept' })));
      expect(stopped).toContain(`${last}: No answer within`);
      expect(texts[1]).toContain('No further probe, as the server did not serve this one. values: No answer');
      expect(texts[1]).not.toContain('BAD');
      await server.close(0);
    },
  );
});
