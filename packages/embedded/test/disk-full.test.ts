import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { isNoriKVError } from '@norikv/store';
import { describe, expect, test } from 'vitest';
import { explainCommitFailure } from '../src/commit-failure.js';
import { unusable } from '../src/folder.js';
import { restoreBackup } from '../src/index.js';
import { newFolder, newPath, openTestStore } from './support/folders.js';
import { startProgram } from './support/programs.js';

test.skipIf(process.platform === 'win32')(
  'a write the disk refuses is not applied, and the store goes on',
  async () => {
    const program = startProgram('fill-up', [newPath()], 'ulimit -f 1000');
    const lines = await program.rest();
    expect(await program.exited, program.errors()).toBe(0);
    expect(lines.at(-1)).toBe('done');
    for (const line of lines.slice(0, -1))
      expect(line).toMatch(/^(UNAVAILABLE|RESOURCE_EXHAUSTED) not-applied$/);
    expect(lines.length).toBe(4);
  },
);

const onSmallVolume = 'unshare --user --map-root-user --mount sh -c';
const hasNamespaces = spawnSync('sh', ['-c', `${onSmallVolume} 'mount -t tmpfs tmpfs /mnt'`]).status === 0;

test.skipIf(!hasNamespaces)(
  'a store on a full disk opens, is read, and is backed up to another',
  async () => {
    const [path, file] = [newFolder(), newPath('backup')];
    const mount = `mount -t tmpfs -o size=2m tmpfs ${path} && exec "$@"`;
    const program = startProgram(
      'open-when-full',
      [path, file],
      `set -- ${onSmallVolume} '${mount}' sh "$@"`,
    );
    const lines = ['ENOSPC', 'value', 'true', 'RESOURCE_EXHAUSTED not-applied'];
    expect(await program.rest(), program.errors()).toEqual(lines);
    expect(await program.exited, program.errors()).toBe(0);
    // LMDB prints what the disk refuses, and overruns its memory as it does so.
    expect(program.errors()).toBe('');
    const restored = newPath();
    await restoreBackup(file, restored);
    expect((await (await openTestStore({ path: restored })).stats()).keys).toBe(10);
  },
);

// LMDB's copy of a store fails with the system's words and no code.
test.each([
  ['No space left on device', 'RESOURCE_EXHAUSTED'],
  ['Disk quota exceeded', 'RESOURCE_EXHAUSTED'],
  ['File too large', 'RESOURCE_EXHAUSTED'],
  ['Too many open files', 'PATH_UNUSABLE'],
])('a backup that fails with %j is %s', (words, code) => {
  expect(unusable('backup', new Error(words))).toMatchObject({ code });
});

test('a path that sounds like a full disk is none', () => {
  const cause = Object.assign(new Error("ENOENT: no such file '/: no space'"), { code: 'ENOENT' });
  expect(unusable('backup', cause)).toMatchObject({ code: 'PATH_UNUSABLE' });
});

describe('a failed commit', () => {
  const folder = tmpdir();

  test.each([
    ['ENOSPC', 28],
    ['EFBIG', 27],
    ['MDB_MAP_FULL', -30_792],
    ['MDB_TXN_FULL', -30_788],
  ])('for want of room (%s) was not applied', async (message, code) => {
    const cause = Object.assign(new Error(message), { code });
    const error = await explainCommitFailure(wrapped(cause), { folder, readable: true });
    expect(error).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      outcome: 'not-applied',
      retryable: true,
      cause,
    });
  });

  test('for another reason was not applied either, while the store can be read', async () => {
    const cause = Object.assign(new Error('Input/output error'), { code: 5 });
    const error = await explainCommitFailure(wrapped(cause), { folder, readable: true });
    expect(error).toMatchObject({ code: 'UNAVAILABLE', outcome: 'not-applied', retryable: true, cause });
  });

  test('is unknown when the store cannot be read any more', async () => {
    const cause = Object.assign(new Error('Input/output error'), { code: 5 });
    const error = await explainCommitFailure(wrapped(cause), { folder, readable: false });
    expect(error).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown', cause });
  });

  test('that is an error of the contract is passed on, and one without a wrapper explained', async () => {
    const cause = Object.assign(new Error('Input/output error'), { code: 5 });
    const error = await explainCommitFailure(cause, { folder: `${folder}/missing`, readable: true });
    expect(isNoriKVError(error)).toBe(true);
    expect(await explainCommitFailure(error, { folder, readable: false })).toBe(error);
  });
});

/** As lmdb rejects: the reason comes a moment later. */
function wrapped(cause: Error): Error {
  const commitError = new Promise((_, reject) => setTimeout(reject, 1, cause));
  return Object.assign(new Error('Commit failed (see commitError for details)'), { commitError });
}
