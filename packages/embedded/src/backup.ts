import { randomUUID } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import { copyFile, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InvalidArgumentError } from '@norikv/store';
import { unusable } from './folder.js';

/**
 * Makes a file whole or not at all: `write` gets another name, which becomes the real one when it is flushed.
 *
 * @throws InvalidArgumentError if the file exists.
 * @throws PathUnusableError if it cannot be written.
 */
export async function writeWholeFile(file: string, write: (partial: string) => Promise<void>): Promise<void> {
  checkAbsent(file);
  const partial = `${file}.${randomUUID()}.partial`;
  try {
    await write(partial);
    await flush(partial, 'r+');
    // It may have been made while this was written. No turn between the look and the name.
    checkAbsent(file);
    renameSync(partial, file);
    // Windows has no way to flush a folder.
    if (process.platform !== 'win32') await flush(dirname(file), 'r');
  } catch (error) {
    // What is told is why it could not be written, not why it could not be removed.
    await rm(partial, { force: true }).catch(() => undefined);
    throw error instanceof InvalidArgumentError ? error : unusable(file, error);
  }
}

/** Copies a file, whole or not at all. */
export async function copyWholeFile(from: string, to: string): Promise<void> {
  await writeWholeFile(to, (partial) => copyFile(from, partial));
}

function checkAbsent(file: string): void {
  if (existsSync(file)) throw new InvalidArgumentError(`${file} exists; name a file that does not`);
}

async function flush(path: string, flags: 'r+' | 'r'): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
