import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Event, getInMemoryEventStore } from '@event-driven-io/emmett';
import { temporaryFolder } from '../temporary-folder.js';

/** What the sections ask of an event store of emmett. */
export interface EmmettStore {
  append(stream: string, events: Event[]): Promise<unknown>;
  /** The number of events. */
  read(stream: string): Promise<number>;
}

type EmmettSqlite = typeof import('@event-driven-io/emmett-sqlite');

/** How it uses SQLite: a connection for each call, which is its default, or one that stays open. */
export type EmmettConnection = 'a connection each' | 'one connection';

/** Keeps the objects it is given, and nothing that survives the process. */
export function emmettInMemory(): EmmettStore {
  const store = getInMemoryEventStore();
  return {
    append: (stream, events) => store.appendToStream(stream, events),
    read: async (stream) => (await store.readStream(stream)).events.length,
  };
}

/** emmett's module for SQLite; undefined, with a clear line, where what it needs is not built. */
export async function loadEmmettSqlite(): Promise<EmmettSqlite | undefined> {
  try {
    // Looked for first: an import of the module itself that fails ends the process.
    createRequire(import.meta.resolve('@event-driven-io/emmett-sqlite'))('sqlite3');
  } catch {
    console.log('sqlite3 is not built: rows of emmett on SQLite are left out (pnpm rebuild sqlite3)\n');
    return undefined;
  }
  return import('@event-driven-io/emmett-sqlite');
}

/**
 * On a file, flushed at each commit. Calls are made in turn: a second transaction on a connection fails, and on a
 * second connection it finds the file locked.
 */
export async function emmettOnSqlite(
  emmett: EmmettSqlite,
  kind: EmmettConnection,
): Promise<EmmettStore & AsyncDisposable> {
  const folder = await temporaryFolder();
  const fileName = join(folder.path, 'events.db');
  const connection = emmett.sqliteConnection({ fileName });
  const store = emmett.getSQLiteEventStore({
    fileName,
    ...(kind === 'one connection' && { connectionOptions: { singleton: true, connection } }),
  });
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };
  return {
    append: (stream, events) => inTurn(() => store.appendToStream(stream, events)),
    read: (stream) => inTurn(async () => (await store.readStream(stream)).events.length),
    async [Symbol.asyncDispose]() {
      await last;
      connection.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
