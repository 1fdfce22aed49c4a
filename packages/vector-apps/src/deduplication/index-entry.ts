import { type Codec, jsonCodec } from '@norikv/cas-retry';

/** Where a content was found in the index. */
export interface IndexEntry {
  readonly id: string;
  readonly generation: number;
  /** The band it was found in; `claim` and `vector` for those. */
  readonly place: string;
}

type StoredEntry = readonly [id: string, generation: number];

/** How a claim, which has one entry, and a band, which has several, are kept. */
export const entriesCodec: Codec<readonly StoredEntry[]> = jsonCodec((data): readonly StoredEntry[] => {
  const isList =
    Array.isArray(data) &&
    data.every(([id, generation]) => typeof id === 'string' && Number.isSafeInteger(generation));
  if (!isList) throw new TypeError('not entries of an index');
  return data;
});

/** The entries of a key as found. */
export function entriesAt(place: string, stored: readonly StoredEntry[] | undefined): IndexEntry[] {
  return (stored ?? []).map(([id, generation]) => ({ id, generation, place }));
}

/** Whether two entries are of the same content of the same document. */
export function isSameContent(
  left: Pick<IndexEntry, 'id' | 'generation'>,
  right: Pick<IndexEntry, 'id' | 'generation'>,
): boolean {
  return left.id === right.id && left.generation === right.generation;
}
