import type { Codec } from '@norikv/cas-retry';
import { storedAs } from '../core/stored-as.js';
import { floatsFromText, floatsToText } from './float-text.js';
import type { Interaction, Sighting, SpaceName, Taste, VectorSum } from './taste.js';

interface StoredSum {
  readonly weight: number;
  readonly vector: string;
}

interface StoredTaste extends Omit<Taste, 'sums'> {
  readonly epochMs: number;
  readonly long: StoredSum;
  readonly short: StoredSum;
}

/** Sums are kept with 32 bits a number: what rounding takes is far below what one interaction weighs. */
export const tasteCodec: Codec<Taste> = storedAs(
  ({ space, sums: { epochMs, long, short }, recent, seen }): StoredTaste => {
    return { space, epochMs, long: stored32(long), short: stored32(short), recent, seen };
  },
  (data): Taste => {
    const { space, epochMs, long, short, recent, seen } = data as StoredTaste;
    const isTaste =
      isSpace(space) &&
      Number.isFinite(epochMs) &&
      isListOf(recent, isInteraction) &&
      isListOf(seen, isSighting);
    if (!isTaste) throw new TypeError('not the taste of a user');
    return { space, sums: { epochMs, long: sumOf(long), short: sumOf(short) }, recent, seen };
  },
);

function stored32({ weight, vector }: VectorSum): StoredSum {
  return { weight, vector: floatsToText(vector) };
}

function sumOf({ weight, vector }: StoredSum): VectorSum {
  if (!Number.isFinite(weight)) throw new TypeError('not a sum of vectors');
  return { weight, vector: Float64Array.from(floatsFromText(vector)) };
}

function isSpace(value: SpaceName): boolean {
  return typeof value?.model === 'string' && Number.isSafeInteger(value.training);
}

function isListOf<Item>(list: readonly Item[], accepts: (item: Item) => boolean): boolean {
  return Array.isArray(list) && list.every(accepts);
}

function isInteraction([productId, atMs, weight]: Interaction): boolean {
  return typeof productId === 'string' && Number.isFinite(atMs) && Number.isFinite(weight);
}

function isSighting([hash, atMs]: Sighting): boolean {
  return typeof hash === 'string' && Number.isFinite(atMs);
}
