import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { isNoriKVError, type NoriKVError, ResourceExhaustedError } from '@norikv/store';
import { ForeignFilesError, PathUnusableError } from './errors.js';
import { isNoRoom } from './room.js';

const dataFileName = 'norikv.mdb';
const gateName = `${dataFileName}-gate`;
const harmless = ['lost+found', `${dataFileName}-lock`, gateName];

/** Modes of what a store makes: nothing for other users of the machine. The umask decides about the group. */
export const fileMode = 0o660;
export const folderMode = 0o770;

/** Where a store lives. */
export interface Folder {
  readonly path: string;
  readonly dataFile: string;
  /** See `Gate`. */
  readonly gatePath: string;
  /** A folder on the same volume, which may be mounted at `path`. That of a temporary store soon has no name. */
  readonly volume: string;
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
    makeFolder(folder.path);
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
    return new ResourceExhaustedError(`${path} has no room (${String(cause)}); free some on that disk`, {
      cause,
    });
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
  const volume = isTemporary ? dirname(path) : path;
  return { path, dataFile: join(path, dataFileName), gatePath: join(path, gateName), volume, isTemporary };
}

/** Makes a folder and those above it. Node's `recursive` would call a read-only volume a missing file. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    mkdirSync(path, folderMode);
  } catch (error) {
    // Whoever opens the store at the same time may have made it.
    if (!existsSync(path)) throw error;
  }
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
