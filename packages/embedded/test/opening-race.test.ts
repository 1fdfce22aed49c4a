import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { prepareFolder } from '../src/folder.js';
import { newFolder } from './support/folders.js';

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const readdirSync = (path: string): string[] => {
    if (path.includes('norikv-test')) fs.writeFileSync(join(path, 'norikv.mdb'), '');
    return fs.readdirSync(path);
  };
  return { ...fs, readdirSync };
});

test('a store that another process makes at this moment is no foreign file', () => {
  const path = newFolder();
  expect(prepareFolder(path).dataFile).toBe(join(path, 'norikv.mdb'));
});
