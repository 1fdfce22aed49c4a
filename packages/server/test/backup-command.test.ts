import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Folder, newFolder, norikv, ServerProcess } from './support/programs.js';
import { run } from './support/run.js';

let folder: Folder;
beforeEach(async () => {
  folder = await newFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const path = (name: string): string => join(folder.path, name);
const serve = (data: string): Promise<ServerProcess> =>
  ServerProcess.start(['--data', path(data), '--port', '0', '--http', 'off']);

it('copies the folder of a server that runs, for another server', async () => {
  await using server = await serve('data');
  await norikv(['put', server.address, 'key', 'kept']);
  expect(await norikv(['backup', path('data'), path('copy')])).toEqual({ code: 0, out: '', error: '' });
  await norikv(['put', server.address, 'key', 'lost']);
  expect(await norikv(['restore', path('copy'), path('new')])).toEqual({ code: 0, out: '', error: '' });
  await using restored = await serve('new');
  expect(await norikv(['get', restored.address, 'key'])).toMatchObject({ out: 'kept' });
  expect(await norikv(['get', server.address, 'key'])).toMatchObject({ out: 'lost' });
}, 240_000);

it('makes no store where there is none, and overwrites nothing', async () => {
  await mkdir(path('empty'));
  for (const name of ['empty', 'nowhere']) {
    expect(await run(['backup', path(name), path('copy')])).toMatchObject({
      code: 2,
      error: expect.stringContaining(`${path(name)} holds no store`),
    });
  }
  expect([existsSync(path('nowhere')), existsSync(path('copy'))]).toEqual([false, false]);
  await run(['--data', path('data'), '--port', '0', '--http', 'off']);
  await writeFile(path('copy'), 'of yesterday');
  expect(await run(['backup', path('data'), path('copy')])).toMatchObject({
    code: 2,
    error: expect.stringContaining('copy exists'),
  });
  expect(await run(['backup', path('data'), path('second')])).toMatchObject({ code: 0 });
  expect(await run(['restore', path('second'), path('new')])).toEqual({ code: 0, out: '', error: '' });
  expect(await run(['restore', path('second'), path('data')])).toMatchObject({
    code: 2,
    error: expect.stringContaining('exists'),
  });
  expect(await run(['restore', path('missing'), path('other')])).toMatchObject({ code: 2 });
  expect(await run(['restore', path('copy'), path('other')])).toMatchObject({ code: 1 });
});

it.each([
  [['backup', 'folder'], 'use: norikv backup FOLDER FILE'],
  [['restore', 'file', 'folder', 'more'], 'use: norikv restore FILE FOLDER'],
  [['backup', 'folder', 'file', '--force'], "Unknown option '--force'"],
])('%j is refused', async (args, message) => {
  expect(await run(args)).toMatchObject({ code: 2, error: expect.stringContaining(message) });
});
