import {
  bytesToString,
  type Entry,
  find,
  isAlreadyExists,
  isVersionMismatch,
  stringToBytes,
} from '@norikv/store';
import type { StoreGate } from './store-gate.js';

/** What a move writes: the time at which it began, by the wall clock of whoever moves the epoch. */
export interface EpochRecord {
  readonly key: string;
  readonly nowMs: number;
  readonly ttlMs: number;
}

/** Writes the record of an epoch, so that its version moves. Gives what it wrote. */
export type EpochMove = (gate: StoreGate, record: EpochRecord) => Promise<Entry>;

/** One write that cannot lose a race. One that was long on its way leaves an earlier time than the one it replaces. */
export const overwrite: EpochMove = async (gate, { key, nowMs, ttlMs }) => {
  const value = bytesOf(nowMs);
  const version = await gate.insist((store) => store.put(key, value, { ttlMs }));
  return { value, version };
};

/**
 * A read, and a write on what was read. Where another move came in between, a read more: that one did it for both,
 * unless it left an earlier time. So the time never goes back, and of those who move it at once only those with a
 * later time try again.
 */
export const moveForward: EpochMove = async (gate, { key, nowMs, ttlMs }) => {
  const read = (): Promise<Entry | null> => gate.insist((store) => find(store, key));
  let current = await read();
  for (;;) {
    // Damage is written over.
    const value = bytesOf(Math.max(nowMs, movedAtOf(current) || 0));
    const condition = current ? { ifMatchVersion: current.version } : { ifNotExists: true };
    try {
      const version = await gate.insist((store) => store.put(key, value, { ...condition, ttlMs }));
      return { value, version };
    } catch (error) {
      if (!isVersionMismatch(error) && !isAlreadyExists(error)) throw error;
    }
    current = await read();
    if (current && movedAtOf(current) >= nowMs) return current;
  }
};

/** When an epoch moved last: -Infinity if it never did, NaN if its record is damaged. */
export function movedAtOf(entry: Entry | null): number {
  return entry ? Number(bytesToString(entry.value)) : Number.NEGATIVE_INFINITY;
}

function bytesOf(timeMs: number): Uint8Array {
  return stringToBytes(String(timeMs));
}
