import {
  bytesToString,
  type Clock,
  checkDurationMs,
  find,
  type KvStore,
  requireCapabilities,
  stringToBytes,
  systemClock,
} from '@norikv/store';
import { checkNames, checkObject } from '@norikv/store/checks';
import { Epochs } from './epochs.js';
import { checkPrefix, joinNames, storeKey } from './keys.js';
import { checkMaxTtlMs } from './options.js';
import { decodeRecord, encodeRecord } from './record.js';
import { StoreGate } from './store-gate.js';

/** Options of the adapters. */
export interface AdapterOptions {
  /** Begins every key in the store. Adapters with different prefixes know nothing of each other. */
  readonly prefix?: string | undefined;
  /**
   * How long after a clear is acknowledged another process may still see what was cleared, in milliseconds.
   * Default 1,000. In the process that clears it is 0.
   */
  readonly maxStalenessMs?: number | undefined;
  /**
   * The longest time a value is kept, in milliseconds; also one without a ttl. Once it is shorter than it was, values
   * that were stored for longer are not given any more. Default 31,536,000,000 (a year).
   */
  readonly maxTtlMs?: number | undefined;
  /** How long one call of the store may take, in milliseconds. Default 5,000. */
  readonly storeTimeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** How a value is written. */
export interface ShelfWrite {
  /** Time to live in milliseconds; rounded up, and at most `maxTtlMs`. */
  readonly ttlMs?: number | undefined;
  /** The epochs whose move makes it invalid, besides that of everything. */
  readonly epochs?: readonly string[] | undefined;
}

/** Checked options of an adapter, with defaults. */
export type ShelfSettings = { readonly [Name in keyof AdapterOptions]-?: NonNullable<AdapterOptions[Name]> };

/** @throws InvalidArgumentError naming the option that is wrong. */
export function shelfSettings(options: AdapterOptions, defaultPrefix: string): ShelfSettings {
  const { prefix = defaultPrefix, clock = systemClock } = checkObject('options', options);
  const { maxStalenessMs = 1_000, maxTtlMs = yearMs, storeTimeoutMs = 5_000 } = options;
  checkPrefix(prefix, Number.POSITIVE_INFINITY);
  checkDurationMs('maxStalenessMs', maxStalenessMs);
  checkMaxTtlMs(maxTtlMs);
  checkDurationMs('storeTimeoutMs', storeTimeoutMs);
  const settings = { prefix, maxStalenessMs, maxTtlMs, storeTimeoutMs, clock };
  checkNames('an option', options, Object.keys(settings));
  return settings;
}

const everything = 'n';
const yearMs = 31_536_000_000;
const marginMs = 3_600_000;

/**
 * Values in the store that can be cleared by groups: what the adapters stand on. There is no memory tier, since
 * the libraries they serve have their own. A read costs one call, a write one, a removal two.
 */
export class Shelf {
  readonly epochs: Epochs;
  readonly #gate: StoreGate;
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #maxTtlMs: number;
  readonly #maxKeyBytes: number;

  constructor(store: KvStore, user: string, settings: ShelfSettings) {
    const { prefix, maxStalenessMs, maxTtlMs, storeTimeoutMs, clock } = settings;
    requireCapabilities(store, user, ['linearizableReads', 'putVersionUsable', 'ttl']);
    this.#prefix = prefix;
    this.#clock = clock;
    this.#maxTtlMs = maxTtlMs;
    this.#maxKeyBytes = store.capabilities?.maxKeyBytes ?? 1_024;
    checkPrefix(prefix, this.#maxKeyBytes);
    this.#gate = new StoreGate(store, {
      storeTimeoutMs,
      // The libraries have breakers of their own, or want to see every error.
      breakerFailures: Number.POSITIVE_INFINITY,
      breakerMs: 1,
      clock,
    });
    this.epochs = new Epochs(this.#gate, {
      prefix,
      maxKeyBytes: this.#maxKeyBytes,
      maxStalenessMs,
      lifetimeMs: maxTtlMs + marginMs,
      maxCells: 10_000,
      clock,
    });
  }

  /** A value, with the wall-clock time at which it was written; undefined if there is none that is valid. */
  async get(names: readonly string[]): Promise<{ value: unknown; storedAt: number } | undefined> {
    const found = await this.#gate.call((store) => find(store, this.#key(names)));
    const body = found && decodeRecord(found.value).body;
    // What was stored under a longer maxTtlMs may outlive the record of its invalidation.
    if (!body?.payload || body.freshMs > this.#maxTtlMs) return undefined;
    const epochNames = Object.keys(body.epochs);
    await this.epochs.refresh(epochNames);
    if (epochNames.some((name) => this.epochs.known(name) !== body.epochs[name])) return undefined;
    try {
      return { value: decodeValue(body.payload), storedAt: body.storedAt };
    } catch {
      return undefined;
    }
  }

  async set(names: readonly string[], value: unknown, { ttlMs, epochs = [] }: ShelfWrite): Promise<void> {
    const epochNames = [everything, ...epochs];
    await this.epochs.refresh(epochNames);
    const known = this.epochs.capture(epochNames);
    const freshMs = Math.max(1, Math.min(Math.ceil(ttlMs ?? this.#maxTtlMs), this.#maxTtlMs));
    const body = {
      payload: encodeValue(value),
      storedAt: this.#clock.now(),
      freshMs,
      staleMs: 0,
      epochs: known,
    };
    const record = encodeRecord({ body, lease: undefined });
    await this.#gate.call((store) => store.put(this.#key(names), record, { ttlMs: freshMs }));
  }

  /** True if there was a value that was valid. */
  async delete(names: readonly string[]): Promise<boolean> {
    const isThere = (await this.get(names)) !== undefined;
    // What it answers is not asked: a repeated delete says that there was nothing.
    await this.#gate.insist((store) => store.delete(this.#key(names)));
    return isThere;
  }

  /** Makes everything written under an epoch invalid; without one, everything. */
  async clear(epoch: string = everything): Promise<void> {
    await this.epochs.bump(epoch);
  }

  #key(names: readonly string[]): string {
    return storeKey(this.#prefix, 'v', joinNames(names), this.#maxKeyBytes);
  }
}

const marks = { text: 116, json: 106, bytes: 98 } as const;

/** Text and bytes as they are, all else as JSON, behind a byte that says which. */
function encodeValue(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return marked(marks.bytes, value);
  if (typeof value === 'string') return marked(marks.text, stringToBytes(value));
  return marked(marks.json, stringToBytes(JSON.stringify(value) ?? 'null'));
}

function decodeValue(payload: Uint8Array): unknown {
  const bytes = payload.subarray(1);
  if (payload[0] === marks.bytes) return bytes;
  const text = bytesToString(bytes);
  return payload[0] === marks.text ? text : JSON.parse(text);
}

function marked(mark: number, bytes: Uint8Array): Uint8Array {
  const payload = new Uint8Array(bytes.length + 1);
  payload[0] = mark;
  payload.set(bytes, 1);
  return payload;
}
