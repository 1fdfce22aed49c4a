import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { prepareFolder } from '../src/folder.js';
import { FolderGate } from '../src/gate.js';
import { ownIdentity } from '../src/process-identity.js';
import { newPath, openTestStore } from './support/folders.js';

// A process that has used up its file descriptors cannot see who else is at the gate.

const system = vi.hoisted(() => ({ hasNoFilesLeft: false, removesNothing: false }));

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const unlessNoneLeft =
    (look: (...given: never[]) => unknown) =>
    (...given: unknown[]): unknown => {
      if (system.hasNoFilesLeft) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
      return Reflect.apply(look, fs, given);
    };
  const rmSync = (...given: Parameters<typeof fs.rmSync>): void => {
    if (system.removesNothing) throw Object.assign(new Error('operation not permitted'), { code: 'EPERM' });
    fs.rmSync(...given);
  };
  return {
    ...fs,
    rmSync,
    readdirSync: unlessNoneLeft(fs.readdirSync),
    readFileSync: unlessNoneLeft(fs.readFileSync),
    readlinkSync: unlessNoneLeft(fs.readlinkSync),
  };
});

beforeEach(() => {
  Object.assign(system, { hasNoFilesLeft: false, removesNothing: false });
});

const refused = { code: 'UNAVAILABLE', outcome: 'not-applied', retryable: true };

function gateOf(path: string): FolderGate {
  return new FolderGate(prepareFolder(path), 'disk');
}

test('who cannot see whether somebody opens the store does not commit to it', async () => {
  const path = newPath();
  const [opener, writer] = [gateOf(path), gateOf(path)];
  // Has just looked: that look does not count once another has failed.
  await writer.together(async () => undefined);
  const committed = vi.fn(async () => undefined);
  await opener.alone(async () => {
    system.hasNoFilesLeft = true;
    await expect(writer.together(committed)).rejects.toMatchObject(refused);
    await expect(writer.together(committed)).rejects.toMatchObject(refused);
    system.hasNoFilesLeft = false;
  });
  expect(committed).not.toHaveBeenCalled();
  await writer.together(committed);
  expect(committed).toHaveBeenCalledOnce();
  for (const gate of [opener, writer]) gate.leave();
});

test('who cannot see whether somebody commits to the store does not open it', async () => {
  const path = newPath();
  const [opener, writer] = [gateOf(path), gateOf(path)];
  let endWork: (() => void) | undefined;
  const work = writer.together(
    () =>
      new Promise<void>((resolve) => {
        endWork = resolve;
      }),
  );
  const opened = vi.fn(() => undefined);
  const opening = opener.alone(opened);
  system.hasNoFilesLeft = true;
  await expect(opening).rejects.toMatchObject(refused);
  system.hasNoFilesLeft = false;
  endWork?.();
  await work;
  expect(opened).not.toHaveBeenCalled();
  await opener.alone(opened);
  for (const gate of [opener, writer]) gate.leave();
});

test('a process that cannot look itself up is known by its number', () => {
  system.hasNoFilesLeft = true;
  expect(ownIdentity()).toBe(`${process.pid}-0`);
});

test('a write is refused while that lasts, and taken afterwards', async () => {
  const store = await openTestStore({ path: newPath() });
  system.hasNoFilesLeft = true;
  const writing = (async () => {
    for (;;) await store.put('key', 'value');
  })();
  await expect(writing).rejects.toMatchObject(refused);
  system.hasNoFilesLeft = false;
  await store.put('key', 'next');
});

test('a sign that a dead process of another user left says nothing, though it cannot be taken down', async () => {
  const path = newPath();
  const gate = gateOf(path);
  for (const kind of ['alone', 'member']) {
    writeFileSync(join(prepareFolder(path).gatePath, `${kind}-no-process-0`), '1');
  }
  system.removesNothing = true;
  expect(await gate.together(async () => 'committed')).toBe('committed');
  system.removesNothing = false;
  gate.leave();
});
