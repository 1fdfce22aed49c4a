import { bytesToString, isVersionMismatch } from '@norikv/store';
import { describe, expect, test } from 'vitest';
import { openEmbedded } from '../src/index.js';
import { newPath, openTestStore } from './support/folders.js';

describe('idempotency keys', () => {
  test('answer after a restart as before, also for a condition that no longer holds', async () => {
    const path = newPath();
    const store = await openEmbedded({ path });
    const first = await store.put('key', 'first');
    const options = { ifMatchVersion: first, idempotencyKey: 'put' };
    const second = await store.put('key', 'second', options);
    await store.put('other', 'value');
    const deletion = { idempotencyKey: 'delete' };
    expect(await store.delete('other', deletion)).toBe(true);
    expect(await store.delete('missing', deletion)).toBe(false);
    await store.close();
    const again = await openTestStore({ path });
    expect(await again.put('key', 'second', options)).toEqual(second);
    expect((await again.get('key')).version).toEqual(second);
    await again.put('other', 'new');
    await again.put('missing', 'new');
    expect(await again.delete('other', deletion)).toBe(true);
    expect(await again.delete('missing', deletion)).toBe(false);
    expect(bytesToString((await again.get('other')).value)).toBe('new');
    expect(bytesToString((await again.get('missing')).value)).toBe('new');
  });

  test('execute twins of one batch once', async () => {
    const store = await openTestStore({ path: newPath() });
    const options = { idempotencyKey: 'id' };
    const versions = await Promise.all(
      Array.from({ length: 100 }, (_, twin) => store.put('key', `twin ${twin}`, options)),
    );
    for (const version of versions) expect(version).toEqual(versions[0]);
    expect(bytesToString((await store.get('key')).value)).toBe('twin 0');
    const next = await store.put('other', 'value');
    expect(next.index).toBe((versions[0]?.index ?? 0n) + 1n);
  });

  test('do not remember a call that failed', async () => {
    const store = await openTestStore({ path: newPath() });
    const old = await store.put('key', 'first');
    const now = await store.put('key', 'second');
    const idempotencyKey = 'id';
    await expect(store.put('key', 'lost', { ifMatchVersion: old, idempotencyKey })).rejects.toSatisfy(
      isVersionMismatch,
    );
    expect((await store.stats()).idempotencyKeys).toBe(0);
    await store.put('key', 'third', { ifMatchVersion: now, idempotencyKey });
    expect(bytesToString((await store.get('key')).value)).toBe('third');
  });

  test.each([[''], ['\ud800'], [7], [null]])('refuse %j by name', async (idempotencyKey) => {
    const store = await openTestStore();
    const options = { idempotencyKey: idempotencyKey as string };
    await expect(store.put('key', 'value', options)).rejects.toThrow('idempotencyKey is ');
    await expect(store.delete('key', options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
