import { textOf } from './bytes.js';
import type { Environment } from './environment.js';
import { StoreInUseError } from './errors.js';
import type { Gate } from './gate.js';
import { monotonicMs, pause } from './next-turn.js';
import type { Durability } from './options.js';
import type { WriteTransaction } from './write-transaction.js';

/** How long an opener without a sign may just be dying: a killed process ends thread by thread, its locks last. */
const dyingMs = 2_000;

class UnseenOpenerError extends StoreInUseError {}

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
  gate: Gate,
  { exclusive, durability }: Admission,
): boolean {
  const others = othersOf(root, gate);
  const known = openersOf(transaction.read(meta, openersKey));
  if (known?.owner !== undefined && others.includes(known.owner)) {
    throw new StoreInUseError('This store is open elsewhere with exclusive: true; close it there');
  }
  const isAlone = others.length === 0;
  if (exclusive && !isAlone) {
    throw new StoreInUseError(
      'This store is open elsewhere, so it cannot be opened with exclusive: true; close it there',
    );
  }
  if (known && !isAlone && known.durability !== durability) {
    throw new StoreInUseError(
      `This store is open elsewhere with durability '${known.durability}'; open it with the same`,
    );
  }
  takeLine(root);
  const [own] = linesOf(root.readerList());
  transaction.put(meta, openersKey, Buffer.from(exclusive ? `${durability} ${own}` : durability));
  return isAlone;
}

/** Enters, and tries again while the opener in the way may just be dying. */
export async function unlessDying(enter: () => Promise<void>): Promise<void> {
  const endsAt = monotonicMs() + dyingMs;
  for (;;) {
    try {
      return await enter();
    } catch (error) {
      if (!(error instanceof UnseenOpenerError) || monotonicMs() >= endsAt) throw error;
      await pause(10);
    }
  }
}

/**
 * The lines of all who have the store open. Each of them has a sign at the gate, from before it has a line until after
 * it has none. One that this process cannot see, or takes for that of a process that has died, is in another process
 * namespace: then neither can see whether the other is in the middle of a commit.
 */
function othersOf(root: Environment['root'], gate: Gate): string[] {
  let lines = livingLinesOf(root);
  const seen = gate.others();
  const isUnseen = (line: string): boolean => !seen.has(processOfLine(line));
  // A store that was closed in between has lost its line before its sign.
  if (lines.some(isUnseen)) lines = livingLinesOf(root);
  const unseen = lines.find(isUnseen);
  if (unseen === undefined) return lines;
  throw new UnseenOpenerError(
    `Process ${processOfLine(unseen)} has this store open and cannot be seen from here; ` +
      'containers that share a store must share a process namespace',
  );
}

function livingLinesOf(root: Environment['root']): string[] {
  root.readerCheck();
  return linesOf(root.readerList());
}

function processOfLine(line: string): number {
  return Number.parseInt(line, 10);
}

/** The first read takes the line, and lmdb keeps it for all later ones. */
function takeLine(root: Environment['root']): void {
  try {
    root.useReadTransaction().done();
  } catch (cause) {
    throw new StoreInUseError(
      `This store cannot be opened once more (${String(cause)}); close it somewhere`,
      { cause },
    );
  }
}

function openersOf(bytes: Buffer | undefined): Openers | undefined {
  const [, durability, owner] = /^(disk|os)(?: (.+))?$/.exec(textOf(bytes) ?? '') ?? [];
  return durability === 'disk' || durability === 'os' ? { durability, owner } : undefined;
}

/** The lines of LMDB's table, without the transaction each one reads: `1234 7f50e000`. */
function linesOf(table: string): string[] {
  return [...table.matchAll(/^\s*(\d+) ([0-9a-f]+) /gm)].map(([, pid, thread]) => `${pid} ${thread}`);
}
