import {
  bytesToString,
  type CallOptions,
  type Key,
  type KvStore,
  NoriKVError,
  UnavailableError,
} from '@norikv/store';
import { createMemoryStore, FakeClock, seededRandom, withFaults } from '@norikv/testkit';
import { describe, expect, it, vi } from 'vitest';
import { type TenantLimits, TenantManager, type TenantManagerOptions } from '../src/index.js';
import { unservedError } from '../src/scoped-errors.js';

const load = Number(process.env.NORIKV_TEST_LOAD ?? 1);
const megabyte = 1_048_576;

async function start(
  free: TenantLimits,
  options: TenantManagerOptions = {},
  store: KvStore = createMemoryStore(),
) {
  const manager = new TenantManager(store, { plans: { free }, ...options });
  await manager.create('a', 'A', 'free');
  return { manager, store, client: await manager.getClient('a') };
}

describe('maxKeys', () => {
  it('lets exactly so many keys be, however they are written and removed', async () => {
    const { client, manager } = await start({ maxKeys: 2, maxStorageMB: Infinity });
    const version = await client.put('a', '1');
    await client.put('a', '2');
    await client.put('b', '1', { ifNotExists: true });
    const refused = { code: 'TENANT_LIMIT', limit: 'maxKeys', outcome: 'not-applied', statusCode: 429 };
    await expect(client.put('c', '1')).rejects.toMatchObject(refused);
    await expect(client.put('c', '1', { ifNotExists: true })).rejects.toMatchObject(refused);
    await expect(client.put('a', '1', { ifNotExists: true })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    await expect(client.put('a', '1', { ifMatchVersion: version })).rejects.toMatchObject({
      code: 'VERSION_MISMATCH',
      actual: { value: new TextEncoder().encode('2') },
    });
    await expect(client.delete('a', { ifMatchVersion: version })).rejects.toMatchObject({
      code: 'VERSION_MISMATCH',
    });
    expect(await client.delete('none')).toBe(false);
    expect(await client.delete('b')).toBe(true);
    await client.put('c', '1');
    expect(await manager.usage('a')).toEqual({ keys: 2, bytes: 2 });
  });

  it('does not count keys with a ttl, until they are written without one', async () => {
    const clock = new FakeClock();
    const { client, manager } = await start(
      { maxKeys: 1, maxStorageMB: 10, maxTtlMs: 1_000 },
      { clock },
      createMemoryStore({ clock }),
    );
    for (const key of ['a', 'b', 'c']) await client.put(key, 'short', { ttlMs: 1_000 });
    await client.put('a', 'long');
    await expect(client.put('b', 'long')).rejects.toMatchObject({ limit: 'maxKeys' });
    await client.put('a', 'short again', { ttlMs: 500 });
    expect(await manager.usage('a')).toEqual({ keys: 0, bytes: 0 });
    await client.put('b', 'long');
    await expect(client.put('c', 'short', { ttlMs: 1_001 })).rejects.toMatchObject({ limit: 'maxTtlMs' });
    await clock.advance(1_000);
    expect(await client.find('a')).toBeNull();
  });

  it('counts what was written before there was a limit when it is written again', async () => {
    const { manager } = await start({ maxKeys: 1, maxStorageMB: 10 });
    await manager.setPlan('a', 'free');
    const open = { maxKeys: Infinity, maxStorageMB: Infinity };
    const store = createMemoryStore();
    const unlimited = new TenantManager(store, { plans: { free: open } });
    await unlimited.create('a', 'A', 'free');
    for (const key of ['a', 'b']) await (await unlimited.getClient('a')).put(key, '1');
    const limited = new TenantManager(store, { plans: { free: { maxKeys: 1, maxStorageMB: 10 } } });
    const client = await limited.getClient('a');
    await client.put('a', '2');
    await expect(client.put('b', '2')).rejects.toMatchObject({ limit: 'maxKeys' });
    expect(bytesToString((await client.get('b')).value)).toBe('1');
    expect(await client.delete('b')).toBe(true);
    expect(await limited.usage('a')).toEqual({ keys: 1, bytes: 1 });
    await limited.setUsage('a', { keys: 0, bytes: 0 });
    await client.delete('a');
    expect(await limited.usage('a')).toEqual({ keys: 0, bytes: 0 });
  });

  it('counts a repeated put with an id once', async () => {
    const { client, manager } = await start({ maxKeys: 5, maxStorageMB: 10 });
    const first = await client.put('a', '1', { idempotencyKey: 'x' });
    expect(await client.put('a', '1', { idempotencyKey: 'x' })).toEqual(first);
    expect(await manager.usage('a')).toEqual({ keys: 1, bytes: 1 });
    for (let time = 0; time < 3; time += 1) {
      await client.put('created', '1', { ifNotExists: true, idempotencyKey: 'z' });
    }
    expect(await manager.usage('a')).toEqual({ keys: 2, bytes: 2 });
    await client.delete('created');
    expect(await client.delete('a', { idempotencyKey: 'y' })).toBe(true);
    expect(await client.delete('a', { idempotencyKey: 'y' })).toBe(true);
    expect((await manager.usage('a')).keys).toBeLessThanOrEqual(1);
  });

  it('gives nothing back for a delete with an id that was made before', async () => {
    const { client, manager } = await start({ maxKeys: 5, maxStorageMB: 10 });
    const repeated = { idempotencyKey: 'y' };
    await client.put('a', '1');
    expect(await client.delete('a', repeated)).toBe(true);
    await client.put('a', '2');
    for (let time = 0; time < 3; time += 1) await client.delete('a', repeated).catch(() => {});
    expect(await client.find('a')).not.toBeNull();
    expect((await manager.usage('a')).keys).toBeGreaterThanOrEqual(1);
  });
});

it('what a plan leaves out is not limited, and counted all the same', async () => {
  const { client, manager } = await start({ maxKeys: 1 }, { chunk: { keys: 2, bytes: 2 } });
  await client.put('a', 'value');
  await expect(client.put('b', 'value')).rejects.toMatchObject({ limit: 'maxKeys' });
  await manager.close();
  expect(await manager.usage('a')).toEqual({ keys: 1, bytes: 5 });
});

it('a limit that is no whole number leaves room for the whole keys in it', async () => {
  const { client, manager } = await start({ maxKeys: 2.5 }, { chunk: { keys: 4 } });
  for (const key of ['a', 'b']) await client.put(key, 'v');
  await expect(client.put('c', 'v')).rejects.toMatchObject({ code: 'TENANT_LIMIT', limit: 'maxKeys' });
  await client.delete('a');
  await client.put('c', 'v');
  await manager.close();
  expect(await manager.usage('a')).toEqual({ keys: 2, bytes: 2 });
});

it('a process refuses nothing for want of what it took itself', async () => {
  const { client, manager } = await start(
    { maxKeys: 100, maxStorageMB: 1 },
    { chunk: { keys: 50, bytes: 500_000 } },
  );
  const puts = Array.from({ length: 20 }, (_, number) => client.put(`key ${number}`, 'value'));
  await Promise.all(puts);
  expect(await manager.usage('a')).toEqual({ keys: 50, bytes: 500_000 });
});

it('a process keeps at most two chunks of what it does not use, and never takes more for giving back', async () => {
  const chunk = { keys: 5, bytes: 100 };
  const { client, manager } = await start({ maxKeys: 100, maxStorageMB: 1 }, { chunk });
  await client.put('shrinking', 'value');
  await client.put('shrinking', 'v');
  expect(await manager.usage('a')).toEqual(chunk);
  const keys = Array.from({ length: 14 }, (_, number) => `key ${number}`);
  for (const key of keys) await client.put(key, 'x'.repeat(20));
  for (const key of ['shrinking', ...keys]) await client.delete(key);
  const { keys: kept, bytes } = await manager.usage('a');
  expect(kept).toBeLessThanOrEqual(2 * chunk.keys);
  expect(bytes).toBeLessThanOrEqual(2 * chunk.bytes);
});

it('calls at the same time are refused together where nothing is left', async () => {
  const memory = createMemoryStore();
  let looks = 0;
  const store: KvStore = {
    ...memory,
    async find(key, options) {
      if (String(key).startsWith('t.usage/')) looks += 1;
      return memory.find(key, options);
    },
  };
  const { client } = await start({ maxKeys: 2, maxStorageMB: 1 }, { chunk: { keys: 2, bytes: 2 } }, store);
  for (const key of ['a', 'b']) await client.put(key, 'v');
  looks = 0;
  const puts = Array.from({ length: 50 }, (_, number) => client.put(`key ${number}`, 'v'));
  const results = await Promise.allSettled(puts);
  expect(results.filter(({ status }) => status === 'fulfilled')).toEqual([]);
  expect(looks).toBeLessThanOrEqual(10);
});

it.each([
  [{ keys: 10 }, { keys: 20, bytes: 15 }],
  [{ bytes: 10 }, { keys: 15, bytes: 20 }],
])('takes a chunk of %j only when the one before is used up', async (chunk, taken) => {
  const { client, manager } = await start({ maxKeys: 20, maxStorageMB: 20 / megabyte }, { chunk });
  for (let number = 0; number < 15; number += 1) await client.put(`key ${number}`, 'v');
  expect(await manager.usage('a')).toEqual(taken);
  await expect(client.put('large', 'value too large')).rejects.toMatchObject({ limit: 'maxStorageMB' });
  await manager.close();
  expect(await manager.usage('a')).toEqual({ keys: 15, bytes: 15 });
});

describe('what a process took in advance', () => {
  const plans = { free: { maxKeys: 10 }, pro: { maxKeys: 1_000 } };
  const chunk = { keys: 100 };
  const putAll = (client: KvStore, keys: readonly string[]) =>
    Promise.allSettled(keys.map((key) => client.put(key, 'v')));
  const names = (begin: string, count: number) => Array.from({ length: count }, (_, at) => `${begin} ${at}`);

  it('lets nobody beyond the limits of a lower plan, in no process', async () => {
    const clock = new FakeClock();
    const store = createMemoryStore({ clock });
    const manager = new TenantManager(store, { plans, chunk, clock });
    const other = new TenantManager(store, { plans, chunk, clock });
    await manager.create('a', 'A', 'pro');
    const clients = [await manager.getClient('a'), await other.getClient('a')] as const;
    await clients[0].put('first', 'v');
    await clients[1].put('second', 'v');
    await manager.setPlan('a', 'free');
    await clock.advance(5_001);
    const puts = [
      ...(await putAll(clients[0], names('x', 60))),
      ...(await putAll(clients[1], names('y', 60))),
    ];
    const refused = puts.flatMap((put) => (put.status === 'rejected' ? [put.reason.code] : []));
    expect(new Set(refused)).toEqual(new Set(['TENANT_LIMIT']));
    expect(puts.length - refused.length).toBe(8);
  });

  it('leaves the room that a lower plan has to the process that took it', async () => {
    const manager = new TenantManager(createMemoryStore(), { plans, chunk });
    await manager.create('a', 'A', 'pro');
    const client = await manager.getClient('a');
    await client.put('first', 'v');
    await manager.setPlan('a', 'free');
    const puts = await putAll(client, names('x', 60));
    expect(puts.filter(({ status }) => status === 'fulfilled')).toHaveLength(9);
    await client.delete('first');
    await client.put('another', 'v');
    expect(await manager.usage('a')).toEqual({ keys: 10, bytes: 10 });
  });

  it('or removed lets nobody write who is above the limits', async () => {
    const store = createMemoryStore();
    const earlier = new TenantManager(store, { plans });
    await earlier.create('a', 'A', 'pro');
    await putAll(await earlier.getClient('a'), names('x', 20));
    await earlier.setPlan('a', 'free');
    const manager = new TenantManager(store, { plans, chunk });
    const client = await manager.getClient('a');
    for (const key of names('x', 5)) await client.delete(key);
    // More bytes, of which there may be any number, but no more keys.
    await client.put('x 5', 'longer');
    for (let time = 0; time < 2; time += 1) {
      await expect(client.put('y', 'v')).rejects.toMatchObject({ limit: 'maxKeys' });
      await client.delete(`x ${6 + time}`);
    }
    await manager.close();
    expect((await manager.usage('a')).keys).toBe(13);
  });

  it('is given back by a close that comes while it is taken, and nothing is taken in advance after that', async () => {
    const memory = createMemoryStore();
    let closed: Promise<void> | undefined;
    const store: KvStore = {
      ...memory,
      put(...args) {
        if (String(args[0]).startsWith('t.usage/')) closed ??= manager.close();
        return memory.put(...args);
      },
    };
    const { client, manager } = await start({ maxKeys: 1_000 }, { chunk }, store);
    const puts = putAll(client, names('x', 5));
    await vi.waitFor(() => expect(closed).toBeDefined());
    await closed;
    expect((await manager.usage('a')).keys).toBeLessThanOrEqual(5);
    await puts;
    await client.put('y', 'v');
    await client.delete('x 0');
    expect(await manager.usage('a')).toEqual({ keys: 5, bytes: 5 });
  });

  it('is given back by a close as far as that can be', async () => {
    const memory = createMemoryStore();
    const store: KvStore = {
      ...memory,
      async put(...args) {
        await new Promise(setImmediate);
        return memory.put(...args);
      },
    };
    const manager = new TenantManager(store, { chunk });
    for (const id of ['a', 'b']) {
      await manager.create(id, id, 'free');
      await (await manager.getClient(id)).put('key', 'v');
    }
    const { space } = await manager.getRecent('a');
    await memory.put(`t.usage/${space}`, 'damage');
    await expect(manager.close()).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    expect(await manager.usage('b')).toEqual({ keys: 1, bytes: 1 });
  });
});

it('what a close could certainly not give back, the next one does', async () => {
  const memory = createMemoryStore();
  let isRefusing = false;
  const store: KvStore = {
    ...memory,
    async put(...args) {
      if (isRefusing) throw new UnavailableError('no', { outcome: 'not-applied', retryable: false });
      return memory.put(...args);
    },
  };
  const { client, manager } = await start({ maxKeys: 20 }, { chunk: { keys: 10, bytes: 10 } }, store);
  await client.put('a', 'value');
  isRefusing = true;
  await expect(manager.close()).rejects.toMatchObject({ outcome: 'not-applied' });
  isRefusing = false;
  await manager.close();
  expect(await manager.usage('a')).toEqual({ keys: 1, bytes: 5 });
});

it('what a close may have given back is not given back again', async () => {
  const memory = createMemoryStore();
  let isBreaking = false;
  const store: KvStore = {
    ...memory,
    async put(...args) {
      const version = await memory.put(...args);
      if (isBreaking) throw new UnavailableError('the reply was lost', { retryable: false });
      return version;
    },
    find: (...args) =>
      isBreaking
        ? Promise.reject(new NoriKVError('refused', { code: 'UNAUTHENTICATED' }))
        : memory.find(...args),
  };
  const { client, manager } = await start({ maxKeys: 20 }, { chunk: { keys: 10, bytes: 10 } }, store);
  await client.put('a', 'value');
  isBreaking = true;
  await expect(manager.close()).rejects.toMatchObject({ outcome: 'unknown' });
  isBreaking = false;
  await manager.close();
  expect(await manager.usage('a')).toEqual({ keys: 1, bytes: 5 });
});

describe("a store that fails beside the tenant's own keys", () => {
  const failing = ['t.id/', 't.usage/'] as const;

  async function startFailing(begin: string, fault: (key: unknown) => Promise<never>) {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    let isFailing = false;
    const guarded =
      <Rest extends unknown[], Result>(call: (key: Key, ...rest: Rest) => Promise<Result>) =>
      (key: Key, ...rest: Rest): Promise<Result> =>
        isFailing && String(key).startsWith(begin) ? fault(key) : call(key, ...rest);
    const store = {
      ...memory,
      get: guarded(memory.get),
      find: guarded(memory.find),
      put: guarded(memory.put),
    };
    const limits = { maxKeys: 5, maxStorageMB: 1 };
    const { client } = await start(limits, { clock, maxStatusAgeMs: 1, deadlineMs: 20_000 }, store);
    await clock.advance(2);
    isFailing = true;
    return { client, clock, heal: () => (isFailing = false) };
  }

  it.each(failing)('applies nothing, and shows nothing of what is kept under %s', async (begin) => {
    const { client, clock, heal } = await startFailing(begin, (key) =>
      Promise.reject(
        new UnavailableError(`member 7 failed for ${String(key)}`, { cause: new Error('secret') }),
      ),
    );
    const error = await clock.run(client.put('key', 'value').catch((caught: unknown) => caught));
    expect(error).toMatchObject({ outcome: 'not-applied', retryable: true, key: 'key' });
    expect((error as Error).cause).toBeUndefined();
    expect(String(error)).not.toMatch(/t\.|member/);
    heal();
    expect(await client.find('key')).toBeNull();
  });

  it.each(failing)(
    'is not waited for longer than the call says, for what is kept under %s',
    async (begin) => {
      const { client, clock } = await startFailing(begin, () => new Promise(() => {}));
      const startedAt = clock.monotonic();
      const late = client.put('key', 'value', { timeoutMs: 50 }).catch((caught: unknown) => caught);
      expect(await clock.run(late)).toMatchObject({
        code: 'DEADLINE_EXCEEDED',
        outcome: 'not-applied',
        key: 'key',
      });
      expect(clock.monotonic() - startedAt).toBeLessThanOrEqual(60);
      const controller = new AbortController();
      const ended = client
        .put('key', 'value', { signal: controller.signal })
        .catch((caught: unknown) => caught);
      await clock.advance(10);
      controller.abort('enough');
      expect(await ended).toMatchObject({ code: 'CANCELLED', outcome: 'not-applied', cause: 'enough' });
      const gone = client.get('key', { signal: AbortSignal.abort() });
      await expect(gone).rejects.toMatchObject({ code: 'CANCELLED' });
    },
  );

  it.each<[string, (client: KvStore, options: CallOptions) => Promise<unknown>]>([
    ['put', (client, options) => client.put('key', 'v', options)],
    ['delete', (client, options) => client.delete('key', options)],
  ])('is not waited for when something is given back after a %s', async (_call, send) => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    let isHanging = false;
    const store: KvStore = {
      ...memory,
      find: (key, options) => memory.find(key, options),
      put: (key, value, options) =>
        isHanging && String(key).startsWith('t.usage/')
          ? new Promise(() => {})
          : memory.put(key, value, options),
    };
    const { client } = await start({ maxKeys: 5, maxStorageMB: 1 }, { clock, deadlineMs: 20_000 }, store);
    await client.put('key', 'value');
    isHanging = true;
    const startedAt = clock.monotonic();
    await clock.run(send(client, { timeoutMs: 50 }));
    expect(clock.monotonic() - startedAt).toBeLessThanOrEqual(60);
  });

  it('uses nothing up, however often calls are given up while it is counted', async () => {
    const memory = createMemoryStore();
    let goOn = Promise.resolve();
    let counts = 0;
    const store: KvStore = {
      ...memory,
      find: (key, options) => memory.find(key, options),
      async put(key, value, options) {
        const version = await memory.put(key, value, options);
        if (!String(key).startsWith('t.usage/')) return version;
        counts += 1;
        await goOn;
        return version;
      },
    };
    const { client, manager } = await start({ maxKeys: 3, maxStorageMB: 1 }, {}, store);
    for (let time = 0; time < 5; time += 1) {
      const controller = new AbortController();
      let resume = (): void => {};
      goOn = new Promise((resolve) => {
        resume = resolve;
      });
      const countsBefore = counts;
      const put = client.put(`key ${time}`, 'value', { signal: controller.signal });
      await vi.waitFor(() => expect(counts).toBeGreaterThan(countsBefore), 20_000);
      controller.abort();
      await expect(put).rejects.toMatchObject({ code: 'CANCELLED', outcome: 'not-applied' });
      resume();
      await vi.waitFor(async () => expect(await manager.usage('a')).toEqual({ keys: 0, bytes: 0 }), 20_000);
    }
    for (const key of ['a', 'b', 'c']) await client.put(key, 'value');
    expect(await manager.usage('a')).toEqual({ keys: 3, bytes: 15 });
  });

  it('says that it may pass where others were first, or the count is in doubt', () => {
    for (const code of ['CONTENTION', 'OUTCOME_UNKNOWN']) {
      const error = unservedError(new NoriKVError('of the count', { code, outcome: 'unknown' }), 'key');
      expect(error).toMatchObject({ code: 'UNAVAILABLE', outcome: 'not-applied', retryable: true });
    }
    expect(unservedError(new TypeError('bug'), 'key')).toMatchObject({ code: 'INTERNAL', retryable: false });
  });

  it('leaves each of its calls what the ones before left of the time', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const given: (number | undefined)[] = [];
    const wait = async (options: CallOptions | undefined): Promise<void> => {
      given.push(options?.timeoutMs);
      await new Promise<void>((resolve) => clock.startTimer(resolve, 30));
    };
    const store: KvStore = {
      ...memory,
      async find(key, options) {
        if (String(key).startsWith('t/')) await wait(options);
        return memory.find(key, options);
      },
      async put(key, value, options) {
        if (String(key).startsWith('t/')) await wait(options);
        return memory.put(key, value, options);
      },
      async delete(key, options) {
        if (String(key).startsWith('t/')) await wait(options);
        return memory.delete(key, options);
      },
    };
    const { client, manager } = await start({ maxKeys: 5, maxStorageMB: 1 }, { clock }, store);
    await clock.run(client.put('key', 'value', { timeoutMs: 100 }));
    expect(given).toEqual([100, 70]);
    await expect(clock.run(client.put('other', 'value', { timeoutMs: 30 }))).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    expect((await manager.usage('a')).keys).toBe(1);
    const none = { term: 0n, index: 0n };
    const calls: readonly (() => Promise<unknown>)[] = [
      () => client.put('key', 'value', { timeoutMs: 100, ifMatchVersion: { term: 9n, index: 9n } }),
      () => client.delete('key', { timeoutMs: 100, ifMatchVersion: none }),
      () => client.delete('key', { timeoutMs: 100 }),
    ];
    for (const call of calls) {
      given.length = 0;
      await clock.run(call().catch(() => undefined));
      expect(given).toEqual([100, 70]);
    }
    expect(await clock.run(client.find('key'))).toBeNull();
  });
});

it.each<[string, (client: KvStore) => Promise<unknown>]>([
  ['get', (client) => client.get('key', null as never)],
  ['put', (client) => client.put('key', 'value', null as never)],
  ['delete', (client) => client.delete('key', null as never)],
])('options that are no object are refused by name: %s', async (_call, call) => {
  const { client } = await start({ maxKeys: 5, maxStorageMB: 1 });
  await expect(call(client)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: 'options is null; use an object, or leave it out',
  });
});

describe('a limit that cannot be given back to', () => {
  it('fails no delete: the tenant may only use less', async () => {
    const clock = new FakeClock();
    const faulty = withFaults(createMemoryStore({ clock }), { clock });
    const { client } = await start({ maxKeys: 1, maxStorageMB: 10 }, { clock, deadlineMs: 100 }, faulty);
    await client.put('a', '1');
    const { put } = faulty;
    faulty.put = () =>
      Promise.reject(new UnavailableError('down', { outcome: 'not-applied', retryable: false }));
    expect(await clock.run(client.delete('a'))).toBe(true);
    faulty.put = put;
    await expect(client.put('b', '1')).rejects.toMatchObject({ limit: 'maxKeys' });
  });
});

describe('maxStorageMB and maxValueBytes', () => {
  it('let values take so many bytes', async () => {
    const { client, manager } = await start({
      maxKeys: Infinity,
      maxStorageMB: 1,
      maxValueBytes: megabyte / 2,
    });
    await client.put('a', 'x'.repeat(megabyte / 2));
    await client.put('b', 'x'.repeat(megabyte / 2));
    await expect(client.put('c', 'x')).rejects.toMatchObject({ code: 'TENANT_LIMIT', limit: 'maxStorageMB' });
    await client.put('a', 'x');
    await client.put('c', 'x'.repeat(megabyte / 2 - 1));
    expect((await manager.usage('a')).bytes).toBe(megabyte);
    await expect(client.put('d', 'x'.repeat(megabyte / 2 + 1))).rejects.toMatchObject({
      limit: 'maxValueBytes',
    });
  });
});

describe('operationsPerSecond', () => {
  it('holds for a tenant that is asked for, however many others come and go', async () => {
    const limits = { maxKeys: Infinity, maxStorageMB: Infinity, operationsPerSecond: 2 };
    const clock = new FakeClock();
    const manager = new TenantManager(createMemoryStore({ clock }), {
      plans: { free: limits },
      maxTenants: 3,
      clock,
    });
    for (const id of ['busy', 'a', 'b', 'c', 'd']) await manager.create(id, id, 'free');
    const outcomes: unknown[] = [];
    for (const other of ['a', 'b', 'c', 'd']) {
      const busy = await manager.getClient('busy');
      outcomes.push(await busy.find('key').catch((error: { limit?: string }) => error.limit));
      await manager.getClient(other);
    }
    expect(outcomes).toEqual([null, null, 'operationsPerSecond', 'operationsPerSecond']);
  });

  it('is kept by each process, divided by instances', async () => {
    const clock = new FakeClock();
    const limits = { maxKeys: Infinity, maxStorageMB: Infinity, operationsPerSecond: 20 };
    const { client } = await start(limits, { clock, instances: 2 }, createMemoryStore({ clock }));
    for (let call = 0; call < 10; call += 1) await client.find('key');
    await expect(client.find('key')).rejects.toMatchObject({ limit: 'operationsPerSecond', retryable: true });
    await clock.advance(100);
    await client.find('key');
    await expect(client.get('key')).rejects.toMatchObject({ code: 'TENANT_LIMIT' });
  });

  it('does not count a call whose signal had ended before it', async () => {
    const limits = { maxKeys: Infinity, maxStorageMB: Infinity, operationsPerSecond: 1 };
    const { client } = await start(limits, { clock: new FakeClock() });
    const gone = client.find('key', { signal: AbortSignal.abort() });
    await expect(gone).rejects.toMatchObject({ code: 'CANCELLED', outcome: 'not-applied' });
    expect(await client.find('key')).toBeNull();
    await expect(client.find('key')).rejects.toMatchObject({ limit: 'operationsPerSecond' });
  });

  it('may be less than one', async () => {
    const clock = new FakeClock();
    const limits = { maxKeys: Infinity, maxStorageMB: Infinity, operationsPerSecond: 0.5 };
    const { client } = await start(limits, { clock }, createMemoryStore({ clock }));
    await client.find('key');
    await expect(client.find('key')).rejects.toMatchObject({ limit: 'operationsPerSecond' });
    await clock.advance(2_000);
    await client.find('key');
  });
});

describe('limits between processes that race and lose replies', () => {
  it.each<[string, TenantManagerOptions]>([
    ['one by one', {}],
    ['in chunks', { chunk: { keys: 2, bytes: 16 } }],
  ])(
    'hold in random schedules, taken %s',
    async (_how, options) => {
      const clock = new FakeClock();
      const maxKeys = 5;
      for (let seed = 0; seed < 400 * load; seed += 1) {
        const random = seededRandom(seed);
        const below = (limit: number): number => Math.floor(random() * limit);
        const memory = createMemoryStore({ clock });
        const plans = { free: { maxKeys, maxStorageMB: 64 / megabyte } };
        await clock.run(new TenantManager(memory, { plans, clock }).create('a', 'A', 'free'));
        const rates =
          seed % 2 === 0 ? {} : { 'lost-reply': 0.05, 'lost-request': 0.05, 'delayed-delivery': 0.02 };
        const keys = Array.from({ length: 9 }, (_, number) => `key ${number}`);
        const managers: TenantManager[] = [];
        const actor = async (): Promise<void> => {
          const faulty = withFaults(memory, { clock, random, rates, latencyMs: () => below(10) });
          const manager = new TenantManager(faulty, { plans, clock, random, ...options });
          managers.push(manager);
          const client = await manager.getClient('a');
          const step = (): Promise<unknown> => {
            const key = keys[below(keys.length)] ?? '';
            const work = random() < 0.7 ? client.put(key, 'x'.repeat(below(24))) : client.delete(key);
            return work.catch(() => undefined);
          };
          for (let round = 0; round < 4; round += 1) await Promise.all([step(), step()]);
        };
        await clock.run(Promise.allSettled([actor(), actor(), actor()]));
        await clock.advance(1_000);
        const look = await new TenantManager(memory, { plans, clock }).getClient('a');
        const found = (await Promise.all(keys.map((key) => look.find(key)))).filter(
          (entry) => entry !== null,
        );
        const bytes = found.reduce((sum, { value }) => sum + value.length, 0);
        expect([seed, found.length <= maxKeys, bytes <= 64]).toEqual([seed, true, true]);
        if (seed % 2 === 0) {
          await clock.run(Promise.all(managers.map((manager) => manager.close())));
          const usage = await new TenantManager(memory, { plans, clock }).usage('a');
          expect([seed, usage]).toEqual([seed, { keys: found.length, bytes }]);
        }
      }
    },
    600_000,
  );
});
