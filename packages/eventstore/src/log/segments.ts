import { type Entry, find, type GetOptions, type KvStore } from '@norikv/store';
import type { Ref } from './head.js';
import type { LogKeys } from './log-keys.js';
import { putBeside } from './parts.js';
import { corrupt, decodeRecord, encodeRecord } from './record.js';
import type { Roll } from './roll.js';

/** What lies outside the heads of logs: segments, index pages, and the parts of large commits. */
export class Segments {
  readonly #store: KvStore;
  readonly #keys: LogKeys;

  constructor(store: KvStore, keys: LogKeys) {
    this.#store = store;
    this.#keys = keys;
  }

  /** The keys of what a reference names. */
  keysOf(name: string, level: number, [first, last, token, pieces = 0]: Ref): string[] {
    if (level > 0) return [this.#keys.page(name, level, first, last)];
    if (token === undefined) return [this.#keys.segment(name, first, last)];
    return Array.from({ length: pieces }, (_, piece) => this.#keys.part(name, token, piece));
  }

  /** Writes the record that a roll moves out of the head: the same bytes from every process. */
  async write(name: string, { level, first, last, content }: Roll): Promise<void> {
    const bytes =
      level === 0
        ? encodeRecord('lines', { name, first, last }, content as readonly string[])
        : encodeRecord('index', { name, level, refs: content }, []);
    for (const key of this.keysOf(name, level, [first, last])) await putBeside(this.#store, key, bytes);
  }

  /** Reads the lines of a reference on level 0; undefined if they are gone. */
  async lines(name: string, ref: Ref, options?: GetOptions): Promise<readonly string[] | undefined> {
    const keys = this.keysOf(name, 0, ref);
    const found = await Promise.all(keys.map((key) => find(this.#store, key, options)));
    const pieces = found.filter((entry): entry is Entry => entry !== null);
    if (pieces.length < keys.length) return undefined;
    const { header, lines } = decodeRecord('lines', joined(pieces), keys[0]);
    const [first, last, token] = ref;
    const { name: owner, token: foundToken, first: foundFirst } = header as Record<string, unknown>;
    const fits = owner === name && foundToken === token && (token !== undefined || foundFirst === first);
    if (fits && lines.length === last - first + 1) return lines;
    throw corrupt(`does not hold the events ${first} to ${last} of "${name}"`, keys[0]);
  }

  /** Reads the references on an index page; undefined if it is gone. */
  async page(
    name: string,
    level: number,
    [first, last]: Ref,
    options?: GetOptions,
  ): Promise<readonly Ref[] | undefined> {
    const key = this.#keys.page(name, level, first, last);
    const entry = await find(this.#store, key, options);
    if (!entry) return undefined;
    const page = decodeRecord('index', entry.value, key).header as {
      readonly name: string;
      readonly refs: readonly Ref[];
    };
    const fits = page.name === name && page.refs[0]?.[0] === first && page.refs.at(-1)?.[1] === last;
    if (fits) return page.refs;
    throw corrupt(`is not the index of the events ${first} to ${last} of "${name}"`, key);
  }
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
