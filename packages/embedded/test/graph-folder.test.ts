import { readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { readGraphFile } from '../src/vectors/graph-file.js';
import { GraphFolder } from '../src/vectors/graph-folder.js';
import { Pacer } from '../src/vectors/pacer.js';
import { newFolder } from './support/folders.js';

const system = vi.hoisted(() => ({ removesNothing: false }));

vi.mock('node:fs/promises', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs/promises')>();
  const rm = async (...given: Parameters<typeof fs.rm>): Promise<void> => {
    if (system.removesNothing) throw Object.assign(new Error('EPERM: unlink'), { code: 'EPERM' });
    await fs.rm(...given);
  };
  return { ...fs, rm };
});

test('a graph is made by one at a time, and shows when it is whole', async () => {
  const path = join(newFolder(), 'graphs');
  const folder = new GraphFolder(path);
  expect(await folder.list(1)).toEqual([]);
  const claimed = (await folder.claim(1, 10)) ?? 'none';
  expect(await new GraphFolder(path).claim(1, 12)).toBeUndefined();
  expect(readdirSync(path)).toEqual([basename(claimed)]);
  expect(await folder.claim(2, 12)).toBeDefined();
  expect(await folder.list(1)).toEqual([]);
  const file = await folder.publish(claimed, 1);
  expect(await folder.list(1)).toMatchObject([{ file, position: 10 }]);
  const next = (await folder.claim(1, 20)) ?? 'none';
  const newer = await folder.publish(next, 1);
  expect(await folder.list(1)).toMatchObject([{ file: newer, position: 20 }]);
});

test('what a process that has died had begun is in nobody’s way, and goes', async () => {
  const path = newFolder();
  const folder = new GraphFolder(path);
  const left = '1_5_999999999-1-00ff00ff00ff.partial';
  for (const name of [left, '2_5_999999999-1-00ff00ff00ff.partial', 'notes.txt']) {
    writeFileSync(join(path, name), '');
  }
  const claimed = (await folder.claim(1, 7)) ?? 'none';
  const file = await folder.publish(claimed, 1);
  expect(readdirSync(path).sort()).toEqual(
    [basename(file), '2_5_999999999-1-00ff00ff00ff.partial', 'notes.txt'].sort(),
  );
  await folder.keepOnly(() => new Set([1]));
  expect(readdirSync(path).sort()).toEqual([basename(file), 'notes.txt'].sort());
});

test('a graph that Windows does not remove, as it is in use, is removed by the next', async () => {
  const path = newFolder();
  const folder = new GraphFolder(path);
  writeFileSync(join(path, '1_5_7-1-aa.graph'), '');
  system.removesNothing = true;
  const file = await folder.publish((await folder.claim(1, 10)) ?? 'none', 1);
  await folder.keepOnly(() => new Set());
  expect(readdirSync(path)).toHaveLength(2);
  system.removesNothing = false;
  const next = await folder.publish((await folder.claim(1, 20)) ?? 'none', 1);
  expect(readdirSync(path)).toEqual([basename(next)]);
  expect(next).not.toBe(file);
});

test('the newest graph comes first', async () => {
  const path = newFolder();
  for (const position of [9, 100, 20]) writeFileSync(join(path, `1_${position}_7-1-aa.graph`), '');
  const listed = await new GraphFolder(path).list(1);
  expect(listed.map(({ position }) => position)).toEqual([100, 20, 9]);
});

test('a graph file that is not there is none', async () => {
  const shape = { dimensions: 1, distance: 'cosine' } as const;
  expect(await readGraphFile(join(newFolder(), 'none.graph'), shape, new Pacer())).toBeUndefined();
});
