import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { type EmbeddedOptions, type EmbeddedStore, openEmbedded } from '../../src/index.js';
import { endPrograms } from './programs.js';

const folders: string[] = [];
const stores: EmbeddedStore[] = [];

// In this order: nobody makes a file in a folder that is being removed.
afterEach(async () => {
  await endPrograms();
  await Promise.all(stores.splice(0).map((store) => store.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A new empty folder, removed after the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'norikv-test-'));
  folders.push(folder);
  return folder;
}

/** A path in a new folder at which nothing exists. */
export function newPath(name = 'store'): string {
  const path = join(newFolder(), name);
  if (existsSync(path)) throw new Error(`${path} exists`);
  return path;
}

/** Opens a store and closes it after the test. */
export async function openTestStore(options: EmbeddedOptions = {}): Promise<EmbeddedStore> {
  const store = await openEmbedded(options);
  stores.push(store);
  return store;
}
