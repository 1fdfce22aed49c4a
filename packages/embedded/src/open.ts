import { checkDataFile } from './data-file.js';
import { EmbeddedStore } from './embedded-store.js';
import { Engine } from './engine.js';
import { prepareFolder } from './folder.js';
import { openBesideNeighbours } from './neighbours.js';
import { type EmbeddedOptions, settingsOf } from './options.js';

/**
 * Opens a store in a folder, or an ephemeral one.
 *
 * Several processes of one machine may open one folder at a time: conditional writes are atomic across them
 * and every read sees what any of them has acknowledged.
 *
 * @throws InvalidArgumentError for a bad option, by name.
 * @throws PathUnusableError, ForeignFilesError, NewerFormatError or DamagedStoreError about the folder.
 * @throws StoreInUseError if others have it open in a way that does not fit.
 *
 * @example
 * ```ts
 * await using store = await openEmbedded({ path: './data' });
 * const version = await store.put('greeting', 'hello', { ifNotExists: true });
 * await store.put('greeting', 'good day', { ifMatchVersion: version });
 * ```
 */
export async function openEmbedded(options: EmbeddedOptions = {}): Promise<EmbeddedStore> {
  const settings = settingsOf(options);
  const folder = prepareFolder(settings.path);
  const engine = await openBesideNeighbours(folder.dataFile, () => {
    checkDataFile(folder);
    return new Engine(folder, settings);
  });
  try {
    await engine.enter();
  } catch (error) {
    await engine.close();
    throw error;
  }
  return new EmbeddedStore(engine, settings.durableAck);
}

/** An ephemeral store: `openEmbedded()` under the name the documentation of NoriKV gives it. */
export function createEphemeral(): Promise<EmbeddedStore> {
  return openEmbedded();
}
