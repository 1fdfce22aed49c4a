import { checkDurationMs, InvalidArgumentError } from '@norikv/store';
import { checkOptions, refuse } from '@norikv/store/checks';
import type { Cache, Found } from './cache.js';
import { type CacheCodec, codecOf } from './codec.js';
import type { Core, Outcome } from './core.js';
import type { CacheStats } from './events.js';
import { fromMemory } from './from-memory.js';
import type { Loader } from './loader.js';
import { carries, type MemoryEntry } from './memory-entry.js';
import type { CallEntryOptions, EntryOptions, NamespaceOptions, SetOptions } from './options.js';
import { areTags, type Place, Space, tagEpochs } from './place.js';
import { readPlace } from './reading.js';
import { callNames, type EntrySettings, entrySettings, namespaceNames, setNames } from './settings.js';
import { shareLoad } from './share-load.js';
import { encoded, fitting, makeBody, putBody } from './stored-form.js';
import { unlessAborted } from './unless-aborted.js';

/** A namespace of a cache; the cache itself is the one without a name. */
export class CacheSpace<Value> implements Cache<Value> {
  readonly #core: Core;
  readonly #memory: Core['memory'];
  readonly #epochs: Core['epochs'];
  readonly #now: () => number;
  readonly #space: Space;
  readonly #codec: CacheCodec<unknown>;
  readonly #settings: EntrySettings;

  constructor(core: Core, space: Space, codec: CacheCodec<Value>, settings: EntrySettings) {
    this.#core = core;
    this.#memory = core.memory;
    this.#epochs = core.epochs;
    this.#now = core.now;
    this.#space = space;
    // What is stored under this namespace is of this type, as far as anybody can know.
    this.#codec = codec as CacheCodec<unknown>;
    this.#settings = settings;
  }

  get(key: string): Promise<Value | undefined> {
    const calm = this.#calm(key);
    return (calm ? calm.answer : this.#getSlowly(key)) as Promise<Value | undefined>;
  }

  getOrSet<Loaded extends Value | undefined>(
    key: string,
    loader: Loader<Loaded>,
    options?: CallEntryOptions,
  ): Promise<Found<Value, Loaded>> {
    const calm = this.#calm(key, options?.tags);
    return (calm ? calm.answer : this.#getOrLoad(key, loader, options)) as Promise<Found<Value, Loaded>>;
  }

  async set(key: string, value: Value, options: SetOptions = {}): Promise<boolean> {
    const { epochs, memory } = this.#core;
    const place = this.#place(key);
    const settings = this.#entrySettings(options, setNames);
    const names = [...place.spaces, ...tagEpochs(options.tags ?? [])];
    if (value === undefined) checkDurationMs('negativeTtlMs (of a value undefined)', settings.negativeTtlMs);
    // At once: the caller may change the value while this waits.
    const payload = cacheable(() => encoded(value, this.#codec));
    memory?.delete(place.memoryKey);
    try {
      await epochs.refresh(names);
      const known = epochs.capture(names);
      const body = cacheable(() => fitting(this.#core, makeBody(this.#core, payload, settings, known)));
      await putBody(this.#core, place, body, {});
      await this.#moved(place);
      return true;
    } catch (error) {
      if (error instanceof InvalidArgumentError) throw error;
      return false;
    }
  }

  async delete(key: string): Promise<boolean> {
    const place = this.#place(key);
    this.#core.memory?.delete(place.memoryKey);
    const existed = await this.#core.gate.insist((store) => store.delete(place.storeKey));
    await this.#moved(place);
    return existed;
  }

  async clear(): Promise<void> {
    await this.#core.epochs.bump(this.#space.epoch);
    this.#core.detachAll();
  }

  async invalidateTags(tags: readonly string[]): Promise<void> {
    await Promise.all(tagEpochs(tags).map((epoch) => this.#core.epochs.bump(epoch)));
    this.#core.detachAll();
  }

  namespace<Inner = Value>(name: string, options: NamespaceOptions<Inner> = {}): Cache<Inner> {
    if (name === '')
      throw new InvalidArgumentError('name of a namespace is empty; use at least one character');
    const settings = this.#entrySettings(options, namespaceNames);
    return new CacheSpace<Inner>(
      this.#core,
      new Space([...this.#space.names, name]),
      codecOf(options) ?? (this.#codec as CacheCodec<Inner>),
      settings,
    );
  }

  getStats(): CacheStats {
    const { counters, memory } = this.#core;
    return { ...counters, entries: memory?.size ?? 0, bytes: memory?.calculatedSize ?? 0 };
  }

  /** A value in memory that needs no look at anything else. */
  #calm(key: string, tags?: readonly string[]): MemoryEntry | undefined {
    if (typeof key !== 'string') return undefined;
    const entry = this.#memory?.get(this.#space.memoryKey(key));
    if (entry?.generation !== this.#epochs.generation || this.#now() >= entry.calmUntil) return undefined;
    // What are no tags is refused by the slow way, which can reject.
    if (tags !== undefined && !(areTags(tags) && carries(entry, tagEpochs(tags)))) return undefined;
    this.#core.counters.memoryHits += 1;
    return entry;
  }

  async #getSlowly(key: string): Promise<unknown> {
    const { reads, settings } = this.#core;
    const place = this.#place(key);
    const { namespace } = place;
    const since = settings.clock.monotonic();
    for (;;) {
      const held = await fromMemory(this.#core, place);
      if (held && settings.clock.monotonic() < held.freshUntil) {
        this.#core.counters.memoryHits += 1;
        return held.value;
      }
      let outcome: Outcome;
      try {
        outcome = await reads.join(place.memoryKey, () => this.#read(place));
      } catch {
        this.#core.tell({ kind: 'miss', namespace, key });
        return undefined;
      }
      if (outcome.asOf >= since - settings.maxStalenessMs) {
        this.#core.tell({ kind: outcome.kind, namespace, key });
        return outcome.value;
      }
    }
  }

  async #read(place: Place): Promise<Outcome> {
    const { earlyRefresh } = this.#settings;
    const { entry, asOf } = await readPlace(this.#core, place, { codec: this.#codec, earlyRefresh });
    if (entry && this.#core.settings.clock.monotonic() < entry.freshUntil)
      return { kind: 'hit', entry, value: entry.value, asOf: entry.asOf };
    return { kind: 'miss', entry: undefined, value: undefined, asOf };
  }

  async #getOrLoad(key: string, loader: Loader<unknown>, options: CallEntryOptions = {}): Promise<unknown> {
    const place = this.#place(key);
    const settings = this.#entrySettings(options, callNames);
    const tags = tagEpochs(options.tags ?? []);
    if (typeof loader !== 'function') {
      refuse('loader', loader, 'a function that gives the value');
    }
    return await unlessAborted(options.signal, () =>
      shareLoad({ core: this.#core, place, loader, codec: this.#codec, tags, settings }),
    );
  }

  /** After a write to the store: other processes are told, and nobody here joins what began before. */
  async #moved({ memoryKey, shard }: Place): Promise<void> {
    const { epochs, loads, memory, reads } = this.#core;
    await epochs.bump(shard);
    memory?.delete(memoryKey);
    reads.detach(memoryKey);
    loads.detach(memoryKey);
  }

  #entrySettings(options: EntryOptions, names: readonly string[]): EntrySettings {
    checkOptions(options, names);
    return entrySettings(options, this.#core.settings.maxTtlMs, this.#settings);
  }

  #place(key: string): Place {
    const { settings, maxKeyBytes } = this.#core;
    return this.#space.place(key, settings.prefix, settings.shards, maxKeyBytes);
  }
}

/** @throws InvalidArgumentError for what cannot be kept. */
function cacheable<Form>(make: () => Form): Form {
  try {
    return make();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidArgumentError(`value cannot be cached: ${why}`, { cause });
  }
}
