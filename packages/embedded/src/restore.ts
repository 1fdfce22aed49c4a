import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { refuse } from '@norikv/store/checks';
import { copyWholeFile } from './backup.js';
import { StoreInUseError } from './errors.js';
import { prepareFolder } from './folder.js';
import { openEmbedded } from './open.js';

/**
 * Makes a store in an empty folder from a file that `backup` wrote, and checks that it opens.
 *
 * The restored store gives versions of a new term, so none of them equals one the lost store gave after the
 * backup was made. Records keep the versions they had. A backup file put into place by other means (named
 * `norikv.mdb`, in a folder of its own) gets a new term as well when it is first opened.
 *
 * @throws InvalidArgumentError if the folder holds a store, also one made meanwhile, or there is no such file.
 * @throws PathUnusableError, ForeignFilesError, NewerFormatError or DamagedStoreError.
 */
export async function restoreBackup(file: string, path: string): Promise<void> {
  if (typeof file !== 'string' || !existsSync(file)) {
    refuse('file', file, 'the name of a file that backup wrote');
  }
  // Without a folder `openEmbedded` makes one that is removed when it is closed.
  if (typeof path !== 'string' || path === '') {
    refuse('path', path, 'the name of the folder of the new store');
  }
  const { dataFile, gatePath } = prepareFolder(path);
  await copyWholeFile(file, dataFile);
  try {
    const store = await openEmbedded({ path });
    await store.close();
  } catch (error) {
    // Somebody else was faster and has opened it: it is good, and theirs.
    if (error instanceof StoreInUseError) return;
    const made = [dataFile, `${dataFile}-lock`, gatePath];
    await Promise.all(made.map((name) => rm(name, { force: true, recursive: true })));
    throw error;
  }
}
