import { readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { readGraphFile } from '../src/vectors/graph-file.js';
import { GraphFolder } from '../src/vectors/graph-folder.js';
import { Pacer } from '../src/vectors/pacer.js';
import { newFolder } from './support/folders.js';

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
