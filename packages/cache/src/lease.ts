import {
  find,
  isAlreadyExists,
  isNoriKVError,
  isVersionMismatch,
  type Version,
  versionsEqual,
} from '@norikv/store';
import type { Core } from './core.js';
import type { Place } from './place.js';
import type { Reading } from './reading.js';
import { decodeRecord, encodeRecord } from './record.js';

/** Long enough that a reader sees it and takes it over; short, since it says nothing. */
const emptyTtlMs = 1_000;

/** The right to fill a key: the version of the record that says so. Whatever else is written to it ends it. */
export type Lease = Version;

/**
 * Asks for the lease of a key, keeping a stale value beside it.
 *
 * @param name - tells a lease from all others.
 * @returns undefined if another write was first. Rejects if the store does not answer.
 */
export async function acquireLease(
  core: Core,
  place: Place,
  { version, body, entry }: Reading,
  leaseMs: number,
  name: string,
): Promise<Lease | undefined> {
  const { clock } = core.settings;
  const kept = entry && body;
  const keptMs = kept && Math.ceil(entry.staleUntil - clock.monotonic());
  const record = encodeRecord({ body: kept, lease: name });
  const ttlMs = Math.max(leaseMs, keptMs ?? 0);
  const condition = version ? { ifMatchVersion: version } : { ifNotExists: true };
  try {
    return await core.gate.call((store) => store.put(place.storeKey, record, { ttlMs, ...condition }));
  } catch (error) {
    if (isVersionMismatch(error) || isAlreadyExists(error)) return undefined;
    if (!isNoriKVError(error) || error.outcome !== 'unknown') throw error;
    const found = await core.gate.call((store) => find(store, place.storeKey));
    if (found && decodeRecord(found.value).lease === name) return found.version;
    // A store that takes no writes would be asked for ever.
    if (!found || (version && versionsEqual(found.version, version))) throw error;
    return undefined;
  }
}

/** Gives a lease up after a load that failed, so that others need not wait for its end. */
export async function releaseLease(
  core: Core,
  place: Place,
  lease: Lease,
  { body, entry }: Reading,
): Promise<void> {
  const keptMs = entry && Math.ceil(entry.staleUntil - core.settings.clock.monotonic());
  const kept = entry && body && keptMs !== undefined && keptMs > 0;
  const record = encodeRecord({ body: kept ? body : undefined, lease: undefined });
  const ttlMs = kept ? keptMs : emptyTtlMs;
  try {
    await core.gate.call((store) => store.put(place.storeKey, record, { ttlMs, ifMatchVersion: lease }));
  } catch {
    // Then it ends by itself, or already has.
  }
}
