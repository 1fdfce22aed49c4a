import { type Clock, find, type KvStore, requireCapabilities } from '@norikv/store';
import type { ShelfSettings } from './adapter-options.js';
import { type EpochMove, overwrite } from './epoch-moves.js';
import { Epochs } from './epochs.js';
import { checkPrefix, joinNames, storeKey } from './keys.js';
import { decodeRecord, encodeRecord } from './record.js';
import { decodeValue, encodeValue } from './shelf-value.js';
import { StoreGate } from './store-gate.js';

/** How a value is written. */
export interface ShelfWrite {
  /** Time to live in milliseconds; rounded up, and at most `maxTtlMs`. */
  readonly ttlMs?: number | undefined;
  /** The epochs whose move makes it invalid, besides that of everything. */
  readonly epochs?: readonly string[] | undefined;
}

const everything = 'n';
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

  constructor(store: KvStore, user: string, settings: ShelfSettings, move: EpochMove = overwrite) {
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
      move,
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
    // At once: the caller may change it while this waits.
    const payload = encodeValue(value);
    await this.epochs.refresh(epochNames);
    const known = this.epochs.capture(epochNames);
    const freshMs = Math.max(1, Math.min(Math.ceil(ttlMs ?? this.#maxTtlMs), this.#maxTtlMs));
    const body = {
      payload,
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
