import type { Environment } from './environment.js';
import { StoreInUseError } from './errors.js';
import type { Durability } from './options.js';
import type { WriteTransaction } from './write-transaction.js';

const openersKey = Buffer.from('openers');

/** What one opener asks of the others. */
export interface Admission {
  readonly exclusive: boolean;
  readonly durability: Durability;
}

interface Openers {
  readonly durability: Durability;
  /** The line of the exclusive opener in LMDB's table of readers, if there was one. */
  readonly owner: string | undefined;
}

/**
 * Lets this opener in, or throws StoreInUseError. Returns whether nobody else has the store open. Call it with
 * the write lock in hand: then one opener after the other is let in.
 *
 * Who is in is read from LMDB's own table of readers: each open store keeps a line in it (its process and
 * thread), from here on, and LMDB drops the lines of processes that have died, by a lock that dies with them.
 */
export function admit(
  transaction: WriteTransaction,
  { root, meta }: Environment,
  { exclusive, durability }: Admission,
): boolean {
  root.readerCheck();
  const others = linesOf(root.readerList());
  const known = openersOf(transaction.read(meta, openersKey));
  if (known?.owner !== undefined && others.includes(known.owner)) {
    throw new StoreInUseError('Another opener has this store exclusively');
  }
  const isAlone = others.length === 0;
  if (exclusive && !isAlone) {
    throw new StoreInUseError('This store is open elsewhere, so it cannot be opened exclusively');
  }
  if (known && !isAlone && known.durability !== durability) {
    throw new StoreInUseError(
      `This store is open elsewhere with durability '${known.durability}'; open it with the same`,
    );
  }
  // The first read takes the line, and lmdb keeps it for all later ones.
  root.useReadTransaction().done();
  const [own] = linesOf(root.readerList());
  transaction.put(meta, openersKey, Buffer.from(exclusive ? `${durability} ${own}` : durability));
  return isAlone;
}

function openersOf(bytes: Buffer | undefined): Openers | undefined {
  const [, durability, owner] = /^(disk|os)(?: (.+))?$/.exec(bytes?.toString('latin1') ?? '') ?? [];
  return durability === 'disk' || durability === 'os' ? { durability, owner } : undefined;
}

/** The lines of LMDB's table, without the transaction each one reads: `1234 7f50e000`. */
function linesOf(table: string): string[] {
  return [...table.matchAll(/^\s*(\d+) ([0-9a-f]+) /gm)].map(([, pid, thread]) => `${pid} ${thread}`);
}
