import { randomUUID } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { InvalidArgumentError } from '@norikv/store';
import { unusable } from './folder.js';

/**
 * Makes a file whole or not at all: `write` gets another name, which becomes the real one when it is flushed.
 *
 * @param name - of the file. The folder a relative name counts from is the one of now.
 * @param draft - the other name, if it matters.
 * @throws InvalidArgumentError if the file exists.
 * @throws PathUnusableError if it cannot be written, and what `write` throws of the contract.
 */
export async function writeWholeFile(
  name: string,
  write: (partial: string) => Promise<void>,
  draft?: string,
): Promise<void> {
  const file = resolve(name);
  checkAbsent(file);
  const partial = draft ?? `${file}.${randomUUID()}.partial`;
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
    throw unusable(file, error);
  }
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
