import { existsSync } from 'node:fs';
import { chmod, copyFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { refuse } from '@norikv/store/checks';
import { writeWholeFile } from './backup.js';
import { checkBackup } from './data-file.js';
import { DamagedStoreError, ForeignFilesError, NewerFormatError } from './errors.js';
import { prepareFolder } from './folder.js';
import { openEmbedded } from './open.js';

/**
 * Makes a store in an empty folder from a file that `backup` wrote, once it has been seen to be whole and to open.
 *
 * The restored store gives versions of a new term, so none of them equals one the lost store gave after the
 * backup was made. Records keep the versions they had. A backup file put into place by other means (named
 * `norikv.mdb`, in a folder of its own) gets a new term as well when it is first opened, but nobody looks whether its
 * end is missing. Do not write it over the file of a store: what is overwritten in place is still that file, and would
 * give the same versions again.
 *
 * @throws InvalidArgumentError if the folder holds a store, also one made meanwhile, or there is no such file.
 * @throws DamagedStoreError if the file is not whole: empty, cut off, or not written by `backup`.
 * @throws PathUnusableError, ResourceExhaustedError, ForeignFilesError or NewerFormatError.
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
  const { dataFile } = prepareFolder(path);
  await writeWholeFile(dataFile, async (draft) => {
    await copyFile(source, draft);
    // The copy has the mode of the backup, which may be one that is only read.
    const { mode } = await stat(draft);
    await Promise.allSettled([chmod(draft, mode | 0o600)]);
    try {
      checkBackup(draft);
      // Tried out where nobody else looks for a store.
      const store = await openEmbedded({ path: dirname(draft) });
      await store.close();
    } catch (error) {
      throw aboutBackup(error, draft, source);
    }
  });
}

/** Errors about a draft, which is soon gone, name the backup that it is a copy of. */
function aboutBackup(error: unknown, draft: string, backup: string): unknown {
  for (const Class of [DamagedStoreError, ForeignFilesError, NewerFormatError]) {
    if (error instanceof Class) return new Class(error.message.replaceAll(draft, backup), { cause: error });
  }
  return error;
}
