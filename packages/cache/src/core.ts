import { performance } from 'node:perf_hooks';
import { type KvStore, systemClock } from '@norikv/store';
import { BoundedMap } from '@norikv/store/bounded-map';
import { LRUCache } from 'lru-cache';
import { overwrite } from './epoch-moves.js';
import { Epochs } from './epochs.js';
import type { CacheEvent, Counters } from './events.js';
import { Flights } from './flights.js';
import { checkPrefix } from './keys.js';
import type { MemoryEntry } from './memory-entry.js';
import type { Place } from './place.js';
import type { Settings } from './settings.js';
import { StoreGate } from './store-gate.js';

/** The result of a read or a load, and when the calls that it rests on began. */
export interface Outcome {
  /** How it answers who asked. */
  readonly kind: 'hit' | 'stale' | 'miss';
  readonly entry: MemoryEntry | undefined;
  readonly value: unknown;
  readonly asOf: number;
}

const maxCells = 10_000;
const maxRetries = 10_000;
const marginMs = 3_600_000;

/** What all namespaces of a cache share. */
export class Core {
  readonly settings: Settings;
  readonly gate: StoreGate;
  readonly epochs: Epochs;
  readonly memory: LRUCache<string, MemoryEntry> | undefined;
  readonly reads: Flights<Outcome> = new Flights();
  readonly loads: Flights<Outcome> = new Flights();
  readonly refreshing: Set<string> = new Set();
  /** Until when a load that failed is not tried again. Not part of the values, which memory forgets when their shard moves. */
  readonly retryTimes: BoundedMap<number> = new BoundedMap(maxRetries);
  /** The monotonic clock, by the shortest way: it is asked for every hit in memory. */
  readonly now: () => number;
  readonly maxKeyBytes: number;
  readonly maxValueBytes: number;
  /** How long it is remembered that an epoch moved: longer than anything lives that carries it. */
  readonly epochLifeMs: number;
  readonly counters: Counters = {
    memoryHits: 0,
    storeHits: 0,
    staleHits: 0,
    misses: 0,
    loads: 0,
    loadErrors: 0,
    lostFills: 0,
    storeErrors: 0,
  };

  constructor(store: KvStore, settings: Settings) {
    const { maxEntries, maxBytes, maxTtlMs, onEvent } = settings;
    const { clock } = settings;
    this.settings = settings;
    this.now = clock === systemClock ? performance.now.bind(performance) : () => clock.monotonic();
    this.maxKeyBytes = store.capabilities?.maxKeyBytes ?? 1_024;
    checkPrefix(settings.prefix, this.maxKeyBytes);
    this.maxValueBytes = store.capabilities?.maxValueBytes ?? 1_048_576;
    this.gate = new StoreGate(store, {
      ...settings,
      onFailure: (error) => this.tell({ kind: 'store-error', error }),
      onBreaker: (state) => onEvent({ kind: 'breaker', state }),
    });
    this.epochLifeMs = 2 * maxTtlMs + marginMs;
    this.epochs = new Epochs(this.gate, {
      ...settings,
      maxKeyBytes: this.maxKeyBytes,
      lifetimeMs: this.epochLifeMs,
      maxCells,
      move: overwrite,
    });
    this.memory =
      maxEntries === 0
        ? undefined
        : new LRUCache({ max: maxEntries, maxSize: maxBytes, sizeCalculation: ({ bytes }) => bytes });
  }

  /** Whether a load failed so lately that it is too early for another one. */
  isPutOff({ memoryKey }: Place, now: number): boolean {
    return now < (this.retryTimes.get(memoryKey) ?? Number.NEGATIVE_INFINITY);
  }

  /** Counts and reports. */
  tell(event: CacheEvent): void {
    const counter = counterOf[event.kind];
    if (counter) this.counters[counter] += 1;
    this.settings.onEvent(event);
  }

  /** After an own invalidation: nobody joins what began before it. */
  detachAll(): void {
    this.reads.detachAll();
    this.loads.detachAll();
  }
}

const counterOf: Readonly<Partial<Record<CacheEvent['kind'], keyof Counters>>> = {
  hit: 'storeHits',
  stale: 'staleHits',
  miss: 'misses',
  load: 'loads',
  'load-error': 'loadErrors',
  'lost-fill': 'lostFills',
  'store-error': 'storeErrors',
};
