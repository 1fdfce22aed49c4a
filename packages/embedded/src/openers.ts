import type { Environment } from './environment.js';
import { StoreInUseError } from './errors.js';
import type { Durability } from './options.js';

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
 * Lets this opener in, or throws StoreInUseError. Returns whether nobody else has the store open. Call it
 * inside a write transaction.
 *
 * Who is there is read from LMDB's own table of readers: each open store keeps a line in it (its process and
 * thread), and LMDB drops the lines of processes that have died, by a lock that dies with them.
 */
export function admit({ root, meta }: Environment, { exclusive, durability }: Admission): boolean {
  root.readerCheck();
  const lines = linesOf(root.readerList());
  const isAlone = lines.length <= 1;
  const known = openersOf(meta.getBinary(openersKey));
  if (known?.owner !== undefined && isOpen(known.owner, lines)) {
    throw new StoreInUseError('Another opener has this store exclusively');
  }
  if (exclusive && !isAlone) {
    throw new StoreInUseError('This store is open elsewhere, so it cannot be opened exclusively');
  }
  if (known && !isAlone && known.durability !== durability) {
    throw new StoreInUseError(
      `This store is open elsewhere with durability '${known.durability}'; open it with the same`,
    );
  }
  const owner = exclusive ? lines[0] : undefined;
  if (known?.durability !== durability || known.owner !== owner) {
    meta.put(openersKey, Buffer.from(owner === undefined ? durability : `${durability} ${owner}`));
  }
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

/** Whether a line is still there; an only line of this process is its own, even if the number is the same. */
function isOpen(owner: string, lines: readonly string[]): boolean {
  const own = lines.filter((line) => line.startsWith(`${process.pid} `));
  const others = own.length === 1 ? lines.filter((line) => line !== own[0]) : lines;
  return others.includes(owner);
}
