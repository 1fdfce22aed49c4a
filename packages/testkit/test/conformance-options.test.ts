import { type Capabilities, ClosedError, type KvStore, ResourceExhaustedError } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import {
  type ConformanceTarget,
  countCalls,
  createMemoryStore,
  defineConformance,
  FakeClock,
  type LyingServerOptions,
  type MemoryStore,
  withFaults,
  withLyingServer,
} from '../src/index.js';
import { runSuite, type SuiteReport } from './collecting-runner.js';

const memoryCapabilities = createMemoryStore().capabilities;
const none: Partial<Capabilities> = {
  ttl: 'none',
  idempotency: 'none',
  createIfAbsent: false,
  deleteCas: false,
};

/** Runs the suite on a memory store behind a wrapper. */
function suiteOn(
  declared: Partial<Capabilities>,
  wrap: (memory: MemoryStore) => KvStore = (memory) => memory,
  expected: Partial<Capabilities> = declared,
  more: object = {},
): Promise<SuiteReport> {
  const clock = new FakeClock();
  return runSuite({
    capabilities: { ...memoryCapabilities, ...expected },
    async createStore() {
      const memory = createMemoryStore({ clock, capabilities: declared });
      return { store: wrap(memory), close: () => memory.close() };
    },
    advance: (ms) => clock.advance(ms),
    load: 0.05,
    ...more,
  });
}

describe('a store that declares less', () => {
  it('passes if it refuses what it does not have', async () => {
    const report = await suiteOn(none);
    expect(report.failures).toEqual([]);
    const failClosed = report.passed.filter((name) => name.includes('unsupported:'));
    expect(failClosed.map((name) => Number.parseInt(name, 10))).toEqual([4, 5, 7, 8, 12, 13, 15, 21]);
  });

  it('passes if its versions of puts are useless and declared so', async () => {
    const capabilities = { ...memoryCapabilities, putVersionUsable: false };
    const wrap = (memory: MemoryStore): KvStore =>
      withLyingServer(memory, { putVersionsDiffer: true, capabilities });
    expect((await suiteOn({}, wrap, { putVersionUsable: false })).failures).toEqual([]);
    const claiming = (memory: MemoryStore): KvStore =>
      withLyingServer(memory, { putVersionsDiffer: true, capabilities: memoryCapabilities });
    expect((await suiteOn({}, claiming)).failedGroups).toContain(10);
    expect((await suiteOn({ putVersionUsable: false })).failures).toEqual([]);
  });

  it('passes if its compare-and-swap is declared not atomic and still refuses stale versions', async () => {
    expect((await suiteOn({ atomicCas: false, linearizableReads: false })).failures).toEqual([]);
  });

  it.each([
    ['ttlMs', [12, 13]],
    ['idempotencyKey', [15]],
    ['ifNotExists', [4, 5, 7]],
    ['ifMatchVersion', [2, 3, 8, 11, 28]],
  ] as const)('fails if it takes %s and forgets it', async (option, groups) => {
    const lies: LyingServerOptions = { ignores: [option], capabilities: { ...memoryCapabilities, ...none } };
    const report = await suiteOn({}, (memory) => withLyingServer(memory, lies), {
      ...none,
      atomicCas: false,
    });
    expect(report.failedGroups).toEqual(expect.arrayContaining([...groups]));
  });

  it('fails if it declares something else than expected', async () => {
    expect((await suiteOn({ durableAck: true }, undefined, {})).failedGroups).toEqual([23]);
    const silent = (memory: MemoryStore): KvStore => ({ ...memory, capabilities: undefined });
    expect((await suiteOn({}, silent)).failedGroups).toEqual([23]);
  });
});

describe('coarse expiry', () => {
  const late = (memory: MemoryStore): KvStore => ({
    ...memory,
    put: (key, value, options = {}) =>
      memory.put(
        key,
        value,
        (options?.ttlMs ?? 0) > 0 ? { ...options, ttlMs: Number(options.ttlMs) + 400 } : options,
      ),
  });

  it('may be as late as stated', async () => {
    const stated = { expectations: { coarseTtlMs: 400 } };
    expect((await suiteOn({ ttl: 'coarse' }, late, { ttl: 'coarse' }, stated)).failures).toEqual([]);
    const short = { expectations: { coarseTtlMs: 399 } };
    expect((await suiteOn({ ttl: 'coarse' }, late, { ttl: 'coarse' }, short)).failedGroups).toEqual([
      12, 13, 14,
    ]);
  });

  it('is not exact expiry', async () => {
    expect((await suiteOn({}, late)).failedGroups).toEqual([12, 13, 14]);
  });
});

describe('restarts', () => {
  const durable: Partial<Capabilities> = { durableAck: true, idempotency: 'durable' };

  it('are tested when there is a hook, and lost data is found', async () => {
    const clock = new FakeClock();
    const open = (memory: MemoryStore): ConformanceTarget => ({ store: memory, close: () => memory.close() });
    const suite = (again: (target: ConformanceTarget) => ConformanceTarget): Promise<SuiteReport> =>
      runSuite({
        capabilities: { ...memoryCapabilities, ...durable },
        createStore: async () => open(createMemoryStore({ clock, capabilities: durable })),
        advance: (ms) => clock.advance(ms),
        reopen: async (target) => again(target),
        kill: async (target) => again(target),
        load: 0.05,
      });
    expect((await suite((target) => target)).failures).toEqual([]);
    const forgetful = await suite(() => open(createMemoryStore({ clock, capabilities: durable })));
    expect(forgetful.failedGroups).toEqual([10, 12, 15]);
    for (const group of forgetful.failedGroups) {
      expect(forgetful.failures.filter((failure) => failure.startsWith(`${group} `)).length).toBe(2);
    }
  });
});

describe('what cannot be tested', () => {
  it('is reported by name and reason', async () => {
    const report = await suiteOn(
      {},
      undefined,
      {},
      { notApplicable: { 24: 'the tenant does not own the store' } },
    );
    expect(report.skipped.map((name) => name.replace(/: .* \(not applicable/, ' (not applicable'))).toEqual([
      '10 versions (not applicable: no reopen hook)',
      '10 versions (not applicable: no kill hook)',
      '12 expiry (not applicable: no reopen hook)',
      '12 expiry (not applicable: no kill hook)',
      '13 expiry meets writes and conditions (not applicable: no jumpWallClock hook)',
      '15 idempotency keys (not applicable: declared as not durable)',
      '15 idempotency keys (not applicable: no advance hook or no idempotencyWindowMs)',
      '20 faults of servers and connections (not applicable: no server to kill and no connection to break; see `provided`)',
      '24 close (not applicable: the tenant does not own the store)',
      '26 hash vectors and shards (not applicable: no routing by hash; see `provided`)',
      '27 bytes on the wire (not applicable: no wire; see `provided`)',
    ]);
    expect(report.passed.some((name) => name.startsWith('24'))).toBe(false);
  });

  it('can be provided', async () => {
    const provided = {
      5: [{ name: 'one more', run: async () => {} }],
      26: [{ name: 'the hash of a key', run: () => Promise.reject(new Error('wrong hash')) }],
    };
    const report = await suiteOn({}, undefined, {}, { provided });
    expect(report.passed).toContain('5 create, delete and create again: one more');
    expect(report.failures).toEqual(['26 hash vectors and shards: the hash of a key: Error: wrong hash']);
    expect(report.skipped.some((name) => name.startsWith('26'))).toBe(false);
  });
});

describe('the suite', () => {
  it('has 29 groups in order, and hands its time limit to the runner', () => {
    const groups: number[] = [];
    const limits = new Set<number | undefined>();
    const add = (_name: string, _body: () => Promise<void>, timeoutMs?: number): void => {
      limits.add(timeoutMs);
    };
    const options = {
      capabilities: memoryCapabilities,
      createStore: () => Promise.reject(new Error('not run')),
      describe: (name: string, body: () => void) => {
        groups.push(Number.parseInt(name, 10));
        body();
      },
      it: Object.assign(add, { skip: (_name: string, body: () => Promise<void>) => void body() }),
    };
    defineConformance({ ...options, testTimeoutMs: 77 });
    expect(groups).toEqual(Array.from({ length: 29 }, (_, place) => place + 1));
    expect([...limits]).toEqual([77]);
    const ofMocha = new Set<number>();
    const made = { timeout: (timeoutMs: number) => ofMocha.add(timeoutMs) };
    defineConformance({ ...options, it: Object.assign(() => made, { skip: () => made }), testTimeoutMs: 78 });
    expect([...ofMocha]).toEqual([78]);
    expect(() => defineConformance({ ...options, load: 0 })).toThrow(/load is 0/);
    for (const name of ['describe', 'it', 'createStore', 'capabilities']) {
      const without = { ...options, [name]: undefined };
      expect(() => defineConformance(without as never)).toThrow(`${name} is undefined; use`);
    }
    expect(() => defineConformance({ ...options, it: (() => {}) as never })).toThrow(
      'it.skip is undefined; use',
    );
    const misspelt: Readonly<Record<string, object>> = {
      reOpen: { reOpen: options.createStore },
      ttlTolerance: { expectations: { ttlTolerance: 5 } },
      30: { notApplicable: { 30: 'no such group' } },
    };
    for (const [name, wrong] of Object.entries(misspelt)) {
      expect(() => defineConformance({ ...options, ...wrong })).toThrow(`is "${name}"; use`);
    }
  });

  it('spreads races over peers', async () => {
    const calls: number[] = [];
    const report = await runSuite({
      capabilities: memoryCapabilities,
      async createStore() {
        const store = createMemoryStore();
        const peer = countCalls(store);
        const close = async (): Promise<void> => {
          calls.push(peer.calls.total);
          await store.close();
        };
        return { store, peers: [peer], close };
      },
      advance: async () => {},
      notApplicable: Object.fromEntries([12, 13, 14].map((group) => [group, 'time stands still'])),
      load: 0.05,
    });
    expect(report.failures).toEqual([]);
    expect(calls.filter((count) => count > 0).length).toBeGreaterThanOrEqual(10);
  });

  it('waits in real time without an advance hook, on wrapped stores with latency too', async () => {
    const suite = (wrap: (memory: MemoryStore) => KvStore, latencyMs: number): Promise<SuiteReport> =>
      runSuite({
        capabilities: memoryCapabilities,
        async createStore() {
          const memory = createMemoryStore({ latencyMs });
          return { store: wrap(memory), close: () => memory.close() };
        },
        load: 0.02,
      });
    const wrapped = (memory: MemoryStore): KvStore => countCalls(withFaults(memory, { latencyMs: 1 }));
    expect((await suite((memory) => memory, 1)).failures).toEqual([]);
    expect((await suite(wrapped, 0)).failures).toEqual([]);
  });

  it('lets a store cut calls in flight short when it closes, if it says so', async () => {
    const suite = (error: Error): Promise<SuiteReport> => {
      const clock = new FakeClock();
      return runSuite({
        capabilities: memoryCapabilities,
        async createStore() {
          const memory = createMemoryStore({ clock });
          let closed = false;
          const store: KvStore = {
            ...memory,
            async put(key, value, options) {
              const version = await memory.put(key, value, options);
              if (closed) throw error;
              return version;
            },
          };
          const close = (): Promise<void> => {
            closed = true;
            return memory.close();
          };
          return { store, close };
        },
        advance: (ms) => clock.advance(ms),
        load: 0.05,
      });
    };
    expect((await suite(new ClosedError('closed', { outcome: 'unknown' }))).failures).toEqual([]);
    expect((await suite(new Error('a bug'))).failedGroups).toEqual([24]);
  });

  it('accepts a store that refuses calls beyond what it can hold', async () => {
    let inFlight = 0;
    const bounded = (memory: MemoryStore): KvStore => ({
      ...memory,
      async put(key, value, options) {
        if (inFlight >= 100) throw new ResourceExhaustedError('too many calls at once');
        inFlight += 1;
        try {
          return await memory.put(key, value, options);
        } finally {
          inFlight -= 1;
        }
      },
    });
    expect((await suiteOn({}, bounded)).failures).toEqual([]);
  });

  it('finds sessions that go back in time, if they are promised not to', async () => {
    const stale = (memory: MemoryStore): KvStore => {
      let older = new Uint8Array();
      let reads = 0;
      return {
        ...memory,
        async get(key, options) {
          const entry = await memory.get(key, options);
          if (options?.consistency !== 'stale_ok' || ++reads % 3 !== 0) {
            older = new Uint8Array(entry.value);
            return entry;
          }
          return { ...entry, value: older.length === 5 ? entry.value : new Uint8Array([48]) };
        },
      };
    };
    expect((await suiteOn({}, stale)).failures).toEqual([]);
    const promised = { expectations: { monotonicStaleReads: true } };
    expect((await suiteOn({}, stale, {}, promised)).failedGroups).toEqual([22]);
  });
});
