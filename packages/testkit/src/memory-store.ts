import {
  type CallOptions,
  type Capabilities,
  type Clock,
  ClosedError,
  checkDurationMs,
  conditionOf,
  type DeleteOptions,
  type Entry,
  type GetOptions,
  type Key,
  KeyNotFoundError,
  type KvStore,
  keyToBytes,
  type PutOptions,
  systemClock,
  UnsupportedError,
  type Value,
  type Version,
  valueToBytes,
} from '@norikv/store';
import { checkReadOptions, checkWriteOptions, deleteNames } from '@norikv/store/call-options';
import { checkNames, checkObject, checkOptions } from '@norikv/store/checks';
import { awaitReply, checkLimits, type Operation, travel } from './in-flight.js';
import { type Latency, latencyOf } from './latency.js';
import { MemoryTable } from './memory-table.js';
import type { Retention } from './remembered-answers.js';

const oneDayMs = 86_400_000;

/** Options of {@link createMemoryStore}. */
export interface MemoryStoreOptions {
  /** Default: the clock of the process. TTLs follow its `monotonic()`, so wall-clock jumps do not matter. */
  readonly clock?: Clock | undefined;
  /**
   * Time of one call in milliseconds, half of it before the store acts and half after. Default 0: the store
   * acts within the call and starts no timer.
   */
  readonly latencyMs?: Latency | undefined;
  /** Whether a lost condition tells what the key holds. Default true; engines on a wire may not. */
  readonly mismatchCarriesEntry?: boolean | undefined;
  /** How long an idempotency key is remembered, in milliseconds. Default: one day. */
  readonly idempotencyRetentionMs?: number | undefined;
  /**
   * Overrides of what the store declares. `ttl: 'none'`, `idempotency: 'none'`, `createIfAbsent: false` and
   * `deleteCas: false` also make it refuse such calls; the limits are kept; the others only change the label.
   */
  readonly capabilities?: Partial<Capabilities> | undefined;
}

/** A {@link KvStore} in the memory of this process. */
export interface MemoryStore extends KvStore, AsyncDisposable {
  readonly capabilities: Capabilities;
  find(key: Key, options?: GetOptions): Promise<Entry | null>;
  /** Refuses further calls and resolves when those in flight have ended. Calling it again is fine. */
  close(): Promise<void>;
}

const optionNames: readonly (keyof MemoryStoreOptions)[] = [
  'clock',
  'latencyMs',
  'mismatchCarriesEntry',
  'idempotencyRetentionMs',
  'capabilities',
];

/**
 * The reference store: the whole contract, strictly atomic, in memory.
 *
 * What it holds is lost with the object, so `durableAck` is false; a test may override that label.
 *
 * @example
 * ```ts
 * const store = createMemoryStore();
 * const version = await store.put('greeting', 'hello');
 * await store.put('greeting', 'good day', { ifMatchVersion: version });
 * ```
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  return memoryStoreWithCalls(options).store;
}

/** Takes the time of a call, lets a step happen in the middle of it, and keeps to the limits of its caller. */
type Call = <T>(operation: Operation, key: Key, callOptions: CallOptions, step: () => T) => Promise<T>;

/** A memory store, and the way its calls go, for whoever serves more kinds of them. */
export function memoryStoreWithCalls(options: MemoryStoreOptions): {
  readonly store: MemoryStore;
  readonly call: Call;
  readonly retention: Retention;
} {
  checkOptions(options, optionNames);
  checkDurationMs('idempotencyRetentionMs', options.idempotencyRetentionMs);
  const clock = options.clock ?? systemClock;
  const latencyMs = latencyOf('latencyMs', options.latencyMs);
  checkNames('a capability', checkObject('capabilities', options.capabilities ?? {}), Object.keys(declared));
  const capabilities = Object.freeze({ ...declared, ...options.capabilities });
  const retention: Retention = {
    monotonic: () => clock.monotonic(),
    idempotencyRetentionMs: options.idempotencyRetentionMs ?? oneDayMs,
  };
  const table = new MemoryTable({
    ...retention,
    mismatchCarriesEntry: options.mismatchCarriesEntry ?? true,
  });
  const inFlight = new Set<Promise<unknown>>();
  let closed = false;

  const call: Call = async (operation, key, callOptions, step) => {
    if (closed) throw new ClosedError('The store is closed', { key });
    checkLimits({ operation, key }, callOptions);
    const duration = latencyMs();
    if (duration <= 0) return step();
    const work = travel(clock, duration, step);
    inFlight.add(work);
    const ended = (): void => {
      inFlight.delete(work);
    };
    work.then(ended, ended);
    return awaitReply(() => work, { operation, key }, callOptions, clock);
  };

  async function find(key: Key, getOptions: GetOptions = {}): Promise<Entry | null> {
    const keyBytes = keyToBytes(key, capabilities);
    checkReadOptions(getOptions);
    return call('find', key, getOptions, () => table.find(keyBytes));
  }

  async function close(): Promise<void> {
    closed = true;
    await Promise.allSettled(inFlight);
  }

  const store: MemoryStore = {
    capabilities,
    find,
    async get(key, getOptions = {}) {
      const keyBytes = keyToBytes(key, capabilities);
      checkReadOptions(getOptions);
      return call('get', key, getOptions, () => {
        const entry = table.find(keyBytes);
        if (entry === null) throw new KeyNotFoundError('The key does not exist', { key });
        return entry;
      });
    },
    async put(key: Key, value: Value, putOptions: PutOptions = {}): Promise<Version> {
      const write = {
        key,
        keyBytes: keyToBytes(key, capabilities),
        value: valueToBytes(value, capabilities),
        condition: conditionOf(putOptions),
        ttlMs: putOptions.ttlMs,
        idempotencyKey: putOptions.idempotencyKey,
      };
      checkWriteOptions(putOptions);
      checkPutSupported(putOptions, capabilities);
      return call('put', key, putOptions, () => table.put(write));
    },
    async delete(key: Key, deleteOptions: DeleteOptions = {}): Promise<boolean> {
      const write = {
        key,
        keyBytes: keyToBytes(key, capabilities),
        condition: conditionOf(deleteOptions),
        idempotencyKey: deleteOptions.idempotencyKey,
      };
      checkWriteOptions(deleteOptions, deleteNames);
      checkIdempotencySupported(deleteOptions, capabilities);
      if (write.condition.kind !== 'always' && !capabilities.deleteCas) {
        throw new UnsupportedError('This store has no conditional delete: leave out ifMatchVersion', { key });
      }
      return call('delete', key, deleteOptions, () => table.delete(write));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  return { store, call, retention };
}

const declared: Capabilities = {
  engine: 'memory',
  atomicCas: true,
  createIfAbsent: true,
  deleteCas: true,
  linearizableReads: true,
  putVersionUsable: true,
  ttl: 'exact',
  durableAck: false,
  idempotency: 'node',
  maxKeyBytes: 1_024,
  maxValueBytes: 1_048_576,
  vector: false,
};

function checkPutSupported(options: PutOptions, capabilities: Capabilities): void {
  checkIdempotencySupported(options, capabilities);
  if (options.ttlMs !== undefined && capabilities.ttl === 'none') {
    throw new UnsupportedError('This store has no expiry: leave out ttlMs');
  }
  if (conditionOf(options).kind === 'absent' && !capabilities.createIfAbsent) {
    throw new UnsupportedError('This store has no create: leave out ifNotExists');
  }
}

/** Refuses an idempotency key where none is remembered. */
export function checkIdempotencySupported(
  options: { readonly idempotencyKey?: string | undefined },
  { idempotency }: Capabilities,
): void {
  if (options.idempotencyKey !== undefined && idempotency === 'none') {
    throw new UnsupportedError('This store has no idempotency keys: leave out idempotencyKey');
  }
}
