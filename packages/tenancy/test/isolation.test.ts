import { createEphemeral } from '@norikv/embedded';
import { bytesToString, InvalidArgumentError, type Key, type KvStore, type VectorStore } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { ScopedStore, TenantClient, TenantManager } from '../src/index.js';
import { encodeName } from '../src/names.js';
import { createFakeVectors } from './fake-vectors.js';
import { rawKeys, withRawKeys } from './raw-keys.js';

const letters = fc.constantFrom(
  'a',
  'b',
  ':',
  '/',
  '%',
  '2',
  'F',
  '5',
  'h',
  '\0',
  '.',
  '\\',
  'а',
  'ａ',
  'é',
  'e\u0301',
);
const special = fc.constantFrom(
  '__proto__',
  'constructor',
  'tenant',
  '%2F',
  'x'.repeat(10_000),
  'x'.repeat(10_001),
);
const tenantId = fc.oneof(fc.string({ unit: letters, minLength: 1, maxLength: 6 }), special);
const textKey = fc.oneof(fc.string({ unit: letters, minLength: 1, maxLength: 6 }), fc.constant('__proto__'));
const key: fc.Arbitrary<Key> = fc.oneof(textKey, fc.uint8Array({ minLength: 1, maxLength: 6 }));
const hex = (bytes: Key): string => Buffer.from(bytes).toString('hex');

describe('options of a write', () => {
  it('are checked before the prefix hides what is wrong with them', async () => {
    const store = createMemoryStore();
    const manager = new TenantManager(store);
    await manager.create('a', 'A', 'free');
    for (const client of [new TenantClient(store, 'a'), await manager.getClient('a')]) {
      for (const idempotencyKey of ['', 5 as never]) {
        const refused = { code: 'INVALID_ARGUMENT', message: expect.stringContaining('idempotencyKey is') };
        await expect(client.put('key', 'value', { idempotencyKey })).rejects.toMatchObject(refused);
        await expect(client.delete('key', { idempotencyKey })).rejects.toMatchObject(refused);
      }
      expect(await client.find('key')).toBeNull();
    }
  });
});

describe('physical keys', () => {
  it('are different wherever the tenant or the key differs, and none begins the part of another tenant', async () => {
    await fc.assert(
      fc.asyncProperty(tenantId, key, tenantId, key, async (one, oneKey, other, otherKey) => {
        const store = withRawKeys(createMemoryStore());
        await new TenantClient(store, one).put(oneKey, '1');
        const [first = ''] = rawKeys(store);
        await new TenantClient(store, other).put(otherKey, '2');
        const isSame = one === other && hex(oneKey) === hex(otherKey);
        expect(rawKeys(store).size).toBe(isSame ? 1 : 2);
        if (one !== other) {
          const part = Buffer.from(`tenant.named/${encodeName(other)}/`).toString('hex');
          expect(first.startsWith(part)).toBe(false);
          expect(await new TenantClient(store, other).find(oneKey)).toEqual(
            hex(oneKey) === hex(otherKey) ? expect.anything() : null,
          );
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('are different however one text is divided between tenant and key', async () => {
    const part = fc.constantFrom('a', 'b', '%', '2F', '%2F', ':', '/', '\0', '%h');
    const text = fc.tuple(
      fc.array(part, { minLength: 2, maxLength: 5 }),
      fc.constantFrom('/', ':', '%2F', ''),
    );
    await fc.assert(
      fc.asyncProperty(text, async ([parts, separator]) => {
        const store = withRawKeys(createMemoryStore());
        const pairs = parts
          .slice(1)
          .map((_, at) => [parts.slice(0, at + 1).join(separator), parts.slice(at + 1).join(separator)]);
        for (const [tenant = '', own = ''] of pairs)
          await new TenantClient(store, tenant).put(own, `${tenant} ${own}`);
        const distinct = new Set(pairs.map((pair) => JSON.stringify(pair)));
        expect(rawKeys(store).size).toBe(distinct.size);
        for (const [tenant = '', own = ''] of pairs) {
          expect(bytesToString((await new TenantClient(store, tenant).get(own)).value)).toBe(
            `${tenant} ${own}`,
          );
        }
        const heads = [...new Set(pairs.map(([tenant = '']) => `${encodeName(tenant)}/`))];
        expect(
          heads.filter((head) => heads.some((other) => other !== head && head.startsWith(other))),
        ).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('of managed tenants all begin with parts of one length that no tenant chooses', async () => {
    const store = withRawKeys(createMemoryStore());
    const manager = new TenantManager(store);
    const ids = [
      'a',
      'a:b',
      'a/b',
      'a%2Fb',
      '\0',
      '__proto__',
      'x'.repeat(10_000),
      'é',
      'e\u0301',
      '0000000001',
    ];
    const parts = new Set<string>();
    for (const id of ids) {
      await manager.create(id, id, 'enterprise');
      const before = rawKeys(store);
      await (await manager.getClient(id)).put('key', id);
      const [physical = ''] = [...rawKeys(store)].filter((each) => !before.has(each));
      const text = Buffer.from(physical, 'hex').toString();
      expect(text).toMatch(/^t\/[0-9a-z]{10}\/key$/);
      parts.add(text);
    }
    expect(parts.size).toBe(ids.length);
    for (const id of ids) {
      expect(bytesToString((await (await manager.getClient(id)).get('key')).value)).toBe(id);
    }
  });

  it.each(['', '\ud800'])('are refused for the tenant id %j', (id) => {
    expect(() => new TenantClient(createMemoryStore(), id)).toThrow(InvalidArgumentError);
  });

  it('have a budget net of the prefix', async () => {
    const store = createMemoryStore();
    const client = new TenantClient(store, 'acme');
    const { maxKeyBytes = 0 } = client.capabilities ?? {};
    expect(maxKeyBytes).toBe(1_024 - 'tenant.named/acme/'.length);
    await client.put('x'.repeat(maxKeyBytes), 'fits');
    await expect(client.put('x'.repeat(maxKeyBytes + 1), 'too long')).rejects.toThrow(
      `use 1 to ${maxKeyBytes}`,
    );
    await expect(client.get('')).rejects.toThrow('key has 0 bytes');
  });
});

describe('idempotency keys', () => {
  it('of one tenant are not those of another', async () => {
    const seen: (string | undefined)[] = [];
    const memory = createMemoryStore();
    const store: KvStore = {
      ...memory,
      put: (physical, value, options) => {
        seen.push(options?.idempotencyKey);
        return memory.put(physical, value, options);
      },
    };
    for (const id of ['a', 'b']) await new TenantClient(store, id).put('key', id, { idempotencyKey: 'pay' });
    expect(seen).toEqual(['tenant.named/a/pay', 'tenant.named/b/pay']);
  });
});

describe('errors', () => {
  it('show the key as the tenant wrote it, and neither the prefix nor a cause', async () => {
    const memory = createMemoryStore();
    const broken: KvStore = {
      capabilities: memory.capabilities,
      get: memory.get,
      put: () => Promise.reject(new Error('disk of tenant.named/other/secret is full')),
      delete: () => Promise.reject(Object.assign(new Error('tenant.named/other/secret'), { code: 'ODD' })),
    };
    const client = new TenantClient(broken, 'acme');
    const errors = await Promise.all(
      [client.get('absent'), client.put('key', '1'), client.delete(new Uint8Array([1]))].map((call) =>
        call.catch((error: unknown) => error),
      ),
    );
    expect(errors).toMatchObject([
      { code: 'KEY_NOT_FOUND', key: 'absent', outcome: 'not-applied' },
      { code: 'INTERNAL', key: 'key', outcome: 'unknown' },
      { code: 'ODD', outcome: 'unknown' },
    ]);
    for (const error of errors) {
      const shown = `${(error as Error).message} ${JSON.stringify(error)} ${String((error as Error).cause)}`;
      expect(shown).not.toContain('tenant.named');
      expect(shown).not.toContain('secret');
    }
  });
});

describe('every method of an engine', async () => {
  const embedded = await createEphemeral();
  afterAll(() => embedded.close());
  const scoped = ['get', 'find', 'put', 'delete'];
  const vectors: (keyof VectorStore)[] = [
    'vectorCreateIndex',
    'vectorDropIndex',
    'vectorInsert',
    'vectorDelete',
    'vectorSearch',
    'vectorGet',
  ];

  it.each([
    ['embedded', embedded],
    ['memory', createMemoryStore()],
    ['vectors', createFakeVectors()],
  ])('of %s is scoped or refused', async (_name, engine) => {
    const manager = new TenantManager(createMemoryStore());
    await manager.create('acme', 'Acme', 'enterprise');
    const clients = [
      new TenantClient(engine, 'acme'),
      new ScopedStore(engine, 'p/'),
      await manager.getClient('acme'),
    ];
    for (const client of clients) {
      for (const name of methodsOf(engine)) {
        const isThere = typeof Reflect.get(client, name) === 'function';
        expect([name, isThere]).toEqual([name, scoped.includes(name) || vectors.includes(name as never)]);
      }
      const own = methodsOf(client).filter((name) => name !== 'getTenantId');
      expect(new Set(own)).toEqual(new Set([...scoped, ...vectors]));
    }
  });
});

describe('a prefix', () => {
  it.each([
    ['', 'prefix is ""; use well-formed text of 1 to 1023 bytes'],
    [undefined, 'prefix is undefined'],
    // As bytes the two would be one, and keys of bytes behind them.
    ['\ud800/', 'prefix is'],
    ['p'.repeat(1_024), 'prefix, 1024 bytes long,'],
  ])('that keeps nothing apart, or leaves no room for a key, is refused: %j', (prefix, message) => {
    expect(() => new ScopedStore(createMemoryStore(), prefix as string)).toThrow(message);
    expect(new ScopedStore(createMemoryStore(), 'p'.repeat(1_023)).capabilities?.maxKeyBytes).toBe(1);
  });
});

describe('vectors', () => {
  it('have namespaces of the tenant alone, by name and managed', async () => {
    const store = createFakeVectors();
    const manager = new TenantManager(store);
    for (const id of ['c', 'd']) await manager.create(id, id, 'free');
    const clients = [
      new TenantClient(store, 'a'),
      new TenantClient(store, 'b'),
      await manager.getClient('c'),
      await manager.getClient('d'),
    ];
    for (const [number, client] of clients.entries()) {
      expect(await client.vectorCreateIndex('docs', 2, 'euclidean')).toBe(true);
      expect(await client.vectorCreateIndex('docs', 2, 'euclidean')).toBe(false);
      await client.vectorInsert('docs', 'one', [number, 0], { idempotencyKey: 'x' });
    }
    for (const [number, client] of clients.entries()) {
      expect(await client.vectorGet('docs', 'one')).toEqual([number, 0]);
      expect((await client.vectorSearch('docs', [0, 0], 9)).matches.map(({ id }) => id)).toEqual(['one']);
      expect(await client.vectorDelete('docs', 'one')).toBe(true);
      expect(await client.vectorDropIndex('docs')).toBe(true);
      await expect(client.vectorGet('docs', 'one')).rejects.toMatchObject({ message: 'no namespace docs' });
    }
    await expect(clients[0]?.vectorGet('\ud800', 'x')).rejects.toThrow(
      'namespace is "\\ud800"; use well-formed text',
    );
  });

  it('of a deleted tenant are dropped as the README says', async () => {
    const store = createFakeVectors();
    const manager = new TenantManager(store);
    await manager.create('a', 'A', 'free');
    await (await manager.getClient('a')).vectorCreateIndex('docs', 2, 'euclidean');
    const { space } = await manager.delete('a');
    const rest = new ScopedStore(store, `t/${space}/`);
    expect(await rest.vectorDropIndex('docs')).toBe(true);
    expect(await rest.vectorDropIndex('docs')).toBe(false);
  });

  it('are refused where the store has none', async () => {
    await expect(new TenantClient(createMemoryStore(), 'a').vectorGet('docs', 'one')).rejects.toThrow(
      'vectorGet: the store serves no vectors',
    );
  });
});

function methodsOf(object: object): string[] {
  const names = new Set<string>();
  for (let at: object | null = object; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) {
      const isMethod = typeof Object.getOwnPropertyDescriptor(at, name)?.value === 'function';
      if (isMethod && name !== 'constructor') names.add(name);
    }
  }
  return [...names];
}
