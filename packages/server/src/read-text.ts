import { readFile } from 'node:fs/promises';
import { reasonOf, UsageError } from './terminal.js';

/** What a file holds. @throws UsageError that names a file that cannot be read. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** The error for a file that cannot be read, or not as what it should be. */
export function unreadable(path: string, cause: unknown): UsageError {
  return new UsageError(`${path} cannot be read: ${reasonOf(cause)}`);
}
