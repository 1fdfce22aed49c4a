import type { Epochs } from './epochs.js';

/** A value in memory. All times but one are of this process's monotonic clock. */
export interface MemoryEntry {
  readonly value: unknown;
  /** The value as a promise, made once: a hit allocates nothing. */
  readonly answer: Promise<unknown>;
  readonly bytes: number;
  readonly freshUntil: number;
  readonly staleUntil: number;
  /**
   * The same by the wall clock: the other may stand still while the machine sleeps, for longer than it is remembered that
   * an epoch moved.
   */
  readonly endsAt: number;
  /** When a reader may load it anew in the background. */
  readonly refreshAt: number;
  /** The epochs under which it was read; empty if the store could not be asked. */
  readonly epochs: ReadonlyMap<string, string>;
  /** When the oldest of the calls began by which it was read, or by which it was loaded. */
  readonly asOf: number;
  /** Until then it can be served without looking at anything else, as long as no epoch moved here. */
  calmUntil: number;
  generation: number;
}

/** Whether an invalidation by any of these tags finds the value. One that stands on no epoch ends with every move. */
export function carries({ epochs }: MemoryEntry, tags: readonly string[]): boolean {
  return epochs.size === 0 || tags.every((tag) => epochs.has(tag));
}

/** `moved`: it was invalidated. `unproven`: the last look at its epochs is older than the bound. */
export type Proof = 'valid' | 'unproven' | 'moved';

/** Whether a value can be served, by what is known in this process; sets until when nobody needs to ask. */
export function prove(entry: MemoryEntry, epochs: Epochs, now: number, maxStalenessMs: number): Proof {
  if (entry.epochs.size === 0) {
    return entry.generation === epochs.generation && now - entry.asOf <= maxStalenessMs ? 'valid' : 'moved';
  }
  for (const [name, epoch] of entry.epochs) {
    const known = epochs.known(name);
    if (known === undefined) return 'unproven';
    if (known !== epoch) return 'moved';
  }
  const knownAt = epochs.knownAt(entry.epochs.keys());
  if (now - knownAt > maxStalenessMs) return 'unproven';
  entry.generation = epochs.generation;
  entry.calmUntil = Math.min(entry.freshUntil, entry.refreshAt, knownAt + maxStalenessMs / 2);
  return 'valid';
}
