import { describe, expect, it } from 'vitest';
import { CachedClient, createCache } from '../packages/cache/src/index.js';
import { createUpdater } from '../packages/cas-retry/src/index.js';
import { NoriKVClient } from '../packages/client/src/index.js';
import {
  BucketedCounter,
  BufferedCounter,
  DistributedCounter,
  ShardedCounter,
} from '../packages/counter/src/index.js';
import { openEmbedded } from '../packages/embedded/src/index.js';
import { openEtcd } from '../packages/etcd/src/index.js';
import {
  createCommandHandler,
  createErasure,
  EventConsumer,
  EventFeed,
  EventStore,
  Projection,
  SnapshotStore,
} from '../packages/eventstore/src/index.js';
import { InventoryManager } from '../packages/inventory/src/index.js';
import { createLeases, fencedPut, fencedSeal, LeaderElection } from '../packages/lease/src/index.js';
import { RateLimiter } from '../packages/rate-limit/src/index.js';
import { createServer } from '../packages/server/src/index.js';
import { betterAuthStorage } from '../packages/session/src/better-auth.js';
import { SessionManager } from '../packages/session/src/index.js';
import { TenantContext, TenantManager } from '../packages/tenancy/src/index.js';
import {
  createMemoryStore,
  createMemoryVectorStore,
  exploreSchedules,
  FakeClock,
  raceClients,
  withFaults,
  withLyingServer,
} from '../packages/testkit/src/index.js';
import {
  createEmbedder,
  DocumentDeduplicator,
  RecommendationEngine,
  SemanticSearchEngine,
} from '../packages/vector-apps/src/index.js';

const store = createMemoryStore();
const vectors = createMemoryVectorStore();
const model = { dimensions: 1, embed: async () => [1] };
const events = new EventStore(store);
const feed = new EventFeed(store);
const decider = { name: 'none', revision: '1', initial: () => 0, evolve: () => 0, decide: () => [] };

/** Every way in that takes options, with something else in their place. */
const entrances: Readonly<Record<string, (options: never) => unknown>> = {
  createUpdater: (options) => createUpdater(store, options),
  DistributedCounter: (options) => new DistributedCounter(store, 'n', options),
  ShardedCounter: (options) => new ShardedCounter(store, 'n', 4, options),
  BufferedCounter: (options) => new BufferedCounter(store, 'n', options),
  BucketedCounter: (options) => new BucketedCounter(store, 'n', options),
  InventoryManager: (options) => new InventoryManager(store, options),
  createLeases: (options) => createLeases(store, options),
  LeaderElection: (options) => new LeaderElection(store, 'jobs', 'node', 1_000, options),
  fencedPut: (options) => fencedPut(store, 'key', 'value', 1n, options),
  createCommandHandler: (options) => createCommandHandler(events, decider, options),
  EventStore: (options) => new EventStore(store, options),
  EventFeed: (options) => new EventFeed(store, options),
  EventConsumer: (options) => new EventConsumer(feed, events, options),
  Projection: (options) => new Projection(feed, events, options),
  SnapshotStore: (options) => new SnapshotStore(store, options),
  createErasure: (options) => createErasure(store, options),
  SessionManager: (options) => new SessionManager(store, 60_000, options),
  betterAuthStorage: (options) => betterAuthStorage(store, options),
  RateLimiter: (options) => new RateLimiter(store, options),
  TenantManager: (options) => new TenantManager(store, options),
  TenantContext: (options) => new TenantContext(new TenantManager(store), options),
  createCache: (options) => createCache(store, options),
  CachedClient: (options) => new CachedClient(store, 1_000, 10, options),
  createEmbedder: (options) => createEmbedder(model, options),
  DocumentDeduplicator: (options) => new DocumentDeduplicator(vectors, model, 0.9, options),
  RecommendationEngine: (options) => new RecommendationEngine(vectors, model, options),
  SemanticSearchEngine: (options) => new SemanticSearchEngine(vectors, model, options),
  put: (options) => store.put('key', 'value', options),
  get: (options) => store.get('key', options),
  createMemoryStore: (options) => createMemoryStore(options),
  createMemoryVectorStore: (options) => createMemoryVectorStore(options),
  FakeClock: (options) => new FakeClock(options),
  exploreSchedules: (options) => exploreSchedules(async () => {}, options),
  raceClients: (options) => raceClients([store], options),
  withFaults: (options) => withFaults(store, options),
  withLyingServer: (options) => withLyingServer(store, options),
  openEmbedded: (options) => openEmbedded(options),
  openEtcd: (options) => openEtcd(options),
  createServer: (options) => createServer(store, options),
  NoriKVClient: (options) => new NoriKVClient(options),
};

const counter = new DistributedCounter(store, 'n');
const shards = new ShardedCounter(store, 'n');
const minutes = new BucketedCounter(store, 'n', { bucketMs: 60_000, retentionMs: 3_600_000 });
const stock = new InventoryManager(store);
const leases = createLeases(store, { unsafeAllowNonAtomicCas: true });
const limiter = new RateLimiter(store);
const cache = createCache(store);

/** Calls that write, with what they do not know in their options; those that know an `opId` apart. */
const calls: Readonly<Record<string, (options: object) => unknown>> = {
  'counter.delete': (options) => counter.delete(options),
  createItem: (options) => stock.createItem('sku', 1, options),
  tryReserve: (options) => stock.tryReserve('sku', 1, options),
  tryReserveAll: (options) => stock.tryReserveAll([], options),
  commit: (options) => stock.commit('sku#id', options),
  release: (options) => stock.release('sku#id', options),
  extend: (options) => stock.extend('sku#id', 1_000, options),
  split: (options) => stock.split('sku', 2, options),
  sweep: (options) => stock.sweep('sku', options),
  get: (options) => stock.get('sku', options),
  getAvailable: (options) => stock.getAvailable('sku', options),
  removeItem: (options) => stock.removeItem('sku', options),
  acquire: (options) => leases.acquire('jobs', options),
  'semaphore.acquire': (options) => leases.semaphore('jobs', 2).acquire(options),
  fencedPut: (options) => fencedPut(store, 'key', 'value', 1n, options),
  fencedSeal: (options) => fencedSeal(store, 'key', 1n, options),
  append: (options) => events.append('id', [], options),
  deleteStream: (options) => events.deleteStream('id', options),
  checkLimit: (options) => limiter.checkLimit('id', { maxRequests: 1, windowMs: 1_000 }, options),
  getOrSet: (options) => cache.getOrSet('key', () => 1, options),
  set: (options) => cache.set('key', 1, options),
};
const callsWithOpId: typeof calls = {
  increment: (options) => counter.increment(options),
  reset: (options) => counter.reset(0, options),
  'shards.add': (options) => shards.add(1, options),
  'minutes.add': (options) => minutes.add(1, { atMs: Date.now(), ...options }),
  adjust: (options) => stock.adjust('sku', 1, options),
  restock: (options) => stock.restock('sku', 1, options),
};

/** What an entrance does not open without. */
const needed: Readonly<Record<string, object>> = {
  createLeases: { unsafeAllowNonAtomicCas: true },
  LeaderElection: { unsafeAllowNonAtomicCas: true },
  createErasure: { subjectOf: () => undefined },
  BucketedCounter: { bucketMs: 1_000, retentionMs: 60_000 },
  NoriKVClient: { nodes: ['127.0.0.1:7447'], totalShards: 1 },
  openEtcd: { hosts: '127.0.0.1:2379' },
};

describe.each(Object.entries(entrances))('%s', (name, enter) => {
  it.each([null, 'plain', 5_000, ['plain'], false])('does not take %j for no options', async (options) => {
    const entering = new Promise((settle) => settle(enter(options as never)));
    await expect(entering).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^(?:options|resolution|the configuration) is .*; use /),
    });
  });

  it('does not take a misspelt name for nothing', async () => {
    const options = { ...(needed[name] ?? {}), misspelt: 1 };
    const entering = new Promise((settle) => settle(enter(options as never)));
    await expect(entering).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('misspelt'),
    });
  });
});

describe.each(Object.entries({ ...calls, ...callsWithOpId }))('the options of %s', (name, call) => {
  it.each(name in calls ? ['misspelt', 'opId'] : ['misspelt'])('have no %s', async (unknown) => {
    const calling = new Promise((settle) => settle(call({ [unknown]: 'job-7' })));
    await expect(calling).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(`"${unknown}"`),
    });
  });
});
