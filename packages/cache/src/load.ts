import { isAlreadyExists, isVersionMismatch, type Version, versionsEqual } from '@norikv/store';
import { draw } from '@norikv/store/checks';
import type { CacheCodec } from './codec.js';
import type { Core, Outcome } from './core.js';
import { acquireLease, type Lease, releaseLease } from './lease.js';
import { type Loaded, type Loader, runLoader } from './loader.js';
import { carries, type MemoryEntry } from './memory-entry.js';
import { pause, within } from './pause.js';
import { isTagEpoch, type Place } from './place.js';
import { type Reading, readPlace } from './reading.js';
import type { Body } from './record.js';
import type { EntrySettings } from './settings.js';
import { putBody, storedForm } from './stored-form.js';

/** One caller's wish to have a value. */
export interface LoadRequest {
  readonly core: Core;
  readonly place: Place;
  readonly loader: Loader<unknown>;
  readonly codec: CacheCodec<unknown>;
  /** The epochs of its tags. */
  readonly tags: readonly string[];
  readonly settings: EntrySettings;
  /** A value in memory that may still be served. */
  readonly held: MemoryEntry | undefined;
  /** Nobody waits: a value that is there is loaded anew all the same. */
  readonly isRefresh: boolean;
  /** Starts the same load for nobody. */
  readonly refresh: () => void;
}

const leaseMarginMs = 5_000;
const maxLoads = 3;
const firstPollMs = 20;
const longestPollMs = 250;
/** Tags that a value keeps of callers before, at most: each is looked at, and takes a place in the record. */
const mostEarlierTags = 64;

/**
 * Gets a value: from the store, from whoever is loading it, or by loading it under a lease.
 *
 * What is loaded is kept only if the lease was still held when it was written, so nothing that was loaded
 * before an invalidation is kept after it. If the lease was lost meanwhile, the value is loaded again.
 */
export async function load(request: LoadRequest): Promise<Outcome> {
  const { core, place, settings, isRefresh } = request;
  const { clock, random } = core.settings;
  const startedAt = clock.monotonic();
  // Before anything is tried: below, what throws is taken for a store that does not answer.
  const pollShare = 0.5 + draw(random) / 2;
  // What takes longer is not kept.
  const leaseMs = Math.min(settings.hardTimeoutMs, core.epochLifeMs) + leaseMarginMs;
  const leaseName = crypto.randomUUID();
  let watched: { readonly version: Version; readonly since: number } | undefined;
  let pollMs = firstPollMs;
  let loads = 0;
  for (;;) {
    let reading: Reading;
    let lease: Lease | undefined;
    try {
      await core.epochs.refresh(request.tags);
      reading = await readPlace(core, place, { ...request, earlyRefresh: settings.earlyRefresh });
      const { version } = reading;
      const entry = usable(request, reading);
      const now = clock.monotonic();
      if (entry && now < (isRefresh ? entry.refreshAt : entry.freshUntil)) return served(entry, now);
      if (entry && !isRefresh) {
        const isPutOff = core.isPutOff(place, now);
        const isRefreshable = now < entry.freshUntil + settings.staleWhileRevalidateMs;
        if (isRefreshable && !isPutOff) request.refresh();
        if (isRefreshable || isPutOff) return served(entry, now);
      }
      // A request for the lease that was sent twice loses against itself.
      const isOwn = reading.lease === leaseName;
      if (reading.lease !== undefined && version && !isOwn) {
        // Wall clocks differ: a lease is over when this process saw it unchanged for as long as it lasts.
        if (!watched || !versionsEqual(watched.version, version)) watched = { version, since: now };
        if (now - watched.since < leaseMs) {
          if (entry) return served(entry, now);
          if (now - startedAt >= settings.maxWaitMs) break;
          await pause(clock, pollMs * pollShare);
          pollMs = Math.min(pollMs * 1.5, longestPollMs);
          continue;
        }
      }
      // Whose load was waited for kept nothing: one after another, the last would wait for all of them.
      if (watched && version && !reading.entry && reading.lease === undefined) break;
      lease = isOwn ? version : await acquireLease(core, place, reading, leaseMs, leaseName);
    } catch {
      break;
    }
    if (!lease) continue;
    loads += 1;
    const outcome = await loadUnderLease(request, reading, lease, loads === maxLoads);
    if (outcome) return outcome;
  }
  return loadUnkept(request);
}

/** Loads with a stale value in reserve, if there is one: it stands in for a failure, and for slowness. */
async function loadUnderLease(
  request: LoadRequest,
  reading: Reading,
  lease: Lease,
  isLast: boolean,
): Promise<Outcome | undefined> {
  const { core, place, settings, isRefresh } = request;
  const { clock } = core.settings;
  const stale = usable(request, reading);
  const work = loadAndFill(request, reading, lease, isLast);
  try {
    if (!stale || isRefresh || settings.softTimeoutMs === 0) return await work;
    const late = Symbol('late');
    const first = await within(clock, settings.softTimeoutMs, work, late);
    if (typeof first !== 'symbol') return first;
    if (clock.monotonic() >= stale.staleUntil) return await work;
    core.refreshing.add(place.memoryKey);
    work.catch(() => {}).finally(() => core.refreshing.delete(place.memoryKey));
  } catch (error) {
    if (!stale || clock.monotonic() >= stale.staleUntil) throw error;
  }
  return served(stale, clock.monotonic());
}

/** What is in the store, if the tags of the caller are among its own: else an invalidation by one would miss it. */
function usable({ tags }: LoadRequest, { entry }: Reading): MemoryEntry | undefined {
  return entry && carries(entry, tags) ? entry : undefined;
}

/** The tags of callers before, the latest first: they count on them still. */
function earlierTags({ entry }: Reading): string[] {
  return [...(entry?.epochs.keys() ?? [])].filter(isTagEpoch).slice(0, mostEarlierTags);
}

/** Undefined: the lease was lost, and another attempt should be made. */
async function loadAndFill(
  request: LoadRequest,
  reading: Reading,
  lease: Lease,
  isLast: boolean,
): Promise<Outcome | undefined> {
  const { core, place } = request;
  const { clock } = core.settings;
  // As they are known before the load begins: what moves while it runs makes its result invalid.
  const epochs = core.epochs.capture([...place.spaces, ...request.tags, ...earlierTags(reading)]);
  const asOf = clock.monotonic();
  let loaded: Loaded;
  try {
    loaded = await runLoader(core, place, request.loader, request.settings);
  } catch (error) {
    await releaseLease(core, place, lease, reading);
    throw error;
  }
  const { value, settings, isKept } = loaded;
  const form = { ...request, settings };
  const { given, stored } = await storedForm(form, value, epochs, { ...reading, asOf });
  if (!isKept || !stored || outlivesEpochs(core, asOf, stored.body)) {
    await releaseLease(core, place, lease, { ...reading, entry: undefined });
    core.memory?.delete(place.memoryKey);
    return { kind: 'miss', entry: undefined, value: given, asOf };
  }
  const { body, entry } = stored;
  const outcome: Outcome = { kind: 'miss', entry, value: entry.value, asOf };
  try {
    await putBody(core, place, body, { ifMatchVersion: lease });
  } catch (error) {
    if (isVersionMismatch(error) || isAlreadyExists(error)) {
      core.tell({ kind: 'lost-fill', namespace: place.namespace, key: place.key });
      return isLast ? outcome : undefined;
    }
    // It may not have been written: then nobody should wait for it. If it was, the lease is over and this does nothing.
    releaseLease(core, place, lease, reading);
  }
  core.memory?.set(place.memoryKey, entry);
  return outcome;
}

/** Whether it could be forgotten that an epoch moved during the load before the value is, in the store and in a memory. */
function outlivesEpochs({ settings, epochLifeMs }: Core, asOf: number, { freshMs, staleMs }: Body): boolean {
  return settings.clock.monotonic() - asOf + 2 * (freshMs + staleMs) > epochLifeMs;
}

/** Loads without the store: the result is shared by those who wait, and kept in memory no longer than the bound. */
async function loadUnkept(request: LoadRequest): Promise<Outcome> {
  const { core, place, held, settings } = request;
  const { clock, maxStalenessMs } = core.settings;
  const { generation } = core.epochs;
  const asOf = clock.monotonic();
  try {
    const { value, isKept, ...kept } = await runLoader(core, place, request.loader, settings);
    const { given, stored } = await storedForm({ ...request, ...kept }, value, {}, { asOf, shardEpoch: '' });
    if (!isKept || !stored || value === undefined) {
      core.memory?.delete(place.memoryKey);
      return { kind: 'miss', entry: undefined, value: given, asOf };
    }
    const until = Math.min(stored.entry.freshUntil, asOf + maxStalenessMs);
    const times = { freshUntil: until, staleUntil: until, refreshAt: until, calmUntil: until };
    const entry = { ...stored.entry, ...times, epochs: new Map(), generation };
    core.memory?.set(place.memoryKey, entry);
    return { kind: 'miss', entry, value: entry.value, asOf };
  } catch (error) {
    if (!held || clock.monotonic() >= held.staleUntil) throw error;
    return served(held, clock.monotonic());
  }
}

function served(entry: MemoryEntry, now: number): Outcome {
  return { kind: now < entry.freshUntil ? 'hit' : 'stale', entry, value: entry.value, asOf: entry.asOf };
}
