import {
  AlreadyExistsError,
  CancelledError,
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
  type Value,
  type Version,
  VersionMismatchError,
  valueToBytes,
  versionsEqual,
} from '@norikv/store';
import {
  checkCallOptions,
  checkReadOptions,
  checkWriteOptions,
  deleteNames,
} from '@norikv/store/call-options';
import { createMemoryStore } from '../src/index.js';

/** One way to break the contract each. */
export type Flaw =
  | 'cas is not atomic'
  | 'create is not atomic'
  | 'versions begin again after a delete'
  | 'versions begin again when a key has expired'
  | 'a version is made from the value'
  | 'keys expire early'
  | 'keys never expire'
  | 'an expired key shows its older value'
  | 'a put keeps the old expiry'
  | 'an empty value is missing'
  | 'idempotency keys are not scoped by key'
  | 'idempotency keys are not scoped by operation'
  | 'failures are remembered by idempotency key'
  | 'buffers are shared'
  | 'delete ignores its condition'
  | 'delete always answers true'
  | 'a condition on an absent key holds'
  | 'keys are cut off'
  | 'reads are stale'
  | 'a cancelled put is applied and called not applied'
  | 'close is ignored'
  | 'wrong options are taken'
  | 'a lost create fails without a code'
  | 'versions are compared as numbers of 32 bits';

interface StoredRecord {
  readonly entry: Entry;
  readonly expiresAt: number;
  readonly older: StoredRecord | undefined;
}

/** A store written for its flaws: with none it keeps the contract. */
export function createFlawedStore(
  flaw: Flaw | undefined,
  clock: Clock,
): KvStore & { close(): Promise<void> } {
  const capabilities: Capabilities = { ...createMemoryStore().capabilities, engine: 'flawed' };
  const records = new Map<string, StoredRecord>();
  const counters = new Map<string, bigint>();
  const remembered = new Map<string, { readonly answer?: unknown; readonly error?: unknown }>();
  let lastIndex = 0n;
  let closed = false;

  const nameOf = (key: Key): string => {
    const name = Buffer.from(keyToBytes(key, capabilities)).toString('latin1');
    return flaw === 'keys are cut off' ? (name.split('\0')[0] ?? name) : name;
  };
  const nextVersion = (name: string, value: Uint8Array): Version => {
    if (flaw === 'a version is made from the value') {
      return { term: 1n, index: BigInt(`0x01${Buffer.from(value).toString('hex')}`) };
    }
    if (!flaw?.startsWith('versions begin again')) return { term: 1n, index: ++lastIndex };
    if (flaw === 'versions begin again when a key has expired' && hasExpired(name)) counters.delete(name);
    const index = (counters.get(name) ?? 0n) + 1n;
    counters.set(name, index);
    return { term: 1n, index };
  };
  const hasExpired = (name: string): boolean => {
    const record = records.get(name);
    return record !== undefined && clock.monotonic() >= record.expiresAt;
  };
  const live = (name: string): StoredRecord | undefined => {
    let record = records.get(name);
    const early = flaw === 'keys expire early' ? 5 : 0;
    while (record && clock.monotonic() >= record.expiresAt - early && flaw !== 'keys never expire') {
      record = flaw === 'an expired key shows its older value' ? record.older : undefined;
    }
    if (flaw === 'an empty value is missing' && record?.entry.value.length === 0) return undefined;
    return record;
  };
  const same = (left: Version, right: Version): boolean =>
    flaw === 'versions are compared as numbers of 32 bits'
      ? BigInt.asUintN(32, left.index) === BigInt.asUintN(32, right.index)
      : versionsEqual(left, right);
  const handOut = ({ value, version }: Entry): Entry =>
    flaw === 'buffers are shared' ? { value, version } : { value: new Uint8Array(value), version };

  const check = (options: PutOptions & DeleteOptions, key: Key, record: StoredRecord | undefined): void => {
    const condition = conditionOf(options);
    if (condition.kind === 'absent' && record && flaw === 'a lost create fails without a code') {
      throw new Error('exists');
    }
    if (condition.kind === 'absent' && record) throw new AlreadyExistsError('exists', { key });
    if (condition.kind !== 'version') return;
    if (!record && flaw === 'a condition on an absent key holds') return;
    if (!record || !same(record.entry.version, condition.version)) {
      throw new VersionMismatchError('mismatch', { key, actual: record ? handOut(record.entry) : null });
    }
  };
  const begin = (options: GetOptions & PutOptions, checkOptions: (options: object) => void): void => {
    if (closed && flaw !== 'close is ignored') throw new ClosedError('closed');
    if (flaw === 'wrong options are taken') checkDurationMs('timeoutMs', options.timeoutMs);
    else {
      checkCallOptions(options);
      checkOptions(options);
    }
    if (options.signal?.aborted && flaw !== 'a cancelled put is applied and called not applied') {
      throw new CancelledError('cancelled', { cause: options.signal.reason });
    }
  };
  const once = <T>(operation: string, name: string, id: string | undefined, apply: () => T): T => {
    if (id === undefined) return apply();
    const scope = [
      flaw === 'idempotency keys are not scoped by operation' ? '' : operation,
      flaw === 'idempotency keys are not scoped by key' ? '' : name,
      id,
    ].join('\u0100');
    const known = remembered.get(scope);
    if (known?.error) throw known.error;
    if (known) return known.answer as T;
    try {
      const answer = apply();
      remembered.set(scope, { answer });
      return answer;
    } catch (error) {
      if (flaw === 'failures are remembered by idempotency key') remembered.set(scope, { error });
      throw error;
    }
  };
  const conditionally = async <T>(
    options: PutOptions,
    checkNow: () => void,
    apply: (check: () => void) => T,
  ): Promise<T> => {
    const torn =
      (flaw === 'cas is not atomic' && options.ifMatchVersion) ||
      (flaw === 'create is not atomic' && options.ifNotExists);
    if (!torn) return apply(checkNow);
    checkNow();
    await Promise.resolve();
    return apply(() => {});
  };

  return {
    capabilities,
    async get(key, options = {}) {
      begin(options, checkReadOptions);
      let record = live(nameOf(key));
      if (flaw === 'reads are stale' && record?.older && lastIndex % 7n === 0n) {
        record = record.older;
      }
      if (!record) throw new KeyNotFoundError('missing', { key });
      return handOut(record.entry);
    },
    async put(key: Key, value: Value, options: PutOptions = {}) {
      const name = nameOf(key);
      begin(options, checkWriteOptions);
      const checked = valueToBytes(value, capabilities);
      const bytes = flaw === 'buffers are shared' && value instanceof Uint8Array ? value : checked;
      checkDurationMs('ttlMs', options.ttlMs);
      conditionOf(options);
      const checkNow = (): void => check(options, key, live(name));
      const version = await conditionally(options, checkNow, (checkAgain) =>
        once('put', name, options.idempotencyKey, () => {
          checkAgain();
          const before = live(name);
          const entry = { value: bytes, version: nextVersion(name, bytes) };
          const keptExpiry = flaw === 'a put keeps the old expiry' ? before?.expiresAt : undefined;
          const expiresAt = options.ttlMs ? clock.monotonic() + options.ttlMs : (keptExpiry ?? Infinity);
          records.set(name, { entry, expiresAt, older: before });
          return entry.version;
        }),
      );
      if (flaw === 'a cancelled put is applied and called not applied' && options.signal?.aborted) {
        throw new CancelledError('cancelled', { cause: options.signal.reason });
      }
      return version;
    },
    async delete(key: Key, options: DeleteOptions = {}) {
      const name = nameOf(key);
      begin(options, (given) => checkWriteOptions(given, deleteNames));
      conditionOf(options);
      return once('delete', name, options.idempotencyKey, () => {
        const record = live(name);
        const { ifMatchVersion } = options;
        if (flaw !== 'delete ignores its condition') {
          if (ifMatchVersion && (!record || !same(record.entry.version, ifMatchVersion))) {
            throw new VersionMismatchError('mismatch', { key });
          }
        }
        records.delete(name);
        if (flaw === 'versions begin again after a delete') counters.delete(name);
        return record !== undefined || flaw === 'delete always answers true';
      });
    },
    async close() {
      closed = true;
    },
  };
}
