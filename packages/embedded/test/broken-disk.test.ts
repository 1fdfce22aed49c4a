import { existsSync, readdirSync, rmSync } from 'node:fs';
import { systemClock } from '@norikv/store';
import type { RootDatabase } from 'lmdb';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { prepareFolder } from '../src/folder.js';
import { FolderGate } from '../src/gate.js';
import { openEmbedded, PathUnusableError } from '../src/index.js';
import { newFolder, newPath, openTestStore } from './support/folders.js';

// What no test can make a real disk do: the disk under LMDB is real, but it fails when it is told to.

const healthy = {
  refusesToOpen: false,
  refusesTables: false,
  losesHeader: false,
  takesNoPages: false,
  fullVolume: '',
  cannotRead: false,
  putsLeft: Number.POSITIVE_INFINITY,
  freeBytes: Number.NaN,
  takesNoBytes: false,
  takesNoWords: false,
  isReadOnly: false,
  isShared: false,
  isGone: false,
  openFiles: 0,
};

interface RawDatabase {
  ifVersion(...condition: unknown[]): Promise<boolean>;
  put(...record: unknown[]): unknown;
}

const disk = vi.hoisted(() => ({}) as typeof healthy);

vi.mock('lmdb', async (importOriginal) => {
  const lmdb = await importOriginal<typeof import('lmdb')>();
  const panic = Object.assign(new Error('MDB_PANIC: Update of meta page failed'), { code: -30_795 });
  function open(...given: Parameters<typeof lmdb.open>): RootDatabase<Buffer, Uint8Array> {
    if (disk.refusesToOpen) throw Object.assign(new Error('Too many open files'), { code: 24 });
    const root: RootDatabase<Buffer, Uint8Array> = lmdb.open(...given);
    const { resetReadTxn } = root;
    const allDatabases: RawDatabase = Object.getPrototypeOf(root);
    const { ifVersion, put } = allDatabases;
    allDatabases.ifVersion = function (...condition) {
      if (disk.takesNoPages) {
        const inputOutput = Object.assign(new Error('Input/output error'), { code: 5 });
        return Promise.reject(
          Object.assign(new Error('Commit failed'), { commitError: Promise.reject(inputOutput) }),
        );
      }
      const result = ifVersion.apply(this, condition);
      if (!disk.losesHeader) return result;
      return result.then(() => {
        throw Object.assign(new Error('Commit failed'), { commitError: Promise.reject(panic) });
      });
    };
    allDatabases.put = function (...record) {
      disk.putsLeft -= 1;
      if (disk.putsLeft < 0) throw new RangeError('Array buffer allocation failed');
      return put.apply(this, record);
    };
    const { openDB } = root;
    root.openDB = (...given: unknown[]) => {
      if (disk.refusesTables) throw Object.assign(new Error('Input/output error'), { code: 5 });
      return Reflect.apply(openDB, root, given);
    };
    root.resetReadTxn = () => {
      if (disk.cannotRead) throw panic;
      resetReadTxn.call(root);
    };
    return root;
  }
  return { ...lmdb, open };
});

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const statfsSync = (path: string): object => {
    if (path === disk.fullVolume) return { bavail: 0, bsize: 4_096 };
    return Number.isNaN(disk.freeBytes) ? fs.statfsSync(path) : { bavail: disk.freeBytes, bsize: 1 };
  };
  const writeSync = (...given: unknown[]): unknown => {
    if (disk.takesNoBytes) throw Object.assign(new Error('No space left on device'), { code: 'ENOSPC' });
    return Reflect.apply(fs.writeSync, fs, given);
  };
  const ftruncateSync = (...given: Parameters<typeof fs.ftruncateSync>): void => {
    if (disk.takesNoWords) throw Object.assign(new Error('No space left on device'), { code: 'ENOSPC' });
    fs.ftruncateSync(...given);
  };
  // Node looks for the folder it could not make, and tells that instead.
  const mkdirSync = (path: string, options: object | number): unknown => {
    const code = typeof options === 'object' ? 'ENOENT' : 'EROFS';
    if (disk.isReadOnly) throw Object.assign(new Error(`${code}: mkdir '${path}'`), { code });
    // Another is faster.
    if (disk.isShared) fs.mkdirSync(path, { recursive: true });
    return fs.mkdirSync(path, options);
  };
  const existsSync = (path: string): boolean => !disk.isGone && fs.existsSync(path);
  const openSync = (...given: Parameters<typeof fs.openSync>): number => {
    disk.openFiles += 1;
    return fs.openSync(...given);
  };
  const closeSync = (file: number): void => {
    disk.openFiles -= 1;
    fs.closeSync(file);
  };
  return { ...fs, statfsSync, writeSync, ftruncateSync, mkdirSync, existsSync, openSync, closeSync };
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
    queueMicrotask(() => {
      setImmediate(() => {
        disk.cannotRead = true;
      });
    });
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
    // Nothing is due before the disk is broken: a sweep that is cut off half-way ends the store.
    let nowMs = Date.now();
    const clock = { ...systemClock, monotonic: () => nowMs };
    const store = await openTestStore({ path: newPath(), sweepIntervalMs: 1, clock });
    await store.put('short', 'value', { ttlMs: 1 });
    disk.cannotRead = true;
    nowMs += 10;
    await new Promise((resolve) => setTimeout(resolve, 20));
    disk.cannotRead = false;
    while ((await store.stats()).keys > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  });
});

test('a transaction that breaks off while it is handed over is unknown, and ends the store', async () => {
  const store = await openTestStore({ path: newPath() });
  await store.put('key', 'value');
  disk.putsLeft = 1;
  const puts = [store.put('key', 'next'), store.put('other', 'value', { ttlMs: 60_000 })];
  for (const put of puts)
    await expect(put).rejects.toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
  await expect(store.put('key', 'later')).rejects.toMatchObject({ outcome: 'not-applied' });
});

test('a transaction that breaks off before it is handed over is not applied', async () => {
  let isBroken = false;
  const clock = {
    now: Date.now,
    monotonic() {
      if (isBroken) throw new TypeError('no clock');
      return performance.now();
    },
    startTimer: () => () => undefined,
  };
  const store = await openTestStore({ path: newPath(), clock });
  const version = await store.put('key', 'value');
  isBroken = true;
  await expect(store.put('key', 'next')).rejects.toMatchObject({ outcome: 'not-applied' });
  isBroken = false;
  expect((await store.get('key')).version).toEqual(version);
});

test('a file the system refuses to open is an error, not the end of the process', async () => {
  disk.refusesToOpen = true;
  await expect(openEmbedded({ path: newPath() })).rejects.toThrow(PathUnusableError);
});

test.each([
  ['without files', { refusesToOpen: true }],
  ['without tables', { refusesTables: true }],
  ['without room', { freeBytes: 1_000 }],
])('an ephemeral store that cannot be opened (%s) leaves no folder', async (_why, trouble) => {
  const temporary = newFolder();
  vi.stubEnv('TMPDIR', temporary);
  try {
    Object.assign(disk, trouble);
    await expect(openEmbedded()).rejects.toThrow();
    expect(readdirSync(temporary)).toEqual([]);
  } finally {
    vi.unstubAllEnvs();
  }
});

test('a file that cannot be read or written while it is opened is an error', async () => {
  disk.refusesTables = true;
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
  // The native code does not survive a lock file that cannot be filled in.
  rmSync(`${path}/norikv.mdb-lock`);
  await expect(openEmbedded({ path })).rejects.toMatchObject(full);
  disk.freeBytes = Number.NaN;
  await (await openEmbedded({ path })).close();
  disk.freeBytes = 1_000;
  await openTestStore({ path });
});

test('work that cannot be announced is not done', async () => {
  const gate = new FolderGate(prepareFolder(newPath()), 'disk');
  disk.takesNoWords = true;
  const refused = { code: 'UNAVAILABLE', outcome: 'not-applied' };
  await expect(gate.together(async () => 'committed')).rejects.toMatchObject(refused);
  disk.takesNoWords = false;
  expect(await gate.together(async () => 'committed')).toBe('committed');
  gate.leave();
});

test('a volume that is full is told from a broken one, also where it is mounted as the folder of the store', async () => {
  const path = newPath();
  const store = await openTestStore({ path });
  disk.takesNoPages = true;
  await expect(store.put('key', 'value')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  disk.fullVolume = path;
  await expect(store.put('key', 'value')).rejects.toMatchObject({
    code: 'RESOURCE_EXHAUSTED',
    outcome: 'not-applied',
  });
  disk.takesNoPages = false;
  await store.put('key', 'value');
});

test('values for which there is no room are refused before LMDB is asked', async () => {
  const store = await openTestStore({ path: newPath() });
  disk.freeBytes = 50_000;
  await expect(store.put('large', new Uint8Array(60_000))).rejects.toMatchObject({
    code: 'RESOURCE_EXHAUSTED',
    outcome: 'not-applied',
  });
  await store.put('large', new Uint8Array(40_000));
  disk.freeBytes = 0;
  await store.put('small', 'value');
});

test('of values that replace each other within a commit only the last needs room', async () => {
  const store = await openTestStore({ path: newPath() });
  disk.freeBytes = 50_000;
  await Promise.all([1, 2, 3].map((fill) => store.put('large', new Uint8Array(40_000).fill(fill))));
  await Promise.all([
    store.put('gone', new Uint8Array(40_000)),
    store.delete('gone'),
    store.put('large', 'x'),
  ]);
  expect(await store.find('gone')).toBeNull();
});

test('a folder that others make at the same time is used', async () => {
  disk.isShared = true;
  await openTestStore({ path: `${newPath()}/below` });
});

test('a drive that is not there is called so', async () => {
  const path = newPath();
  Object.assign(disk, { isGone: true, isReadOnly: true });
  await expect(openEmbedded({ path })).rejects.toMatchObject({
    code: 'PATH_UNUSABLE',
    cause: { code: 'EROFS' },
  });
});

test('an opening that fails on a full disk leaves nothing open and nothing behind', async () => {
  const path = newPath();
  const store = await openEmbedded({ path });
  await store.close();
  disk.takesNoWords = true;
  for (let attempt = 1; attempt <= 3; attempt++) {
    await expect(openEmbedded({ path })).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    expect(readdirSync(`${path}/norikv.mdb-gate`)).toEqual([]);
  }
  expect(disk.openFiles).toBe(0);
  disk.takesNoWords = false;
  await openTestStore({ path });
});

test('a full disk that gives no byte for a sign can be opened, read and backed up', async () => {
  const path = newPath();
  const before = await openEmbedded({ path });
  await before.put('key', 'value');
  await before.close();
  Object.assign(disk, { takesNoBytes: true, freeBytes: 0 });
  const store = await openTestStore({ path });
  expect(await store.find('key')).not.toBeNull();
  const file = newPath('backup');
  await store.backup(file);
  expect(existsSync(file)).toBe(true);
});

test('a read-only volume is called so where a folder cannot be made on it', async () => {
  const path = newPath();
  disk.isReadOnly = true;
  for (const missing of [path, `${path}/below`]) {
    await expect(openEmbedded({ path: missing })).rejects.toMatchObject({
      code: 'PATH_UNUSABLE',
      cause: { code: 'EROFS' },
    });
  }
});

describe('vectors on such a disk', () => {
  test('are not there if their tables cannot be made, and can be made later', async () => {
    const store = await openTestStore({ path: newPath() });
    disk.refusesTables = true;
    const create = store.vectorCreateIndex('some', 1, 'euclidean');
    await expect(create).rejects.toMatchObject({ code: 'UNAVAILABLE', outcome: 'not-applied' });
    disk.refusesTables = false;
    expect(await store.vectorCreateIndex('some', 1, 'euclidean')).toBe(true);
  });

  test('that cannot be read give the same error to everyone, and are read later', async () => {
    const path = newPath();
    const first = await openTestStore({ path });
    await first.vectorCreateIndex('some', 1, 'euclidean');
    await first.vectorInsert('some', 'a', [1]);
    const store = await openTestStore({ path });
    disk.cannotRead = true;
    const unavailable = { code: 'UNAVAILABLE', outcome: 'not-applied' };
    await expect(store.vectorSearch('some', [1], 1)).rejects.toMatchObject(unavailable);
    await expect(store.vectorGet('some', 'a')).rejects.toMatchObject(unavailable);
    disk.cannotRead = false;
    expect((await store.vectorSearch('some', [1], 1)).matches).toEqual([{ id: 'a', distance: 0 }]);
  });
});
