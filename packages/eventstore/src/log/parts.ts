import { type CallOptions, type KvStore, stringToBytes, UnavailableError } from '@norikv/store';
import type { Part } from './add.js';
import type { Limits } from './limits.js';
import { encodeRecord } from './record.js';

/** A part, and the bytes of its pieces. */
interface NewPart {
  readonly part: Part;
  readonly pieces: readonly Uint8Array[];
}

/**
 * Cuts a large commit into what is written beside the log, where nobody sees it until a head refers to it. Its
 * names are new, so nothing can be overwritten; a crash leaves pieces that nothing refers to.
 */
export function* partsOf(lines: readonly string[], name: string, { partBytes }: Limits): Generator<NewPart> {
  for (const group of groupsOf(lines, partBytes)) {
    const token = crypto.randomUUID().replaceAll('-', '');
    const bytes = encodeRecord('lines', { name, token }, group);
    const count = Math.ceil(bytes.length / partBytes);
    const pieces = Array.from({ length: count }, (_, piece) =>
      bytes.slice(piece * partBytes, (piece + 1) * partBytes),
    );
    yield { part: { count: group.length, token, pieces: count }, pieces };
  }
}

/** Writes a record that no head refers to yet, so a failure changes nothing. */
export async function putBeside(
  store: KvStore,
  key: string,
  bytes: Uint8Array,
  options?: CallOptions,
): Promise<void> {
  try {
    await store.put(key, bytes, options);
  } catch (cause) {
    notPrepared(key)(cause);
  }
}

/** A write before the commit failed. Its own outcome may be unknown; that of the commit is known. */
export function notPrepared(key: string): (cause: unknown) => never {
  return (cause) => {
    const message = 'A record that the commit needs could not be written; nothing was committed. Try again.';
    throw new UnavailableError(message, { key, cause, outcome: 'not-applied' });
  };
}

/** Groups of lines that fit into one piece each; a longer line is a group of its own. */
function groupsOf(lines: readonly string[], maxBytes: number): string[][] {
  const groups: string[][] = [];
  let room = 0;
  for (const line of lines) {
    const size = stringToBytes(line).length + 1;
    const group = groups.at(-1);
    if (group && size <= room) group.push(line);
    else {
      groups.push([line]);
      room = maxBytes - 1_024;
    }
    room -= size;
  }
  return groups;
}
