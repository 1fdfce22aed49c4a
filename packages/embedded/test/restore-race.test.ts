import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UnavailableError } from '@norikv/store';
import { expect, test, vi } from 'vitest';
import { writeWholeFile } from '../src/backup.js';
import { type EmbeddedOptions, type EmbeddedStore, restoreBackup } from '../src/index.js';
import { newFolder, newPath, openTestStore } from './support/folders.js';

const others = vi.hoisted(() => ({ beforeOpening: async (): Promise<void> => undefined }));

vi.mock('../src/open.js', async (original) => {
  const open = await original<typeof import('../src/open.js')>();
  const openEmbedded = async (options: EmbeddedOptions): ReturnType<typeof open.openEmbedded> => {
    const { beforeOpening } = others;
    others.beforeOpening = async () => undefined;
    await beforeOpening();
    return open.openEmbedded(options);
  };
  return { ...open, openEmbedded };
});

async function backupOf(): Promise<string> {
  const source = await openTestStore({ path: newPath() });
  await source.put('key', 'value');
  const file = newPath('backup');
  await source.backup(file);
  return file;
}

test('a store that another makes while a backup is tried out is left to him', async () => {
  const file = await backupOf();
  const path = newPath();
  let theirs: EmbeddedStore | undefined;
  others.beforeOpening = async () => {
    theirs = await openTestStore({ path });
    await theirs.put('theirs', 'value');
  };
  await expect(restoreBackup(file, path)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  await theirs?.close();
  await expect((await openTestStore({ path })).find('theirs')).resolves.not.toBeNull();
  expect(readdirSync(path).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('a backup that cannot be tried out now leaves nothing, and can be restored later', async () => {
  const file = await backupOf();
  const path = newPath();
  others.beforeOpening = async () => {
    throw new UnavailableError('no file descriptors left', { outcome: 'not-applied' });
  };
  await expect(restoreBackup(file, path)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(readdirSync(path)).toEqual([]);
  await restoreBackup(file, path);
  await expect((await openTestStore({ path })).find('key')).resolves.not.toBeNull();
});

test("a restoring that was killed half-way is in nobody's way", async () => {
  const file = await backupOf();
  const path = newPath();
  const isTriedOut = new Promise<void>((resolve) => {
    others.beforeOpening = () => {
      resolve();
      return new Promise(() => undefined);
    };
  });
  void restoreBackup(file, path);
  await isTriedOut;
  await restoreBackup(file, path);
  await expect((await openTestStore({ path })).find('key')).resolves.not.toBeNull();
});

test('names count from the folder the process is in when it calls', async () => {
  const source = await openTestStore({ path: newPath() });
  const [here, elsewhere] = [newFolder(), newFolder()];
  const before = process.cwd();
  try {
    process.chdir(here);
    const backup = source.backup('copy');
    process.chdir(elsewhere);
    await backup;
    process.chdir(here);
    const restoring = restoreBackup('copy', 'restored');
    process.chdir(elsewhere);
    await restoring;
  } finally {
    process.chdir(before);
  }
  expect(readdirSync(here)).toEqual(['copy', 'restored']);
  expect(readdirSync(elsewhere)).toEqual([]);
});

test('a file that comes while its place is being filled is not overwritten', async () => {
  const folder = newFolder();
  const file = join(folder, 'norikv.mdb');
  const writing = writeWholeFile(file, async (partial) => {
    await writeFile(partial, 'a copy');
    writeFileSync(file, 'precious');
  });
  await expect(writing).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  expect(readFileSync(file, 'utf8')).toBe('precious');
  expect(readdirSync(folder)).toEqual(['norikv.mdb']);
});
