import { type Entry, find, type GetOptions, type KvStore } from '@norikv/store';
import type { Ref } from './head.js';
import type { LogKeys } from './log-keys.js';
import { corrupt, decodeRecord, encodeRecord } from './record.js';
import type { Roll } from './roll.js';

/** The key of what a reference names. */
export function keysOfRef(
  keys: LogKeys,
  name: string,
  level: number,
  [first, last, token, pieces = 0]: Ref,
): string[] {
  if (level > 0) return [keys.page(name, level, first, last)];
  if (token === undefined) return [keys.segment(name, first, last)];
  return Array.from({ length: pieces }, (_, piece) => keys.part(name, token, piece));
}

/** The record a roll writes: the same bytes from every process. */
export function recordOfRoll(
  keys: LogKeys,
  name: string,
  { level, first, last, content }: Roll,
): [key: string, bytes: Uint8Array] {
  const [key = ''] = keysOfRef(keys, name, level, [first, last]);
  if (level === 0) return [key, encodeRecord('lines', { name, first, last }, content as readonly string[])];
  return [key, encodeRecord('index', { name, level, refs: content }, [])];
}

/** Reads the lines of a reference on level 0; undefined if they are gone. */
export async function readLines(
  store: KvStore,
  keys: LogKeys,
  name: string,
  ref: Ref,
  options?: GetOptions,
): Promise<readonly string[] | undefined> {
  const names = keysOfRef(keys, name, 0, ref);
  const found = await Promise.all(names.map((key) => find(store, key, options)));
  const pieces = found.filter((entry): entry is Entry => entry !== null);
  if (pieces.length < names.length) return undefined;
  const { header, lines } = decodeRecord('lines', joined(pieces), names[0]);
  const [first, last, token] = ref;
  const { name: owner, token: foundToken, first: foundFirst } = header as Record<string, unknown>;
  const fits = owner === name && foundToken === token && (token !== undefined || foundFirst === first);
  if (!fits || lines.length !== last - first + 1)
    throw corrupt(`does not hold the events ${first} to ${last} of "${name}"`, names[0]);
  return lines;
}

/** Reads the references on an index page; undefined if it is gone. */
export async function readPage(
  store: KvStore,
  keys: LogKeys,
  name: string,
  level: number,
  [first, last]: Ref,
  options?: GetOptions,
): Promise<readonly Ref[] | undefined> {
  const key = keys.page(name, level, first, last);
  const entry = await find(store, key, options);
  if (!entry) return undefined;
  const page = decodeRecord('index', entry.value, key).header as {
    readonly name: string;
    readonly refs: readonly Ref[];
  };
  const fits = page.name === name && page.refs[0]?.[0] === first && page.refs.at(-1)?.[1] === last;
  if (!fits) throw corrupt(`is not the index of the events ${first} to ${last} of "${name}"`, key);
  return page.refs;
}

function joined(pieces: readonly Entry[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { value }) => sum + value.length, 0));
  let offset = 0;
  for (const { value } of pieces) {
    bytes.set(value, offset);
    offset += value.length;
  }
  return bytes;
}
