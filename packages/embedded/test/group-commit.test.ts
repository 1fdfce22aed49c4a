import { isAlreadyExists, isVersionMismatch, ResourceExhaustedError } from '@norikv/store';
import { describe, expect, test } from 'vitest';
import { openEmbedded } from '../src/index.js';
import { newPath, openTestStore } from './support/folders.js';
import { transactionsOf } from './support/raw-store.js';

describe('group commit', () => {
  test('writes that arrive together share few transactions', async () => {
    const path = newPath();
    const store = await openEmbedded({ path });
    await store.put('warm', 'up');
    const before = transactionsOf(path);
    const keys = Array.from({ length: 1_000 }, (_, place) => `key-${place}`);
    await Promise.all(keys.map((key) => store.put(key, 'value')));
    expect(transactionsOf(path) - before).toBeLessThanOrEqual(2);
    await store.close();
  });

  test('each write of a batch has its own condition and its own answer', async () => {
    const store = await openTestStore({ path: newPath() });
    const first = await store.put('key', '0');
    const answers = await Promise.allSettled([
      store.put('key', '1', { ifMatchVersion: first }),
      store.put('key', '2', { ifMatchVersion: first }),
      store.put('key', '3', { ifNotExists: true }),
      store.delete('missing'),
      store.delete('key', { ifMatchVersion: first }),
      store.delete('key'),
      store.put('key', '4', { ifNotExists: true }),
    ]);
    const [won, lost, exists, missing, deleteLost, deleted, created] = answers;
    expect(won).toMatchObject({ status: 'fulfilled', value: { index: first.index + 1n } });
    expect(lost).toMatchObject({ status: 'rejected', reason: { code: 'VERSION_MISMATCH', expected: first } });
    expect(isVersionMismatch((lost as PromiseRejectedResult).reason)).toBe(true);
    expect((lost as PromiseRejectedResult).reason.actual.value).toEqual(Uint8Array.of(0x31));
    expect(isAlreadyExists((exists as PromiseRejectedResult).reason)).toBe(true);
    expect((exists as PromiseRejectedResult).reason.actual.version.index).toBe(first.index + 1n);
    expect(missing).toEqual({ status: 'fulfilled', value: false });
    expect(deleteLost).toMatchObject({ status: 'rejected', reason: { code: 'VERSION_MISMATCH' } });
    expect(deleted).toEqual({ status: 'fulfilled', value: true });
    expect(created).toMatchObject({ status: 'fulfilled', value: { index: first.index + 2n } });
  });

  test('10,000 puts at once are all applied', async () => {
    const store = await openTestStore({ path: newPath() });
    const keys = Array.from({ length: 10_000 }, (_, place) => `key-${place}`);
    const versions = await Promise.all(keys.map((key) => store.put(key, key)));
    expect(new Set(versions.map(({ index }) => index)).size).toBe(10_000);
    expect(await store.stats()).toMatchObject({ keys: 10_000, waitingWrites: 0 });
  });

  test('more bytes than may wait are refused, and room comes back', async () => {
    const store = await openTestStore({ path: newPath(), maxPendingBytes: 100_000 });
    const value = new Uint8Array(10_000);
    const put = (place: number): Promise<unknown> => store.put(`key-${place}`, value);
    const answers = await Promise.allSettled(Array.from({ length: 50 }, (_, place) => put(place)));
    const refused = answers.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    expect(refused.length).toBe(41);
    for (const { reason } of refused) {
      expect(reason).toBeInstanceOf(ResourceExhaustedError);
      expect(reason).toMatchObject({ outcome: 'not-applied', retryable: true });
    }
    expect((await store.stats()).keys).toBe(9);
    await Promise.all(Array.from({ length: 9 }, (_, place) => put(place)));
    // One write is let in whatever its size.
    await store.put('large', new Uint8Array(1_048_576));
  });
});
