import { CheckedStore } from './checked-store.js';
import { checkDataFile } from './data-file.js';
import type { EmbeddedStore } from './embedded-store.js';
import { Engine } from './engine.js';
import { openEnvironment } from './environment.js';
import { prepareFolder, removeFolder } from './folder.js';
import { FolderGate, type Gate, openGate } from './gate.js';
import { type EmbeddedOptions, type Settings, settingsOf } from './options.js';

/**
 * Opens a store in a folder, or an ephemeral one.
 *
 * Several processes of one machine may open one folder at a time: conditional writes are atomic across them
 * and every read sees what any of them has acknowledged.
 *
 * @throws InvalidArgumentError for a bad option, by name.
 * @throws PathUnusableError, ForeignFilesError, NewerFormatError or DamagedStoreError about the folder.
 * @throws StoreInUseError if others have it open in a way that does not fit, or in another process namespace.
 * @throws ResourceExhaustedError for want of room.
 * @throws UnavailableError if the disk fails, or a process is stopped in the middle of opening or writing it.
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
  const engine = await openEngine(settings);
  try {
    await engine.enter();
  } catch (error) {
    await engine.close();
    throw error;
  }
  return new CheckedStore(engine, settings.durableAck);
}

/** An ephemeral store: `openEmbedded()` under the name the documentation of NoriKV gives it. */
export function createEphemeral(): Promise<EmbeddedStore> {
  return openEmbedded();
}

async function openEngine(settings: Settings): Promise<Engine> {
  const { path, durability } = settings;
  const folder = prepareFolder(path);
  let gate: Gate = openGate;
  try {
    checkDataFile(folder);
    if (!folder.isTemporary) gate = new FolderGate(folder, durability);
    const environment = await openEnvironment(folder, durability === 'disk', gate);
    return new Engine(folder, settings, environment, gate);
  } catch (error) {
    gate.leave();
    if (folder.isTemporary) removeFolder(folder);
    throw error;
  }
}
