import type { RootDatabase } from 'lmdb';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { openEmbedded, PathUnusableError } from '../src/index.js';
import { newPath, openTestStore } from './support/folders.js';

// What no test can make a real disk do: the disk under LMDB is real, but it fails when it is told to.

const healthy = { refusesToOpen: false, losesHeader: false, putsLeft: Infinity, freeBytes: Number.NaN };
const disk = vi.hoisted(() => ({}) as typeof healthy);

vi.mock('lmdb', async (importOriginal) => {
  const lmdb = await importOriginal<typeof import('lmdb')>();
  const panic = Object.assign(new Error('MDB_PANIC: Update of meta page failed'), { code: -30_795 });
  function open(...given: Parameters<typeof lmdb.open>): RootDatabase<Buffer, Uint8Array> {
    if (disk.refusesToOpen) throw Object.assign(new Error('Too many open files'), { code: 24 });
    const root: RootDatabase<Buffer, Uint8Array> = lmdb.open(...given);
    const { childTransaction, resetReadTxn } = root;
    root.childTransaction = async <T>(work: () => T): Promise<T> => {
      const result = await childTransaction.call(root, work);
      if (!disk.losesHeader) return result as T;
      throw Object.assign(new Error('Commit failed'), { commitError: Promise.reject(panic) });
    };
    const allDatabases: { put(...record: unknown[]): unknown } = Object.getPrototypeOf(root);
    const { put } = allDatabases;
    allDatabases.put = function (...record) {
      disk.putsLeft -= 1;
      if (disk.putsLeft < 0) throw new TypeError('a bug');
      return put.apply(this, record);
    };
    root.resetReadTxn = () => {
      if (disk.losesHeader) throw panic;
      resetReadTxn.call(root);
    };
    return root;
  }
  return { ...lmdb, open };
});

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const statfsSync = (path: string): object =>
    Number.isNaN(disk.freeBytes) ? fs.statfsSync(path) : { bavail: disk.freeBytes, bsize: 1 };
  return { ...fs, statfsSync };
});

beforeEach(() => {
  Object.assign(disk, healthy);
});

describe('a store whose header can no longer be written', () => {
  test('says that the write is unknown, and serves nothing more', async () => {
    const store = await openTestStore({ path: newPath() });
    await store.put('key', 'value');
    disk.losesHeader = true;
    const put = store.put('key', 'next');
    await expect(put).rejects.toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
    await expect(store.put('key', 'later')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      outcome: 'not-applied',
      retryable: false,
    });
    await expect(store.get('key')).rejects.toMatchObject({ code: 'UNAVAILABLE', outcome: 'not-applied' });
    await store.close();
  });

  test('goes on sweeping when it can be read again', async () => {
    const store = await openTestStore({ path: newPath(), sweepIntervalMs: 1 });
    await store.put('short', 'value', { ttlMs: 1 });
    disk.losesHeader = true;
    await new Promise((resolve) => setTimeout(resolve, 20));
    disk.losesHeader = false;
    while ((await store.stats()).keys > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  });
});

test('a write that breaks off in the middle takes its whole transaction back', async () => {
  const store = await openTestStore({ path: newPath() });
  const version = await store.put('key', 'value');
  disk.putsLeft = 1;
  const puts = [store.put('key', 'next'), store.put('other', 'value', { ttlMs: 60_000 })];
  for (const put of puts) await expect(put).rejects.toMatchObject({ outcome: 'not-applied' });
  disk.putsLeft = Infinity;
  expect((await store.get('key')).version).toEqual(version);
  expect(await store.find('other')).toBeNull();
  expect((await store.put('key', 'next', { ifMatchVersion: version })).index).toBe(version.index + 1n);
});

test('a file the system refuses to open is an error, not the end of the process', async () => {
  disk.refusesToOpen = true;
  await expect(openEmbedded({ path: newPath() })).rejects.toThrow(PathUnusableError);
});

test('a new store needs some room, an old one does not', async () => {
  const path = newPath();
  disk.freeBytes = 1_000;
  const full = { code: 'RESOURCE_EXHAUSTED', outcome: 'not-applied' };
  await expect(openEmbedded({ path })).rejects.toMatchObject(full);
  disk.freeBytes = Number.NaN;
  const store = await openEmbedded({ path });
  await store.close();
  disk.freeBytes = 1_000;
  await openTestStore({ path });
});
