import { bytesToString, stringToBytes } from '@norikv/store';
import { createMemoryStore, createMemoryVectorStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { TenantContext, TenantManager } from '../src/index.js';

describe('what a caller changes after a call', () => {
  it('is not written: keys, values, options and vectors are those of the call', async () => {
    const manager = new TenantManager(createMemoryVectorStore());
    await manager.create('a', 'A', 'free');
    const client = await manager.getClient('a');
    await client.vectorCreateIndex('v', 2, 'euclidean');
    const [key, value, vector, query] = [stringToBytes('k'), stringToBytes('1'), [1, 0], [1, 0]];
    const options: { ttlMs?: number } = {};
    const put = client.put(key, value, options);
    const insert = client.vectorInsert('v', 'x', vector);
    for (const bytes of [key, value]) bytes.fill(0);
    vector.fill(7);
    options.ttlMs = 1;
    await Promise.all([put, insert]);
    expect(bytesToString((await client.get('k')).value)).toBe('1');
    expect(await manager.usage('a')).toEqual({ keys: 1, bytes: 1 });
    expect(await client.vectorGet('v', 'x')).toEqual([1, 0]);
    const search = client.vectorSearch('v', query, 1);
    query.fill(7);
    expect((await search).matches[0]?.distance).toBe(0);
    const version = { ...(await client.get('k')).version };
    const condition: { ifMatchVersion?: typeof version } = {};
    const remove = client.delete('k', condition);
    condition.ifMatchVersion = { term: 9n, index: 9n };
    expect(await remove).toBe(true);
  });

  it('does not raise limits: neither plans nor the metadata of a tenant', async () => {
    const free = { maxKeys: 1, maxStorageMB: 1 };
    const manager = new TenantManager(createMemoryStore(), { plans: { free } });
    const { limits } = await manager.create('a', 'A', 'free');
    free.maxKeys = 9;
    expect(() => Object.assign(limits, { maxKeys: 9 })).toThrow(TypeError);
    const client = await manager.getClient('a');
    await client.put('one', '1');
    await expect(client.put('two', '2')).rejects.toMatchObject({ code: 'TENANT_LIMIT' });
    expect((await manager.get('a'))?.limits.maxKeys).toBe(1);
  });

  it('does not name another header', async () => {
    const manager = new TenantManager(createMemoryStore());
    await manager.create('a', 'A', 'free');
    const resolution = { header: { name: 'x-tenant', trusted: true } } as const;
    const context = new TenantContext(manager, resolution);
    Object.assign(resolution.header, { name: 'x-other' });
    const header = (name: string): string | undefined => (name === 'x-tenant' ? 'a' : undefined);
    expect((await context.resolve({ request: {}, host: undefined, header })).metadata.id).toBe('a');
  });
});
