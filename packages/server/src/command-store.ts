import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { exitCodes } from './exit-codes.js';
import { loadEmbedded } from './load-embedded.js';
import { UsageError } from './terminal.js';

/** Arguments of the commands on the folder of a store, which a server may have open. */
const shapes = { backup: 'FOLDER FILE', restore: 'FILE FOLDER' } as const;

/** A command on the folder of a store. */
export type StoreCommand = keyof typeof shapes;

/** Whether a word is the name of such a command. */
export function isStoreCommand(name: string): name is StoreCommand {
  return Object.hasOwn(shapes, name);
}

/** Runs `backup` or `restore`. */
export async function storeCommand(name: StoreCommand, args: readonly string[]): Promise<number> {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
  const [from = '', to = ''] = positionals;
  if (positionals.length !== 2) throw new UsageError(`use: norikv ${name} ${shapes[name]}`);
  const { openEmbedded, restoreBackup } = await loadEmbedded();
  if (name === 'restore') {
    await restoreBackup(from, to);
    return exitCodes.done;
  }
  // To open it would make a store, and the copy of nothing looks like a backup.
  if (!existsSync(join(from, 'norikv.mdb'))) {
    throw new UsageError(`${from} holds no store; name the folder a server has as --data`);
  }
  await using store = await openEmbedded({ path: from });
  await store.backup(to);
  return exitCodes.done;
}
