import type { CacheCodec } from './codec.js';
import type { Core, Outcome } from './core.js';
import { fromMemory } from './from-memory.js';
import { load } from './load.js';
import type { Loader } from './loader.js';
import { carries, type MemoryEntry } from './memory-entry.js';
import type { Place } from './place.js';
import type { EntrySettings } from './settings.js';

/** What a caller of `getOrSet` asks for. */
export interface ShareRequest {
  readonly core: Core;
  readonly place: Place;
  readonly loader: Loader<unknown>;
  readonly codec: CacheCodec<unknown>;
  /** The epochs of its tags. */
  readonly tags: readonly string[];
  readonly settings: EntrySettings;
}

/** The value from memory, or from a load that is shared with all who ask for it in this process. */
export async function shareLoad(request: ShareRequest): Promise<unknown> {
  const { core, place, settings, tags } = request;
  const { namespace, key } = place;
  const { clock, maxStalenessMs } = core.settings;
  const begin = (held: MemoryEntry | undefined, isRefresh: boolean): Promise<Outcome> =>
    load({ ...request, held, isRefresh, refresh });
  const refresh = (held?: MemoryEntry): void => refreshOnce(core, place, () => begin(held, true));
  const since = clock.monotonic();
  for (;;) {
    const known = await fromMemory(core, place);
    const held = known && carries(known, tags) ? known : undefined;
    const now = clock.monotonic();
    if (held && now < held.freshUntil) {
      if (now >= held.refreshAt && !core.isPutOff(place, now)) refresh(held);
      core.counters.memoryHits += 1;
      return held.value;
    }
    const isBusy = core.refreshing.has(place.memoryKey) || core.isPutOff(place, now);
    if (held && (isBusy || now < held.freshUntil + settings.staleWhileRevalidateMs)) {
      if (!isBusy) refresh(held);
      core.tell({ kind: 'stale', namespace, key });
      return held.value;
    }
    let outcome: Outcome;
    try {
      outcome = await core.loads.join(place.memoryKey, () => begin(held, false));
    } catch (error) {
      core.tell({ kind: 'miss', namespace, key });
      throw error;
    }
    // Who joined a load late, or that of a caller with other tags, may only take what it held already, or what is not
    // older than the bound and carries its own; else the next look decides.
    const isHeld = held !== undefined && held === outcome.entry;
    const isCarried = !outcome.entry || carries(outcome.entry, tags);
    if (isHeld || (isCarried && outcome.asOf >= since - maxStalenessMs)) {
      core.tell({ kind: outcome.kind, namespace, key });
      return outcome.value;
    }
  }
}

/** Loads in the background, once in this process. Its errors are events. */
function refreshOnce({ refreshing }: Core, { memoryKey }: Place, begin: () => Promise<Outcome>): void {
  if (refreshing.has(memoryKey)) return;
  refreshing.add(memoryKey);
  begin()
    .catch(() => {})
    .finally(() => refreshing.delete(memoryKey));
}
