import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { refuse } from '@norikv/store/checks';
import { writeWholeFile } from './backup.js';
import { prepareFolder } from './folder.js';
import { openEmbedded } from './open.js';

/**
 * Makes a store in an empty folder from a file that `backup` wrote, once it has been seen to open.
 *
 * The restored store gives versions of a new term, so none of them equals one the lost store gave after the
 * backup was made. Records keep the versions they had. A backup file put into place by other means (named
 * `norikv.mdb`, in a folder of its own) gets a new term as well when it is first opened. Do not write it over the
 * file of a store: what is overwritten in place is still that file, and would give the same versions again.
 *
 * @throws InvalidArgumentError if the folder holds a store, also one made meanwhile, or there is no such file.
 * @throws PathUnusableError, ResourceExhaustedError, ForeignFilesError, NewerFormatError or DamagedStoreError.
 */
export async function restoreBackup(file: string, path: string): Promise<void> {
  if (typeof file !== 'string' || !existsSync(file)) {
    refuse('file', file, 'the name of a file that backup wrote');
  }
  // Without a folder `openEmbedded` makes one that is removed when it is closed.
  if (typeof path !== 'string' || path === '') {
    refuse('path', path, 'the name of the folder of the new store');
  }
  const source = resolve(file);
  const folder = prepareFolder(path);
  // Nobody looks for a store in there: what is tried out is nobody's, and what remains after a crash is in no one's way.
  const draft = join(folder.path, `.restore-${randomUUID()}`);
  const tryOut = async (copy: string): Promise<void> => {
    await mkdir(draft);
    await copyFile(source, copy);
    const store = await openEmbedded({ path: draft });
    await store.close();
  };
  try {
    await writeWholeFile(folder.dataFile, tryOut, join(draft, basename(folder.dataFile)));
  } finally {
    // What is told is what became of the store, not of the draft.
    await Promise.allSettled([rm(draft, { force: true, recursive: true })]);
  }
}
