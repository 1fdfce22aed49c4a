import { delay } from '@norikv/cas-retry';
import { bytesToString, type KvStore, UnavailableError, UnsupportedError } from '@norikv/store';
import {
  countCalls,
  createMemoryStore,
  FakeClock,
  seededRandom,
  withFaults,
  withLyingServer,
} from '@norikv/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  adoptLegacy,
  documentedPlans,
  legacyTenantKey,
  readLegacy,
  TenantClient,
  TenantManager,
  type TenantManagerOptions,
} from '../src/index.js';
import { engines, type OpenEngine } from './engines.js';

const load = Number(process.env.NORIKV_TEST_LOAD ?? 1);

describe.each(engines)('TenantManager on $name', ({ open }) => {
  let engine: OpenEngine;

  beforeEach(async () => {
    engine = await open();
  });
  afterEach(() => engine.close());

  const start = (options: TenantManagerOptions = {}): TenantManager =>
    new TenantManager(engine.store, { clock: engine.clock, ...options });

  it('works as the documentation shows', async () => {
    const tenantManager = new TenantManager(engine.store);
    await tenantManager.create('tenant-acme', 'Acme Corp', 'pro');
    await tenantManager.create('tenant-widgets', 'Widgets Inc', 'enterprise');
    const acmeClient = await tenantManager.getClient('tenant-acme');
    const widgetsClient = await tenantManager.getClient('tenant-widgets');
    await acmeClient.put('config', 'acme-config');
    await widgetsClient.put('config', 'widgets-config');
    expect(bytesToString((await acmeClient.get('config')).value)).toBe('acme-config');
    expect(bytesToString((await widgetsClient.get('config')).value)).toBe('widgets-config');
    expect(acmeClient.getTenantId()).toBe('tenant-acme');
    expect(await tenantManager.get('tenant-acme')).toMatchObject({
      id: 'tenant-acme',
      name: 'Acme Corp',
      plan: 'pro',
      limits: { maxKeys: 100_000, maxStorageMB: 1_000 },
    });
    expect(await tenantManager.get('tenant-none')).toBeNull();
    await expect(tenantManager.getClient('tenant-none')).rejects.toThrow('Tenant not found: tenant-none');
    expect(await acmeClient.delete('config')).toBe(true);
    expect(await acmeClient.delete('config')).toBe(false);
  });

  it('a create under an id that is taken writes nothing', async () => {
    await start().create('a', 'A', 'free');
    const counted = countCalls(engine.store);
    const tenants = new TenantManager(counted, { clock: engine.clock });
    await expect(tenants.create('a', 'B', 'pro')).rejects.toMatchObject({ code: 'TENANT_EXISTS' });
    expect(counted.calls.put).toBe(0);
  });

  it('refuses plans there are not, and gives a tenant of one that is gone the limits of free', async () => {
    const free = { maxKeys: 5 };
    const before = start({ plans: { free, gold: { maxKeys: 50 } } });
    expect((await before.create('a', 'A', 'gold')).limits).toEqual({ maxKeys: 50 });
    const now = start({ plans: { free } });
    expect(await now.get('a')).toMatchObject({ plan: 'gold', limits: free });
    const names = 'use "free" or "pro" or "enterprise"';
    await expect(now.create('b', 'B', 'entreprise')).rejects.toThrow(`plan is "entreprise"; ${names}`);
    await expect(now.setPlan('a', '__proto__')).rejects.toThrow(`plan is "__proto__"; ${names}`);
    expect(await now.get('b')).toBeNull();
    // The names of the documentation, whatever the plans.
    expect((await now.setPlan('a', 'enterprise')).limits).toEqual(free);
  });

  it('lists the tenants there are, by the ids they have now', async () => {
    const manager = start();
    const ids = async (): Promise<string[]> => {
      const found = [];
      for await (const { id, status } of manager.list()) found.push(`${id} ${status}`);
      return found;
    };
    expect(await ids()).toEqual([]);
    for (const id of ['a', 'b', 'c', 'd']) await manager.create(id, id, 'free');
    await manager.delete('b');
    await manager.create('b', 'again', 'free');
    await manager.rename('c', 'renamed');
    await manager.suspend('d');
    // A create that ended half-way: no id leads there.
    const { space } = await manager.create('e', 'E', 'free');
    await engine.store.delete('t.id/e');
    expect(space).toBe('0000000006');
    expect(await ids()).toEqual(['a active', 'renamed active', 'd suspended', 'b active']);
  });

  it('creates one tenant of an id, whoever tries at the same time', async () => {
    const managers = Array.from({ length: 8 }, () => start());
    const results = await Promise.allSettled(
      managers.map((each, number) => each.create('a', `${number}`, 'free')),
    );
    const created = results.filter(({ status }) => status === 'fulfilled');
    expect(created).toHaveLength(1);
    const refused = results.find(({ status }) => status === 'rejected');
    expect(refused).toMatchObject({ reason: { code: 'TENANT_EXISTS', statusCode: 409 } });
  });

  it('deletes in a few calls, and a tenant that is created again starts empty', async () => {
    const manager = start();
    await manager.create('a', 'A', 'free');
    const before = await manager.getClient('a');
    await before.put('key', 'old');
    const { space } = await manager.delete('a');
    await expect(before.get('key')).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND', statusCode: 404 });
    await expect(manager.delete('a')).rejects.toThrow('Tenant not found: a');
    expect(await manager.get('a')).toBeNull();
    await manager.create('a', 'A again', 'free');
    const after = await manager.getClient('a');
    expect(await after.find('key')).toBeNull();
    await after.put('key', 'new');
    await expect(before.get('key')).rejects.toThrow('Tenant not found: a');
    expect(await manager.sweep(space, ['key', 'none'])).toBe(1);
    expect(bytesToString((await after.get('key')).value)).toBe('new');
    const live = await manager.get('a');
    await expect(manager.sweep(live?.space ?? '', ['key'])).rejects.toThrow('is not of a deleted tenant');
    await expect(manager.sweep('0000000099', ['key'])).rejects.toThrow('is not of a deleted tenant');
  });

  it('renames without moving a key', async () => {
    const manager = start();
    await manager.create('old', 'A', 'free');
    await manager.create('taken', 'B', 'free');
    await (await manager.getClient('old')).put('key', 'value');
    await expect(manager.rename('old', 'taken')).rejects.toThrow('Tenant exists: taken');
    await (await manager.getClient('old')).get('key');
    expect(await manager.rename('old', 'new')).toMatchObject({ id: 'new', name: 'A' });
    await expect(manager.getClient('old')).rejects.toThrow('Tenant not found: old');
    expect(bytesToString((await (await manager.getClient('new')).get('key')).value)).toBe('value');
    await manager.create('old', 'C', 'free');
    expect(await (await manager.getClient('old')).find('key')).toBeNull();
  });

  it('suspends and resumes: at once here, within maxStatusAgeMs elsewhere', async () => {
    const [one, other] = [start({ maxStatusAgeMs: 1_000 }), start({ maxStatusAgeMs: 1_000 })];
    await one.create('a', 'A', 'free');
    const clients = [await one.getClient('a'), await other.getClient('a')];
    await clients[1]?.put('key', 'value');
    await one.suspend('a');
    await expect(clients[0]?.get('key')).rejects.toMatchObject({ code: 'TENANT_SUSPENDED', statusCode: 403 });
    await expect(one.getClient('a')).rejects.toThrow('Tenant suspended: a');
    await engine.clock.advance(1_001);
    await expect(clients[1]?.put('key', 'late')).rejects.toThrow('Tenant suspended: a');
    await one.resume('a');
    await engine.clock.advance(1_001);
    expect(bytesToString((await clients[1]?.get('key'))?.value ?? new Uint8Array())).toBe('value');
    await one.setPlan('a', 'pro');
    expect(await other.get('a')).toMatchObject({ plan: 'pro', limits: { maxKeys: 100_000 } });
    expect(await one.getRecent('a')).toMatchObject({ plan: 'pro' });
  });

  it('goes by no wall clock: one that is set delays neither a suspension nor what a limit lets pass', async () => {
    const clock = new FakeClock();
    const own = clock.drifted(1);
    const memory = createMemoryStore({ clock });
    const limits = { maxKeys: 9, maxStorageMB: 1, operationsPerSecond: 2 };
    const [one, other] = [0, 1].map(
      () => new TenantManager(memory, { clock: own, plans: { free: limits }, maxStatusAgeMs: 1_000 }),
    );
    await one?.create('a', 'A', 'free');
    const client = await other?.getClient('a');
    for (const _ of [1, 2]) await client?.find('key');
    await expect(client?.find('key')).rejects.toMatchObject({ limit: 'operationsPerSecond' });
    own.jumpWallClock(-86_400_000);
    await one?.suspend('a');
    await clock.advance(500);
    expect(await client?.find('key')).toBeNull();
    await clock.advance(501);
    await expect(client?.find('key')).rejects.toThrow('Tenant suspended: a');
  });
});

describe('a rename', () => {
  it('keeps no id from others once the tenant that was to have it is deleted', async () => {
    const memory = createMemoryStore();
    let isBroken = false;
    const put: typeof memory.put = async (key, value, options) => {
      if (isBroken && bytesToString(new Uint8Array(Buffer.from(value))).includes('"id":"new"')) {
        throw new UnavailableError('down', { outcome: 'not-applied', retryable: false });
      }
      return memory.put(key, value, options);
    };
    const manager = new TenantManager({ ...memory, put });
    await manager.create('old', 'A', 'free');
    isBroken = true;
    await expect(manager.rename('old', 'new')).rejects.toThrow('down');
    isBroken = false;
    await expect(manager.create('new', 'B', 'free')).rejects.toThrow('Tenant exists: new');
    await manager.delete('old');
    expect(await manager.create('new', 'B', 'free')).toMatchObject({ id: 'new', name: 'B' });
    expect(await manager.get('new')).toMatchObject({ name: 'B' });
  });

  it('back to the first id is not undone by who began to create a tenant of it before', async () => {
    const memory = createMemoryStore();
    let pause = (): Promise<void> | undefined => undefined;
    const slow: KvStore = {
      ...memory,
      find: (key, options) => memory.find(key, options),
      async put(key, value, options) {
        if (key === 't.id/a') await pause();
        return memory.put(key, value, options);
      },
    };
    const [manager, other] = [new TenantManager(memory), new TenantManager(slow)];
    await manager.create('a', 'A', 'free');
    await (await manager.getClient('a')).put('key', 'value');
    await manager.rename('a', 'b');
    let goOn = (): void => {};
    const isWaiting = new Promise<void>((arrived) => {
      pause = () => {
        arrived();
        return new Promise((resolve) => {
          goOn = resolve;
        });
      };
    });
    const created = other.create('a', 'B', 'free');
    await isWaiting;
    pause = () => undefined;
    await manager.rename('b', 'a');
    goOn();
    await expect(created).rejects.toThrow('Tenant exists: a');
    expect(await manager.get('b')).toBeNull();
    expect(bytesToString((await (await manager.getClient('a')).get('key')).value)).toBe('value');
  });

  it('leads exactly one id to the tenant, wherever it fails and whoever creates at the same time', async () => {
    const clock = new FakeClock();
    for (let seed = 0; seed < 300 * load; seed += 1) {
      const random = seededRandom(seed);
      const memory = createMemoryStore({ clock });
      const store = withFaults(memory, { clock, random, latencyMs: () => random() * 10 });
      const manager = new TenantManager(store, { clock, random, deadlineMs: 500 });
      await clock.run(manager.create('old', 'A', 'free'));
      await clock.run(manager.getClient('old').then((client) => client.put('key', 'value')));
      const rival = new TenantManager(memory, { clock, random });
      const stopsAfterMs = random() * 120;
      clock.startTimer(() => store.faults.outage(), stopsAfterMs);
      const created = clock
        .advance(random() * 60)
        .then(() => rival.create('new', 'B', 'free').catch(() => undefined));
      await clock.run(Promise.allSettled([manager.rename('old', 'new'), created]));
      const fresh = new TenantManager(memory, { clock, random });
      const names = await Promise.all(['old', 'new'].map(async (id) => (await fresh.get(id))?.name));
      expect([seed, names.filter((name) => name === 'A')]).toEqual([seed, ['A']]);
      if ((await created) !== undefined) expect([seed, names]).toEqual([seed, ['A', 'B']]);
      // Calling it again finishes, unless somebody else has the id.
      if (names[1] === undefined) expect(await fresh.rename('old', 'new')).toMatchObject({ id: 'new' });
    }
  });

  it('of two at the same time leads exactly one id to the tenant, and none to two', async () => {
    const clock = new FakeClock();
    const ids = ['old', 'new', 'other'];
    const outcomes = new Set<unknown>();
    for (let seed = 0; seed < 300 * load; seed += 1) {
      const random = seededRandom(seed);
      const store = createMemoryStore({ clock, latencyMs: () => 1 + random() * 10 });
      const [one, two, rival] = Array.from(
        { length: 3 },
        () => new TenantManager(store, { clock, random }),
      ) as [TenantManager, TenantManager, TenantManager];
      await clock.run(one.create('old', 'A', 'free'));
      if (seed % 2 === 0) await clock.run(one.create('other', 'C', 'free'));
      const later = async <Result>(call: () => Promise<Result>): Promise<Result> => {
        await delay(random() * 50, undefined, clock);
        return call();
      };
      const [, , created] = await clock.run(
        Promise.all([
          later(() => one.rename('old', 'new')).catch((error) => outcomes.add(error.code)),
          later(() => two.rename('old', seed % 3 === 0 ? 'old' : 'other')).catch(() => undefined),
          later(() => rival.create('new', 'B', 'free')).catch(() => undefined),
        ]),
      );
      const names = await clock.run(Promise.all(ids.map(async (id) => (await rival.get(id))?.name)));
      expect([seed, names.filter((name) => name === 'A')]).toEqual([seed, ['A']]);
      if (created !== undefined) expect([seed, names[1]]).toEqual([seed, 'B']);
    }
    if (load >= 1) expect(outcomes).toContain('CONTENTION');
  });
});

describe('costs', () => {
  it('a client nothing beyond the call itself, while the tenant is known', async () => {
    const store = countCalls(createMemoryStore());
    const manager = new TenantManager(store);
    await manager.create('a', 'A', 'enterprise');
    const client = await manager.getClient('a');
    const byName = new TenantClient(store, 'a');
    for (const each of [client, byName]) {
      for (const call of [
        () => each.put('key', '1'),
        () => each.get('key'),
        () => each.find('key'),
        () => each.delete('key'),
      ]) {
        store.reset();
        await call();
        expect(store.calls.total).toBe(1);
      }
    }
    store.reset();
    await manager.getClient('a');
    expect(store.calls.total).toBe(0);
    await new TenantManager(store).getClient('a');
    expect(store.calls.total).toBe(2);
  });

  it('the next call after maxStatusAgeMs 2 more', async () => {
    const clock = new FakeClock();
    const store = countCalls(createMemoryStore({ clock }));
    const manager = new TenantManager(store, { clock });
    await manager.create('a', 'A', 'enterprise');
    const client = await manager.getClient('a');
    await clock.advance(5_001);
    for (const calls of [3, 1]) {
      store.reset();
      await client.put('key', '1');
      expect(store.calls.total).toBe(calls);
    }
  });

  it('a put under limits a look, and 0 to 2 to count', async () => {
    const store = countCalls(createMemoryStore());
    const manager = new TenantManager(store);
    await manager.create('a', 'A', 'free');
    const client = await manager.getClient('a');
    const costs: number[] = [];
    for (const key of ['one', 'two', 'two']) {
      store.reset();
      await client.put(key, 'value');
      costs.push(store.calls.total);
    }
    expect(costs).toEqual([4, 3, 2]);
    store.reset();
    await client.delete('one');
    expect(store.calls.total).toBe(3);
  });

  it('creating a tenant 5 to 8, deleting it 3 or 4', async () => {
    const store = countCalls(createMemoryStore());
    const manager = new TenantManager(store);
    const costs: number[][] = [];
    for (const id of ['a', 'b', 'c']) {
      store.reset();
      await manager.create(id, id, 'free');
      const created = store.calls.total;
      store.reset();
      await manager.delete(id);
      costs.push([created, store.calls.total]);
    }
    for (const [created = 0, deleted = 0] of costs) {
      expect(created).toBeGreaterThanOrEqual(5);
      expect(created).toBeLessThanOrEqual(8);
      expect(deleted).toBeGreaterThanOrEqual(3);
      expect(deleted).toBeLessThanOrEqual(4);
    }
  });

  it('a put under limits a look, and 0.02 more with a chunk', async () => {
    const store = countCalls(createMemoryStore());
    const manager = new TenantManager(store, { chunk: { keys: 100, bytes: 100_000 } });
    await manager.create('a', 'A', 'free');
    const client = await manager.getClient('a');
    store.reset();
    for (let number = 0; number < 100; number += 1) await client.put(`key ${number}`, 'value');
    expect(store.calls.total).toBeLessThanOrEqual(204);
    expect(await manager.usage('a')).toEqual({ keys: 100, bytes: 100_000 });
    await manager.close();
    expect(await manager.usage('a')).toEqual({ keys: 100, bytes: 500 });
  });
});

describe('old keys of the documentation', () => {
  it('are read and adopted on request', async () => {
    const store = createMemoryStore();
    const manager = new TenantManager(store);
    await manager.create('acme', 'Acme', 'free');
    const client = await manager.getClient('acme');
    await store.put('tenant:acme:config', 'old');
    expect(await client.find('config')).toBeNull();
    expect(bytesToString((await readLegacy(store, 'acme', 'config'))?.value ?? new Uint8Array())).toBe('old');
    expect(await adoptLegacy(store, client, 'config')).toBe(true);
    expect(bytesToString((await client.get('config')).value)).toBe('old');
    expect(await adoptLegacy(store, client, 'config')).toBe(false);
    await store.put('tenant:acme:config', 'older than what there is');
    expect(await adoptLegacy(store, client, 'config', { ttlMs: 1_000 })).toBe(true);
    expect(bytesToString((await client.get('config')).value)).toBe('old');
    expect(await store.find('tenant:acme:config')).toBeNull();
  });

  it('are not guessed where they could be of another tenant', () => {
    expect(() => legacyTenantKey('a:b', 'key')).toThrow("may be another tenant's");
    expect(() => legacyTenantKey('', 'key')).toThrow('is empty');
  });

  it('stay where adopting them fails, or they are written meanwhile', async () => {
    const memory = createMemoryStore();
    const tenant = new TenantClient(memory, 'a');
    await memory.put('tenant:a:key', 'old');
    const raced = {
      ...memory,
      delete: async (key: string) => {
        await memory.put('tenant:a:key', 'newer');
        return memory.delete(key, { ifMatchVersion: { term: 9n, index: 9n } });
      },
    };
    expect(await adoptLegacy(raced as typeof memory, tenant, 'key')).toBe(true);
    expect(bytesToString((await memory.get('tenant:a:key')).value)).toBe('newer');
    await memory.put('tenant:a:other', 'old');
    const faulty = withFaults(memory);
    faulty.faults.next('put', 'lost-request');
    await expect(adoptLegacy(memory, new TenantClient(faulty, 'a'), 'other')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    faulty.faults.next('delete', 'lost-request');
    await expect(adoptLegacy(faulty, tenant, 'other')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await memory.find('tenant:a:other')).not.toBeNull();
  });
});

describe('memory', () => {
  it('holds as many tenants as maxTenants says, gives back what others took, and their clients go on', async () => {
    const store = createMemoryStore();
    const manager = new TenantManager(store, { maxTenants: 1, chunk: { keys: 10 } });
    for (const id of ['a', 'b']) await manager.create(id, id, 'free');
    const a = await manager.getClient('a');
    await a.put('key', '1');
    expect(await manager.usage('a')).toEqual({ keys: 10, bytes: 1 });
    const b = await manager.getClient('b');
    await b.put('key', '1');
    expect(await manager.usage('a')).toEqual({ keys: 1, bytes: 1 });
    await a.put('other', '1');
    expect(await manager.usage('a')).toEqual({ keys: 2, bytes: 2 });
  });

  it('remembers the status of as many tenants', async () => {
    const store = countCalls(createMemoryStore());
    const manager = new TenantManager(store, { maxTenants: 2, maxStatusAgeMs: 60_000 });
    const clients: TenantClient[] = [];
    for (const id of ['a', 'b', 'c']) {
      await manager.create(id, id, 'enterprise');
      clients.push(await manager.getClient(id));
    }
    for (const client of clients) await client.find('key');
    const callsOf = async (position: number): Promise<number> => {
      store.reset();
      await clients[position]?.find('key');
      return store.calls.total;
    };
    expect([await callsOf(1), await callsOf(2), await callsOf(0)]).toEqual([1, 1, 3]);
  });

  it('gives back at the end what was taken and not used', async () => {
    const store = createMemoryStore();
    {
      await using manager = new TenantManager(store, { chunk: { keys: 10 } });
      await manager.create('a', 'a', 'free');
      await (await manager.getClient('a')).put('key', '1');
    }
    expect(await new TenantManager(store).usage('a')).toEqual({ keys: 1, bytes: 1 });
  });
});

describe('options', () => {
  it.each([
    [{ maxTenants: 0 }, 'maxTenants is 0'],
    [{ prefix: '' }, 'prefix is ""'],
    [{ prefix: 'a/b' }, 'prefix is "a/b"'],
    [{ prefix: 'a.b' }, 'prefix is "a.b"'],
    [{ prefix: '\ud800' }, 'prefix is "\\ud800"'],
    [{ prefix: 'p'.repeat(257) }, 'prefix, 257 bytes long,'],
    [{ maxStatusAgeMs: 0 }, 'maxStatusAgeMs is 0'],
    [{ instances: 0 }, 'instances is 0'],
    [{ clock: {} as never }, 'clock.now is undefined; use a function'],
    [{ chunk: { keys: -1 } }, 'chunk.keys is -1'],
    [{ chunk: { bytes: 0.5 } }, 'chunk.bytes is 0.5'],
    [{ plans: { free: { maxKeys: -1, maxStorageMB: 1 } } }, 'plans.free.maxKeys is -1'],
    [{ maxStatusAge: 1 } as never, 'an option is "maxStatusAge"; use prefix, '],
    [{ chunk: 100 } as never, 'chunk is 100; use an object'],
    [{ chunk: { key: 1 } } as never, 'an option of chunk is "key"; use keys, bytes'],
    [{ plans: { free: { maxKey: 5 } } } as never, 'a limit of plans.free is "maxKey"; use maxKeys, '],
    [{ plans: null as never }, 'plans is null'],
    [{ plans: { pro: documentedPlans.pro } as never }, 'plans.free is undefined; use limits'],
    [{ plans: { free: documentedPlans.free, pro: null as never } }, 'plans.pro is null'],
    [
      { plans: { free: { maxKeys: 1, maxStorageMB: 1, operationsPerSecond: 0 } } },
      'operationsPerSecond is 0',
    ],
  ])('refuses %j', (options: TenantManagerOptions, message) => {
    expect(() => new TenantManager(createMemoryStore(), options)).toThrow(message);
  });

  it('refuses a store without the guarantees', () => {
    expect(() => new TenantManager(withLyingServer(createMemoryStore()))).toThrow(UnsupportedError);
  });

  it('refuses what would leave a record that nobody can read', async () => {
    const manager = new TenantManager(createMemoryStore());
    const refused = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);
    const none = undefined as never;
    expect(await refused(manager.create('a', none, 'free'))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'name is undefined; use a string',
    });
    expect(await refused(manager.create('a', 'A', none))).toMatchObject({ code: 'INVALID_ARGUMENT' });
    await manager.create('a', 'A', 'free');
    expect(await refused(manager.setPlan('a', none))).toMatchObject({
      message: 'plan is undefined; use "free" or "pro" or "enterprise"',
    });
    for (const usage of [
      { keys: Number.NaN, bytes: 0 },
      { keys: 0, bytes: -1 },
      { keys: 0.5, bytes: 0 },
      null as never,
    ]) {
      expect(await refused(manager.setUsage('a', usage))).toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    expect(await manager.get('a')).toMatchObject({ name: 'A', plan: 'free' });
    expect(await manager.usage('a')).toEqual({ keys: 0, bytes: 0 });
  });

  it('refuses ids that are no text before anything is written', async () => {
    const store = countCalls(createMemoryStore());
    const manager = new TenantManager(store);
    for (const [id, shown] of [
      ['', '""'],
      [7, '7'],
      ['\ud800', '"\\ud800"'],
    ]) {
      const message = `the tenant id is ${shown}; use well-formed text of at least one character`;
      await expect(manager.create(id as string, 'A', 'free')).rejects.toThrow(message);
    }
    await expect(manager.create('\ud800', 'A', 'free')).rejects.toThrow('well-formed');
    expect(store.calls.total).toBe(0);
  });

  it('refuses records that are none', async () => {
    const store = createMemoryStore();
    const manager = new TenantManager(store);
    const { space } = await manager.create('a', 'A', 'free');
    for (const [key, value] of [
      [`t.usage/${space}`, '{"keys":1}'],
      [`t.tenant/${space}`, '{"id":1}'],
      ['t.id/a', '{}'],
      ['t.next', '"1"'],
    ] as const) {
      await store.put(key, value);
    }
    await expect(manager.create('b', 'B', 'free')).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    await expect(manager.get('a')).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    await expect(manager.sweep(space, [])).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    const other = new TenantManager(store, { prefix: 'other' });
    const made = await other.create('a', 'A', 'free');
    await store.put(`other.usage/${made.space}`, '{"keys":1}');
    await expect(other.usage('a')).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    await store.put('other.id/a', '{}');
    await expect(other.get('a')).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
  });
});
