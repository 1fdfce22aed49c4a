import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isNoriKVError, type NoriKVError, ResourceExhaustedError } from '@norikv/store';
import { isNoRoom } from './commit-failure.js';
import { ForeignFilesError, PathUnusableError } from './errors.js';

const dataFileName = 'norikv.mdb';
const gateName = `${dataFileName}-gate`;
const harmless = ['lost+found', `${dataFileName}-lock`, gateName];

/** Where a store lives. */
export interface Folder {
  readonly path: string;
  readonly dataFile: string;
  /** See `Gate`. */
  readonly gatePath: string;
  /** Removed when the store is closed. */
  readonly isTemporary: boolean;
}

/**
 * The folder of a store, made if it is missing.
 *
 * @throws PathUnusableError if the system refuses.
 * @throws ForeignFilesError if it holds files and none of them is a store.
 */
export function prepareFolder(path: string | undefined): Folder {
  if (path === undefined) return temporaryFolder();
  const folder = folderAt(resolve(path), false);
  try {
    if (existsSync(folder.path) && !statSync(folder.path).isDirectory()) {
      throw new ForeignFilesError(`${folder.path} is a file; a store needs a folder`);
    }
    mkdirSync(folder.path, { recursive: true });
    checkNoForeignFiles(folder.path);
  } catch (error) {
    throw unusable(folder.path, error);
  }
  return folder;
}

/** Removes a temporary folder; on systems that allow it the open files in it stay usable. */
export function removeFolder({ path }: Folder): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}

/** The error for a path the system refuses, or for want of room; an error of the contract as it is. */
export function unusable(path: string, cause: unknown): NoriKVError {
  if (isNoriKVError(cause)) return cause;
  if (isNoRoom(cause)) {
    return new ResourceExhaustedError(`There is no room for ${path} (${String(cause)})`, { cause });
  }
  return new PathUnusableError(`${path} cannot be used (${String(cause)})`, { cause });
}

function temporaryFolder(): Folder {
  const parent = tmpdir();
  try {
    return folderAt(mkdtempSync(join(parent, 'norikv-')), true);
  } catch (error) {
    throw unusable(`${parent}, the folder for temporary files (TMPDIR),`, error);
  }
}

function folderAt(path: string, isTemporary: boolean): Folder {
  return { path, dataFile: join(path, dataFileName), gatePath: join(path, gateName), isTemporary };
}

/** Looks once: whoever opens it at the same time may be making the store. */
function checkNoForeignFiles(path: string): void {
  const names = readdirSync(path);
  if (names.includes(dataFileName)) return;
  const foreign = names.find((name) => !name.startsWith('.') && !harmless.includes(name));
  if (foreign === undefined) return;
  throw new ForeignFilesError(
    `${path} holds other files (such as ${foreign}) and no store; use an empty folder or a new one`,
  );
}
