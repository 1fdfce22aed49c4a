import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { writeWholeFile } from '../src/backup.js';
import { type EmbeddedOptions, restoreBackup } from '../src/index.js';
import { newFolder, newPath, openTestStore } from './support/folders.js';

const others = vi.hoisted(() => ({ beforeOpening: async (_path: string): Promise<void> => undefined }));

vi.mock('../src/open.js', async (original) => {
  const open = await original<typeof import('../src/open.js')>();
  const openEmbedded = async (options: EmbeddedOptions): ReturnType<typeof open.openEmbedded> => {
    const { beforeOpening } = others;
    others.beforeOpening = async () => undefined;
    await beforeOpening(options.path ?? '');
    return open.openEmbedded(options);
  };
  return { ...open, openEmbedded };
});

test('a restored store that another opens first, for itself alone, is left to him', async () => {
  const source = await openTestStore({ path: newPath() });
  await source.put('key', 'value');
  const file = newPath('backup');
  await source.backup(file);
  const path = newPath();
  let isTheirs = false;
  others.beforeOpening = async () => {
    const theirs = await openTestStore({ path, exclusive: true });
    await theirs.put('theirs', 'value');
    isTheirs = true;
  };
  await restoreBackup(file, path);
  expect(isTheirs).toBe(true);
  expect(readdirSync(path)).toContain('norikv.mdb');
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
