import { createCache } from '@norikv/cache';
import { DistributedCounter } from '@norikv/counter';
import { EventStore } from '@norikv/eventstore';
import { InventoryManager } from '@norikv/inventory';
import { createLeases } from '@norikv/lease';
import { RateLimiter } from '@norikv/rate-limit';
import { SessionManager } from '@norikv/session';
import { bytesToString, type KvStore } from '@norikv/store';
import { TenantManager } from '@norikv/tenancy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EtcdStore, openEtcd } from '../src/index.js';
import { canRunEtcd, needsEtcd, startCluster, type TestCluster } from './support/etcd.js';

const clients = 3;

describe.skipIf(!canRunEtcd)(`patterns on three members whose leader is killed ${needsEtcd}`, () => {
  let cluster: TestCluster;
  let stores: readonly EtcdStore[];
  beforeAll(async () => {
    cluster = await startCluster(3);
    await cluster.leader();
    stores = await Promise.all(
      Array.from({ length: clients }, () => openEtcd({ hosts: cluster.hosts, timeoutMs: 30_000 })),
    );
  });
  afterAll(async () => {
    for (const store of stores ?? []) await store.close();
    await cluster?.[Symbol.asyncDispose]();
  });

  it('counter: every acknowledged increment counts once', async () => {
    let acknowledged = 0;
    let failed = 0;
    await disturbed(async (store) => {
      const counter = new DistributedCounter(store, 'visits');
      await counter.add(1).then(
        () => {
          acknowledged += 1;
        },
        () => {
          failed += 1;
        },
      );
    }, 4);
    const total = await new DistributedCounter(firstStore(), 'visits').get();
    expect(acknowledged).toBeGreaterThan(0);
    expect(total).toBeGreaterThanOrEqual(acknowledged);
    expect(total).toBeLessThanOrEqual(acknowledged + failed);
  });

  it('inventory: as many units are gone as were sold, and never more than there were', async () => {
    const units = 200;
    await new InventoryManager(firstStore()).createItem('sku', units);
    const sold = new Set<string>();
    const open = new Set<string>();
    await disturbed(async (store, client, turn) => {
      const inventory = new InventoryManager(store);
      const id = `order ${client} ${turn}`;
      open.add(id);
      const held = await inventory.tryReserve('sku', 1, { id, ttlMs: 600_000 });
      if (!held.ok) {
        open.delete(id);
        return;
      }
      const { sold: count } = await inventory.commit(held.reservationId);
      if (count === 1) sold.add(id);
      open.delete(id);
    }, 4);
    const left = await new InventoryManager(firstStore()).getAvailable('sku');
    expect(sold.size).toBeGreaterThan(0);
    expect(left).toBeGreaterThanOrEqual(0);
    // Those that failed on the way may hold or have bought a unit.
    expect(units - left).toBeGreaterThanOrEqual(sold.size);
    expect(units - left).toBeLessThanOrEqual(sold.size + open.size);
  });

  it('eventstore: every acknowledged event is there once, and versions have no gaps', async () => {
    const acknowledged = new Set<string>();
    await disturbed(async (store, client, turn) => {
      const id = `${client} ${turn}`;
      await new EventStore(store).append('stream', [{ type: 'Happened', data: { id } }], { commitId: id });
      acknowledged.add(id);
    }, 2);
    const events = await new EventStore(firstStore()).getEvents('stream');
    const ids = events.map(({ data }) => String(data.id));
    expect(acknowledged.size).toBeGreaterThan(0);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...acknowledged].filter((id) => !ids.includes(id))).toEqual([]);
    expect(events.map(({ version }) => version)).toEqual(events.map((_, place) => place + 1));
  });

  it('lease: no two holders at a time, and no token twice', async () => {
    const holders = new Map<bigint, string>();
    const tokens: bigint[] = [];
    let inside = 0;
    let together = 0;
    await disturbed(async (store, client) => {
      const leases = createLeases(store, { ttlMs: 6_000, owner: `client ${client}` });
      await leases.withLease('job', { waitMs: 10_000 }, async ({ token, signal }) => {
        inside += 1;
        if (inside > 1) together += 1;
        expect(holders.get(token) ?? `client ${client}`).toBe(`client ${client}`);
        holders.set(token, `client ${client}`);
        tokens.push(token);
        await pause(5);
        // What a lost lease leaves undone must not count as being inside.
        if (!signal.aborted) inside -= 1;
        else inside = 0;
      });
    }, 1);
    expect(together).toBe(0);
    expect(tokens.length).toBeGreaterThan(1);
    expect(tokens).toEqual([...tokens].sort((left, right) => Number(left - right)));
    expect(holders.size).toBe(tokens.length);
  });

  it('rate limit: no more than the limit are admitted', async () => {
    let admitted = 0;
    const limiters = new Map<KvStore, RateLimiter>();
    const hourly = { maxRequests: 60, windowMs: 3_600_000, algorithm: 'fixed-window' } as const;
    const atHour = Math.floor(Date.now() / hourly.windowMs);
    await disturbed(async (store) => {
      const limiter =
        limiters.get(store) ?? new RateLimiter(store, { onFailure: 'closed', timeoutMs: 5_000 });
      limiters.set(store, limiter);
      const { allowed } = await limiter.checkLimit(`user ${atHour}`, hourly);
      if (allowed) admitted += 1;
      await pause(40);
    }, 2);
    expect(admitted).toBeGreaterThan(0);
    const windows = 1 + Math.floor(Date.now() / hourly.windowMs) - atHour;
    expect(admitted).toBeLessThanOrEqual(hourly.maxRequests * windows);
  });

  it('session: one that is destroyed does not come back', async () => {
    const destroyed: string[] = [];
    await disturbed(async (store) => {
      const sessions = new SessionManager(store, 1_800_000);
      const id = await sessions.create('user', 'user@example.com', []);
      const updates = [1, 2].map(() => sessions.update(id, (session) => ({ ...session, roles: ['late'] })));
      await sessions.destroy(id);
      destroyed.push(id);
      await Promise.allSettled(updates);
    }, 2);
    expect(destroyed.length).toBeGreaterThan(0);
    const valid = await Promise.all(
      destroyed.map((id) => new SessionManager(firstStore(), 1_800_000).validate(id)),
    );
    expect(valid.filter(Boolean)).toEqual([]);
  });

  it('cache: nothing is given that was invalidated, by more than the bound elsewhere', async () => {
    const maxStalenessMs = 500;
    const caches = stores.map((store) => createCache<number>(store, { maxStalenessMs }));
    const invalidations: { readonly client: number; readonly value: number; readonly atMs: number }[] = [];
    const tooOld: object[] = [];
    let source = 0;
    let reads = 0;
    await disturbed(async (_, client) => {
      const cache = caches[client];
      // One process alone invalidates, or none would ever rely on what another one did.
      if (client === 0 && Math.random() < 0.3) {
        source += 1;
        const value = source;
        await cache?.delete('key');
        invalidations.push({ client, value, atMs: performance.now() });
        return;
      }
      const beganMs = performance.now();
      const known = invalidations.length;
      const value = await cache?.getOrSet('key', async () => source);
      reads += 1;
      const isDue = (by: number, atMs: number): boolean => by === client || atMs + maxStalenessMs < beganMs;
      for (const due of invalidations.slice(0, known)) {
        if (Number(value) < due.value && isDue(due.client, due.atMs)) tooOld.push({ client, value, due });
      }
      await pause(2);
    }, 2);
    expect(tooOld.slice(0, 3)).toEqual([]);
    expect(invalidations.length).toBeGreaterThan(0);
    expect(reads).toBeGreaterThan(invalidations.length);
  });

  it('tenancy: no tenant has more keys than its limit, or keys of another', async () => {
    const plans = { free: { maxKeys: 30, maxStorageMB: 1 } };
    const ids = ['shop', 'shop:1'];
    const managers = stores.map((store) => new TenantManager(store, { plans }));
    for (const id of ids) await managers[0]?.create(id, id, 'free');
    const tried: string[] = [];
    const kept: { readonly id: string; readonly key: string }[] = [];
    await disturbed(async (_, client, turn) => {
      const id = ids[turn % 2] ?? '';
      const tenant = await managers[client]?.getClient(id);
      // Of the two tenants, what one calls 1:x the other may call x.
      const key = id === 'shop' ? `1:${turn - 1}` : `${turn}`;
      tried.push(key);
      await tenant?.put(key, id);
      if (turn % 5 === 0) await tenant?.delete(key);
      else kept.push({ id, key });
    }, 2);
    const manager = new TenantManager(firstStore(), { plans });
    for (const id of ids) {
      const tenant = await manager.getClient(id);
      const entries = await Promise.all(tried.map((key) => tenant.find(key)));
      const values = entries.flatMap((entry) => (entry ? [bytesToString(entry.value)] : []));
      expect(values.length).toBeGreaterThan(0);
      expect(values.length).toBeLessThanOrEqual(plans.free.maxKeys);
      expect(new Set(values)).toEqual(new Set([id]));
      const { keys } = await manager.usage(id);
      expect(keys).toBeGreaterThanOrEqual(values.length);
      expect(keys).toBeLessThanOrEqual(plans.free.maxKeys);
      for (const { key } of kept.filter((one) => one.id === id))
        expect(await tenant.find(key)).not.toBeNull();
    }
  });

  /** Work of every client, several at a time, again and again until the leader was killed and came back. */
  async function disturbed(
    work: (store: KvStore, client: number, turn: number) => Promise<void>,
    callers: number,
  ): Promise<void> {
    let isOver = false;
    let turns = 0;
    const failures: unknown[] = [];
    const loop = async (store: KvStore, client: number): Promise<void> => {
      while (!isOver) {
        try {
          await work(store, client, ++turns);
        } catch (error) {
          failures.push(error);
          await pause(20);
        }
      }
    };
    const loops = stores.flatMap((store, client) =>
      Array.from({ length: callers }, () => loop(store, client)),
    );
    await pause(500);
    const leader = await cluster.leader();
    await leader.signal('SIGKILL');
    await pause(1_500);
    leader.start();
    await cluster.leader();
    await pause(1_500);
    isOver = true;
    await Promise.all(loops);
    for (const error of failures) expect(error).toHaveProperty('outcome');
  }

  function firstStore(): EtcdStore {
    const [store] = stores;
    if (store === undefined) throw new Error('no store');
    return store;
  }
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
