import { find, requireCapabilities, versionsEqual } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, FakeClock, withLyingServer } from '../src/index.js';

describe('a lying server', () => {
  it('takes options and forgets them', async () => {
    const clock = new FakeClock();
    const store = withLyingServer(createMemoryStore({ clock }), {
      ignores: ['ifNotExists', 'ifMatchVersion', 'ttlMs', 'idempotencyKey'],
    });
    const stale = await store.put('key', 'first', { ttlMs: 10 });
    await store.put('key', 'second', { ifNotExists: true, idempotencyKey: 'id' });
    await store.put('key', 'third', { ifMatchVersion: stale, idempotencyKey: 'id' });
    await clock.advance(10);
    expect(Buffer.from((await store.get('key')).value).toString()).toBe('third');
    expect(await store.delete('key', { ifMatchVersion: stale })).toBe(true);
  });

  it('refuses what it does not know, and writes nothing', async () => {
    const store = withLyingServer(createMemoryStore(), { refuses: ['ifMatchVersion', 'ttlMs'] });
    const version = await store.put('key', 'value', { ifNotExists: true, ifMatchVersion: null });
    await expect(store.put('key', 'late', { ifMatchVersion: version })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      outcome: 'not-applied',
    });
    await expect(store.delete('key', { ifMatchVersion: version })).rejects.toThrow(/ifMatchVersion/);
    await expect(store.put('other', 'late', { ttlMs: 1 })).rejects.toThrow(/ttlMs/);
    expect(await find(store, 'other')).toBeNull();
  });

  it('answers puts with versions no get shows', async () => {
    const store = withLyingServer(createMemoryStore(), { putVersionsDiffer: true });
    const version = await store.put('key', 'value');
    expect(versionsEqual(version, (await store.get('key')).version)).toBe(false);
  });

  it('declares nothing, or what it is told to', () => {
    const memory = createMemoryStore();
    expect(() => requireCapabilities(withLyingServer(memory), 'A test', ['atomicCas'])).toThrow(/atomicCas/);
    const claiming = withLyingServer(memory, { capabilities: memory.capabilities });
    requireCapabilities(claiming, 'A test', ['atomicCas']);
  });

  it('lies about what it knows by name', () => {
    const memory = createMemoryStore();
    expect(() => withLyingServer(memory, { ignores: ['ifNotExist' as never] })).toThrow(
      /is "ifNotExist"; use/,
    );
    expect(() => withLyingServer(memory, { refuses: ['ttl' as never] })).toThrow(/is "ttl"; use/);
  });
});
