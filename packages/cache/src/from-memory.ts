import type { Core } from './core.js';
import { type MemoryEntry, type Proof, prove } from './memory-entry.js';
import type { Place } from './place.js';

/** A value in memory, fresh or stale, that is not older than the bound allows. */
export async function fromMemory(core: Core, place: Place): Promise<MemoryEntry | undefined> {
  const { memory, epochs, settings } = core;
  const { clock, maxStalenessMs, offlineMs } = settings;
  const entry = memory?.get(place.memoryKey);
  if (!entry) return undefined;
  const since = clock.monotonic();
  const isOver = since >= entry.staleUntil || clock.now() >= entry.endsAt;
  let proof: Proof = isOver ? 'moved' : prove(entry, epochs, since, maxStalenessMs);
  if (proof === 'unproven') {
    try {
      await epochs.refresh(entry.epochs.keys());
      proof = prove(entry, epochs, since, maxStalenessMs);
    } catch {
      proof = prove(entry, epochs, since, maxStalenessMs + offlineMs);
      entry.calmUntil = Number.NEGATIVE_INFINITY;
      return proof === 'valid' ? entry : undefined;
    }
  }
  if (proof === 'moved' && memory?.peek(place.memoryKey) === entry) memory.delete(place.memoryKey);
  if (proof !== 'valid') return undefined;
  lookAhead(core, entry, since);
  return entry;
}

/** Looks again before the bound is reached, so that readers seldom have to wait for it. */
function lookAhead({ epochs, settings }: Core, entry: MemoryEntry, now: number): void {
  const half = settings.maxStalenessMs / 2;
  if (now - epochs.knownAt(entry.epochs.keys()) <= half) return;
  epochs.refresh(entry.epochs.keys(), half).catch(() => {});
}
