import { type CallOptions, isNoriKVError, UnavailableError, type Version } from '@norikv/store';
import { checkObject } from '@norikv/store/checks';
import { overheadBytes } from '../pending-write.js';
import type { VectorItem } from '../vector-options.js';
import type { WriteTransaction } from '../write-transaction.js';
import type { Tables } from './follow.js';
import { limitsLeft } from './limits.js';
import type { Pacer } from './pacer.js';
import { checkedVector, checkFits, checkId } from './vector-checks.js';
import type { VectorHost } from './vector-host.js';

// Vectors that enter a transaction together.
const mostTogether = 512;
const mostBytesTogether = 1_024 * 1_024;

/** A vector to insert, checked, with numbers of its own. */
export interface CheckedItem {
  readonly name: string;
  readonly id: string;
  readonly vector: Float32Array;
}

/** Vectors to insert into one namespace. */
export interface InsertManyRequest {
  readonly namespace: string;
  readonly items: readonly CheckedItem[];
  readonly options: CallOptions;
  /** When the call began, by the clock of the host. */
  readonly startMs: number;
}

/**
 * Checks vectors, each by its place.
 *
 * @param checkFit - whether one fits the namespace as it is by now.
 */
export async function checkedItems(
  items: Iterable<VectorItem>,
  checkFit: (item: CheckedItem) => void,
  pacer: Pacer,
): Promise<CheckedItem[]> {
  const checked: CheckedItem[] = [];
  for (const given of items) {
    const { id, vector } = checkObject(`items[${checked.length}]`, given);
    checkId(id);
    const name = `items[${checked.length}].vector`;
    const item = { name, id, vector: checkedVector(name, vector) };
    checkFit(item);
    checked.push(item);
    if (pacer.isDue()) await pacer.rest();
  }
  return checked;
}

/** Inserts vectors group by group, each group in one transaction. */
export async function insertMany(
  host: VectorHost,
  tables: Tables,
  { namespace, items, options, startMs }: InsertManyRequest,
): Promise<Version[]> {
  const versions: Version[] = [];
  while (versions.length < items.length) {
    const group = groupFrom(items, versions.length);
    const work = (transaction: WriteTransaction): Version[] => {
      const space = tables.spaces.get(transaction, namespace);
      // Again: it may have been dropped meanwhile, and made anew.
      for (const { name, vector } of group) checkFits(name, vector, namespace, space);
      return group.map(({ id, vector }) => tables.vectors.put(transaction, space, id, vector));
    };
    try {
      const bytes = group.reduce((sum, item) => sum + bytesOf(item), 0);
      const left = limitsLeft(options, namespace, host.clock.monotonic() - startMs);
      versions.push(...(await host.write({ work, bytes, options: left, key: namespace })));
    } catch (error) {
      throw versions.length === 0 ? error : brokenOff(versions.length, error);
    }
  }
  return versions;
}

function groupFrom(items: readonly CheckedItem[], start: number): CheckedItem[] {
  const group: CheckedItem[] = [];
  let bytes = 0;
  for (const item of items.slice(start, start + mostTogether)) {
    group.push(item);
    bytes += bytesOf(item);
    if (bytes >= mostBytesTogether) break;
  }
  return group;
}

function bytesOf({ vector }: CheckedItem): number {
  return overheadBytes + vector.byteLength;
}

function brokenOff(inserted: number, cause: unknown): UnavailableError {
  return new UnavailableError(
    `Inserting broke off after ${inserted} vectors (${String(cause)}); insert all of them again`,
    { cause, retryable: isNoriKVError(cause) && cause.retryable },
  );
}
