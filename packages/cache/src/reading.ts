import { find, type Version } from '@norikv/store';
import type { CacheCodec } from './codec.js';
import type { Core } from './core.js';
import type { MemoryEntry } from './memory-entry.js';
import type { Place } from './place.js';
import { type Body, decodeRecord } from './record.js';

/** How current a value is. */
export interface Currency {
  /** When the read or the load that gave it began. */
  readonly asOf: number;
  /** What was known of its shard before. */
  readonly shardEpoch: string;
}

/** What the store holds for a key. */
export interface Reading extends Currency {
  readonly version: Version | undefined;
  readonly lease: string | undefined;
  readonly body: Body | undefined;
  /** The value, if it is valid and not past its stale time. */
  readonly entry: MemoryEntry | undefined;
}

/** What a value is read with. */
export interface ReadSettings {
  readonly codec: CacheCodec<unknown>;
  readonly earlyRefresh: number;
}

/** Reads a key from the store, and keeps what it finds in memory. Rejects if the store does not answer. */
export async function readPlace(core: Core, place: Place, settings: ReadSettings): Promise<Reading> {
  const { epochs, gate } = core;
  const { clock } = core.settings;
  await epochs.refresh([...place.spaces, place.shard]);
  // An invalidation that the read misses moves the shard after this moment: the entry will not match it.
  const { [place.shard]: shardEpoch = '' } = epochs.capture([place.shard]);
  const asOf = clock.monotonic();
  const found = await gate.call((store) => find(store, place.storeKey));
  const currency = { asOf, shardEpoch };
  const nothing = { ...currency, lease: undefined, body: undefined, entry: undefined };
  if (!found) return { ...nothing, version: undefined };
  const { version } = found;
  const { body, lease } = decodeRecord(found.value, clock.now());
  if (!body) return { ...nothing, version, lease };
  const withoutValue = { ...nothing, version, lease, body };
  const validAt = await lastValidAt(core, place, body);
  if (validAt === undefined) return withoutValue;
  // Clocks differ: a value never seems younger than new.
  const ageMs = Math.max(0, clock.now() - body.storedAt);
  const decoded = await decodeBody(core, place, body, settings, { ...currency, ageMs });
  if (!decoded) return withoutValue;
  // Who joins this read later must not rest on looks at its epochs that are older than the bound.
  const entry = { ...decoded, asOf: Math.min(asOf, validAt) };
  core.memory?.set(place.memoryKey, entry);
  return { ...withoutValue, entry };
}

/** When the oldest look began that shows a value as valid; undefined if one of its epochs moved. */
async function lastValidAt(core: Core, { spaces }: Place, { epochs }: Body): Promise<number | undefined> {
  const names = Object.keys(epochs);
  await core.epochs.refresh(names);
  const isValid =
    spaces.every((space) => Object.hasOwn(epochs, space)) &&
    names.every((name) => core.epochs.known(name) === epochs[name]);
  return isValid ? core.epochs.knownAt(names) : undefined;
}

/** The entry of a stored value; undefined if its time is over or it cannot be read. */
export async function decodeBody(
  core: Core,
  { namespace, key, shard }: Place,
  { payload, freshMs, staleMs, epochs }: Body,
  { codec, earlyRefresh }: ReadSettings,
  { asOf, shardEpoch, ageMs }: Currency & { readonly ageMs: number },
): Promise<MemoryEntry | undefined> {
  if (ageMs >= freshMs + staleMs) return undefined;
  // Stored under a longer maxTtlMs: it may outlive the record of its invalidation.
  if (freshMs + staleMs > core.settings.maxTtlMs) return undefined;
  try {
    const value = payload === null ? undefined : await codec.decode(payload);
    return {
      value,
      answer: Promise.resolve(value),
      bytes: (payload?.length ?? 0) + 2 * key.length + 1,
      freshUntil: asOf + freshMs - ageMs,
      staleUntil: asOf + freshMs + staleMs - ageMs,
      endsAt: core.settings.clock.now() + freshMs + staleMs - ageMs,
      refreshAt: asOf + freshMs * earlyRefresh - ageMs,
      epochs: new Map([...Object.entries(epochs), [shard, shardEpoch]]),
      asOf,
      calmUntil: Number.NEGATIVE_INFINITY,
      generation: core.epochs.generation,
    };
  } catch (error) {
    core.tell({ kind: 'unreadable', namespace, key, error });
    return undefined;
  }
}
