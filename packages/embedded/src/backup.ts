import { existsSync, renameSync } from 'node:fs';
import { chmod, mkdtemp, open, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { InvalidArgumentError } from '@norikv/store';
import type { RootDatabase } from 'lmdb';
import { fillBackup } from './data-file.js';
import { fileMode, makeFolder, unusable } from './folder.js';

/** Copies an environment, as it is at one moment, to a new file. Throws as {@link writeWholeFile} does. */
export function writeBackup(root: RootDatabase<Buffer, Uint8Array>, name: string): Promise<void> {
  return writeWholeFile(name, async (draft) => {
    await root.backup(draft, false);
    fillBackup(draft);
  });
}

/**
 * Makes a file whole or not at all: `write` makes it in a folder beside it that only this user can read, and it gets
 * its real name when it is flushed.
 *
 * @param name - of the file. A relative name counts from the working directory at the time of the call.
 * @throws InvalidArgumentError if the file exists.
 * @throws PathUnusableError if it cannot be written, and whatever error of the contract `write` throws.
 */
export async function writeWholeFile(name: string, write: (draft: string) => Promise<void>): Promise<void> {
  const file = resolve(name);
  checkAbsent(file);
  let folder: string | undefined;
  try {
    makeFolder(dirname(file));
    // With a dot in front it is in nobody's way after a crash, not even in the folder of a store.
    folder = await mkdtemp(join(dirname(file), `.${basename(file)}.partial-`));
    const draft = join(folder, basename(file));
    await write(draft);
    await hideFromOthers(draft);
    await flush(draft, 'r+');
    // It may have been made meanwhile. No turn of the event loop between this look and the name.
    checkAbsent(file);
    renameSync(draft, file);
    // Windows has no way to flush a folder.
    if (process.platform !== 'win32') await flush(dirname(file), 'r');
  } catch (error) {
    throw unusable(file, error);
  } finally {
    // The caller is told about the file, not about its draft.
    if (folder) await Promise.allSettled([rm(folder, { recursive: true, force: true })]);
  }
}

function checkAbsent(file: string): void {
  if (existsSync(file)) throw new InvalidArgumentError(`${file} exists and is not overwritten; name another`);
}

/** LMDB lets all users read its copies. A file system without such rights may refuse to change them. */
async function hideFromOthers(file: string): Promise<void> {
  const { mode } = await stat(file);
  await Promise.allSettled([chmod(file, mode & fileMode)]);
}

async function flush(path: string, flags: 'r+' | 'r'): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
