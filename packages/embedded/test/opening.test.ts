import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesToString, InvalidArgumentError } from '@norikv/store';
import { open } from 'lmdb';
import { describe, expect, test, vi } from 'vitest';
import { prepareFolder } from '../src/folder.js';
import {
  createEphemeral,
  DamagedStoreError,
  type EmbeddedOptions,
  ForeignFilesError,
  NewerFormatError,
  openEmbedded,
  PathUnusableError,
} from '../src/index.js';
import { newFolder, newPath, openTestStore } from './support/folders.js';
import { changeMeta, changeRaw, dataFileOf, type RawTable } from './support/raw-store.js';

describe('opening a folder', () => {
  test('makes it, and finds everything in it again', async () => {
    const path = join(newPath(), 'deeper', 'still');
    const store = await openEmbedded({ path });
    const version = await store.put('key', 'value');
    await store.close();
    const again = await openTestStore({ path });
    const entry = await again.get('key');
    expect(bytesToString(entry.value)).toBe('value');
    expect(entry.version).toEqual(version);
    const next = await again.put('key', 'next', { ifMatchVersion: version });
    expect(next.index).toBe(version.index + 1n);
  });

  test('takes an empty folder, and one with nothing but what a volume or an editor leaves there', async () => {
    const path = newFolder();
    mkdirSync(join(path, 'lost+found'));
    writeFileSync(join(path, '.gitkeep'), '');
    await openTestStore({ path });
  });

  test('takes a data file that is still empty', async () => {
    const path = newFolder();
    writeFileSync(dataFileOf(path), '');
    const store = await openTestStore({ path });
    await store.put('key', 'value');
  });

  test.skipIf(process.platform === 'win32')(
    'keeps what it makes from other users of the machine',
    async () => {
      const usual = process.umask(0);
      try {
        const [made, old, file] = [newPath(), newFolder(), newPath('backup')];
        chmodSync(old, 0o777);
        for (const path of [made, old]) await (await openTestStore({ path })).put('key', 'value');
        await (await openTestStore({ path: old })).backup(file);
        const [data, gate] = [dataFileOf(old), prepareFolder(old).gatePath];
        const modes = [made, gate, file, data, `${data}-lock`].map((path) => statSync(path).mode & 0o777);
        expect(modes).toEqual([0o770, 0o770, 0o660, 0o660, 0o660]);
        expect(statSync(old).mode & 0o777).toBe(0o777);
      } finally {
        process.umask(usual);
      }
    },
  );

  test('a store made in the place of a deleted one gives other versions', async () => {
    const [one, other] = [await createEphemeral(), await createEphemeral()];
    const versions = [await one.put('key', 'value'), await other.put('key', 'value')];
    await Promise.all([one.close(), other.close()]);
    expect(versions[0]?.index).toBe(versions[1]?.index);
    expect(versions[0]?.term).toBeGreaterThanOrEqual(1n);
    expect(versions[0]).not.toEqual(versions[1]);
  });
});

describe('opening is refused', () => {
  test('where a file is', async () => {
    const path = join(newFolder(), 'file');
    writeFileSync(path, 'text');
    await expect(openEmbedded({ path })).rejects.toThrow(ForeignFilesError);
  });

  test('for temporary files that is not there', async () => {
    const missing = newPath();
    vi.stubEnv('TMPDIR', missing);
    try {
      const opening = createEphemeral();
      await expect(opening).rejects.toThrow(PathUnusableError);
      await expect(opening).rejects.toThrow(
        `${missing}, the folder for temporary files (TMPDIR), cannot be used`,
      );
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test('at a path that is undefined, as a variable of the environment is that nobody set', async () => {
    const options = { path: process.env.NORIKV_NOBODY_SETS_THIS };
    const opening = openEmbedded(options as EmbeddedOptions);
    await expect(opening).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'path is undefined; use the name of a folder, or leave it out for an ephemeral store',
    });
  });

  test('under a file', async () => {
    const path = join(newFolder(), 'file');
    writeFileSync(path, 'text');
    await expect(openEmbedded({ path: join(path, 'store') })).rejects.toThrow(PathUnusableError);
  });

  test('where other files are, and leaves them alone', async () => {
    const path = newFolder();
    writeFileSync(join(path, 'CURRENT'), 'MANIFEST-000001');
    await expect(openEmbedded({ path })).rejects.toThrow('CURRENT');
    await expect(openEmbedded({ path })).rejects.toThrow(ForeignFilesError);
    expect(readFileSync(join(path, 'CURRENT'), 'utf8')).toBe('MANIFEST-000001');
  });

  test('on an LMDB file of another program, and leaves it alone', async () => {
    const path = newFolder();
    const foreign = open<string, string>({ path: dataFileOf(path), noSubdir: true, overlappingSync: false });
    await foreign.put('their key', 'their value');
    await foreign.close();
    const before = readFileSync(dataFileOf(path));
    await expect(openEmbedded({ path })).rejects.toThrow(ForeignFilesError);
    expect(readFileSync(dataFileOf(path)).equals(before)).toBe(true);
  });

  test.each([
    ['a text', Buffer.from('not a database, but longer than any header\n'.repeat(500))],
    ['a few bytes', Buffer.from('hello')],
    ['zeros', Buffer.alloc(20_000)],
    ['0xff', Buffer.alloc(20_000, 0xff)],
  ])('on a data file that is %s', async (_, bytes) => {
    const path = newFolder();
    writeFileSync(dataFileOf(path), bytes);
    await expect(openEmbedded({ path })).rejects.toThrow(DamagedStoreError);
    expect(readFileSync(dataFileOf(path)).equals(bytes)).toBe(true);
  });

  test.each([
    ['page flags', 18, 1],
    ['magic', 24, 4],
    ['format', 28, 1],
    ['page size', 48, 2],
    ['depth of a tree', 102, 1],
    ['root of a tree', 136, 4],
  ])('on a header with a damaged %s', async (_, at, length) => {
    const path = newPath();
    const store = await openEmbedded({ path });
    await store.put('key', 'value');
    await store.close();
    const bytes = readFileSync(dataFileOf(path));
    for (const page of [0, bytes.readUInt32LE(48)]) {
      for (let place = page + at; place < page + at + length; place++) bytes[place] = ~(bytes[place] ?? 0);
    }
    writeFileSync(dataFileOf(path), bytes);
    await expect(openEmbedded({ path })).rejects.toThrow(DamagedStoreError);
  });

  test('on a file that was cut off behind its headers', async () => {
    const path = newPath();
    const store = await openEmbedded({ path });
    await store.put('key', 'value'.repeat(10_000));
    await store.close();
    writeFileSync(dataFileOf(path), readFileSync(dataFileOf(path)).subarray(0, 8_192));
    await expect(openEmbedded({ path })).rejects.toThrow(DamagedStoreError);
  });

  test('on a newer format, and leaves it alone', async () => {
    const path = newPath();
    await changeMeta(path, 'format', 'norikv-embedded/2');
    const before = readFileSync(dataFileOf(path));
    await expect(openEmbedded({ path })).rejects.toThrow(NewerFormatError);
    await expect(openEmbedded({ path })).rejects.toThrow('has format 2');
    expect(readFileSync(dataFileOf(path)).equals(before)).toBe(true);
  });

  test('on an unreadable format mark', async () => {
    const path = newPath();
    await changeMeta(path, 'format', 'norikv-embedded/x');
    await expect(openEmbedded({ path })).rejects.toThrow(DamagedStoreError);
  });

  test('without its format mark', async () => {
    const path = newPath();
    await changeMeta(path, 'format', undefined);
    await expect(openEmbedded({ path })).rejects.toThrow(DamagedStoreError);
  });

  test.each([
    ['missing', (commits: RawTable) => commits.remove(Buffer.from('last'))],
    ['rubbish', (commits: RawTable) => commits.put(Buffer.from('last'), Buffer.alloc(40, 0xee))],
  ])('with a version counter that is %s', async (_, change) => {
    const path = newPath();
    const store = await openEmbedded({ path });
    await store.put('key', 'value');
    await store.close();
    await changeRaw(path, 'commits', change);
    await expect(openEmbedded({ path })).rejects.toThrow(DamagedStoreError);
  });

  test('where the data file or the lock file is a folder', async () => {
    for (const name of ['norikv.mdb', 'norikv.mdb-lock']) {
      const path = newFolder();
      mkdirSync(join(path, name));
      await expect(openEmbedded({ path })).rejects.toThrow(PathUnusableError);
    }
  });

  test.skipIf(process.getuid?.() === 0)('where nothing may be written', async () => {
    const path = newFolder();
    chmodSync(path, 0o500);
    await expect(openEmbedded({ path })).rejects.toThrow(PathUnusableError);
    chmodSync(path, 0o700);
  });

  test.each<[string, object]>([
    ['path', { path: '' }],
    ['path', { path: 7 }],
    ['path', { path: 'with\0zero' }],
    ['durability', { durability: 'ram' }],
    ['exclusive', { exclusive: 'yes' }],
    ['idempotencyRetentionMs', { idempotencyRetentionMs: 0 }],
    ['sweepIntervalMs', { sweepIntervalMs: 1.5 }],
    ['maxPendingBytes', { maxPendingBytes: -1 }],
    ['maxPendingBytes', { maxPendingBytes: '5' }],
    ['clock.now', { clock: {} }],
    ['clock.startTimer', { clock: { now: Date.now, monotonic: Date.now } }],
  ])('with a bad %s: %j', async (name, options) => {
    const opening = openEmbedded(options as EmbeddedOptions);
    await expect(opening).rejects.toThrow(InvalidArgumentError);
    await expect(opening).rejects.toThrow(`${name} is `);
  });
});
