import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open } from 'lmdb';
import { openEmbedded } from '../../src/index.js';

/** A table of the file, as LMDB holds it. */
export type RawTable = Database<Buffer, Uint8Array>;

export type Table =
  | 'norikv'
  | 'commits'
  | 'entries'
  | 'idempotency'
  | 'expiries'
  | 'vectors'
  | 'vector-changes'
  | 'vector-namespaces';

/** The data file of a store. */
export function dataFileOf(path: string): string {
  return join(path, 'norikv.mdb');
}

/** Changes the files of a closed store behind its back: a table, or the list of tables. */
export async function changeRaw(
  path: string,
  table: Table | undefined,
  change: (table: RawTable) => unknown,
): Promise<void> {
  const binary = { keyEncoding: 'binary', encoding: 'binary' } as const;
  const root = open<Buffer, Uint8Array>({
    ...binary,
    path: dataFileOf(path),
    noSubdir: true,
    overlappingSync: false,
    maxDbs: 16,
  });
  const database: RawTable = table === undefined ? root : root.openDB(table, binary);
  root.transactionSync(() => {
    change(database);
  });
  await root.close();
}

/** Makes a store with one key and changes, or removes, a fact it keeps about itself. */
export async function changeMeta(path: string, name: string, text: string | undefined): Promise<void> {
  const store = await openEmbedded({ path });
  await store.put('key', 'value');
  await store.close();
  await changeRaw(path, 'norikv', (meta) => {
    if (text === undefined) meta.remove(Buffer.from(name));
    else meta.put(Buffer.from(name), Buffer.from(text));
  });
}

/** Flips one bit of every record of a table. */
export async function flipBits(path: string, table: Table, at: number): Promise<void> {
  await changeRaw(path, table, (database) => {
    for (const key of [...database.getKeys()]) {
      const bytes = Buffer.from(database.getBinary(key) ?? []);
      bytes[at] = (bytes[at] ?? 0) ^ 0x10;
      database.put(key, bytes);
    }
  });
}

/** How many write transactions a store's file has seen: the higher number of its two headers. */
export function transactionsOf(path: string): number {
  const bytes = readFileSync(dataFileOf(path));
  const second = bytes.readUInt32LE(48);
  const [one, other] = [0, second].map((header) => Number(bytes.readBigUInt64LE(header + 152)));
  return Math.max(one ?? 0, other ?? 0);
}
