import { stringToBytes, type Version } from '@norikv/store';
import { draw, shown } from '@norikv/store/checks';
import { quiet } from '@norikv/store/listeners';
import type { CacheCodec } from './codec.js';
import type { Core } from './core.js';
import type { MemoryEntry } from './memory-entry.js';
import type { Place } from './place.js';
import { type Currency, decodeBody } from './reading.js';
import { type Body, encodeRecord } from './record.js';
import type { EntrySettings } from './settings.js';

/** Where a value goes, and how it is kept. */
interface FormRequest {
  readonly core: Core;
  readonly place: Place;
  readonly codec: CacheCodec<unknown>;
  readonly settings: EntrySettings;
}

/** Of a record's header, without its epochs, at most. */
const headerBytes = 128;

/** What becomes of a loaded value. */
interface LoadedForm {
  /** What who asked gets: the value as it is decoded, or what the loader gave if that has no such form. */
  readonly given: unknown;
  /** The value as it is stored, and as whoever reads it gets it; undefined if it cannot be kept. */
  readonly stored: { readonly body: Body; readonly entry: MemoryEntry } | undefined;
}

/** Makes the stored form of a loaded value, also of one that nobody keeps: all who get it get the same kind of value. */
export async function storedForm(
  { core, place, codec, settings }: FormRequest,
  value: unknown,
  epochs: Readonly<Record<string, string>>,
  currency: Currency,
): Promise<LoadedForm> {
  let given = value;
  try {
    const body = makeBody(core, encoded(value, codec), settings, epochs);
    const entry = await decodeBody(core, place, body, { codec, ...settings }, { ...currency, ageMs: 0 });
    if (!entry) return { given, stored: undefined };
    given = entry.value;
    return { given, stored: { body: fitting(core, body), entry } };
  } catch (error) {
    const { namespace, key } = place;
    core.tell({ kind: 'uncacheable', namespace, key, error });
    return { given, stored: undefined };
  }
}

/** The bytes of a value, which are nobody else's; null for undefined. Throws if it has none. */
export function encoded(value: unknown, codec: CacheCodec<unknown>): Uint8Array | null {
  if (value === undefined) return null;
  const bytes = codec.encode(value);
  // By its name: test runners have a Uint8Array of their own.
  if (Object.prototype.toString.call(bytes) === '[object Uint8Array]') return new Uint8Array(bytes);
  quiet(bytes);
  throw new TypeError(`codec.encode answers ${shown(bytes)}; use bytes, at once`);
}

/** The stored form of encoded bytes. */
export function makeBody(
  core: Core,
  payload: Uint8Array | null,
  settings: EntrySettings,
  epochs: Readonly<Record<string, string>>,
): Body {
  const { clock, random, maxTtlMs } = core.settings;
  const ttlMs = payload === null ? settings.negativeTtlMs : settings.ttlMs;
  const freshMs = Math.max(1, Math.round(ttlMs * (1 - settings.ttlJitter * draw(random))));
  const staleMs = Math.min(Math.max(settings.staleWhileRevalidateMs, settings.graceMs), maxTtlMs - freshMs);
  return { payload, storedAt: clock.now(), freshMs, staleMs, epochs };
}

/** A stored form that the store takes. Throws if it is too large. */
export function fitting({ maxValueBytes }: Core, body: Body): Body {
  const bytes = (body.payload?.length ?? 0) + stringToBytes(JSON.stringify(body.epochs)).length + headerBytes;
  if (bytes <= maxValueBytes) return body;
  throw new RangeError(`it has ${bytes} bytes, and the store takes ${maxValueBytes}`);
}

/** Writes a value to the store; it leaves by itself when even its stale time is over. */
export async function putBody(
  core: Core,
  place: Place,
  body: Body,
  condition: { readonly ifMatchVersion?: Version },
): Promise<void> {
  const record = encodeRecord({ body, lease: undefined });
  const ttlMs = body.freshMs + body.staleMs;
  await core.gate.call((store) => store.put(place.storeKey, record, { ttlMs, ...condition }));
}
