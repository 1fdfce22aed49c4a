import {
  type Codec,
  createUpdater,
  keep,
  type UpdateOptions,
  type UpdaterOptions,
  write,
} from '@norikv/cas-retry';
import {
  bytesToString,
  type GetOptions,
  type Key,
  type KvStore,
  requireCapabilities,
  stringToBytes,
  type Value,
  valueToBytes,
} from '@norikv/store';
import { checkOptions } from '@norikv/store/checks';
import { StaleTokenError } from './errors.js';
import { tokenOf } from './fence.js';

/** What a fenced key holds. */
export interface FencedValue {
  /** Null if the key was sealed and nothing has been put yet. */
  readonly value: Uint8Array | null;
  /** The token it was put or sealed with. */
  readonly token: bigint;
}

/** Options of fenced writes. */
export interface FencedOptions
  extends Pick<UpdateOptions, 'signal' | 'deadlineMs'>,
    Pick<UpdaterOptions, 'clock' | 'random'> {
  /** Accepts a store that does not declare atomic conditions. A stale write may then get through. */
  readonly unsafeAllowNonAtomicCas?: boolean | undefined;
}

const optionNames: readonly (keyof FencedOptions)[] = [
  'signal',
  'deadlineMs',
  'clock',
  'random',
  'unsafeAllowNonAtomicCas',
];
const sizeLeftToStore = { maxKeyBytes: Number.POSITIVE_INFINITY, maxValueBytes: Number.POSITIVE_INFINITY };

/**
 * Writes a key for the holder of a lease, unless a later holder has been there. Check and write are one
 * step in the store. One round trip on a key this process wrote last, else two.
 *
 * Read it with {@link fencedGet}: the token is stored with the value.
 *
 * @example
 * ```ts
 * const balance = await fencedSeal(store, 'balance', lease.token);  // once, before the first decision
 * await fencedPut(store, 'balance', next(balance), lease.token);
 * ```
 *
 * @throws InvalidArgumentError if the value is neither well-formed text nor a `Uint8Array`.
 * @throws StaleTokenError if the key has seen a higher token.
 * @throws CorruptRecordError if something else wrote the key; it is left as it is.
 * @throws OutcomeUnknownError if a reply was lost for good. Trying again is safe.
 * @throws UnsupportedError if the store does not guarantee what this needs.
 */
export async function fencedPut(
  store: KvStore,
  key: Key,
  value: Value,
  token: bigint,
  options: FencedOptions = {},
): Promise<void> {
  await update(store, key, token, options, valueToBytes(value, sizeLeftToStore));
}

/**
 * Raises the token of a key without changing its value, and returns the value. A new leader does this to
 * every key it is going to decide upon, before it decides: a write its predecessor sent may still be on its
 * way, and would otherwise land behind its back.
 *
 * @throws StaleTokenError, CorruptRecordError, OutcomeUnknownError as {@link fencedPut}.
 */
export async function fencedSeal(
  store: KvStore,
  key: Key,
  token: bigint,
  options: FencedOptions = {},
): Promise<Uint8Array | null> {
  // A copy: calls that share a write are answered with the same bytes.
  const value = await update(store, key, token, options);
  return value && new Uint8Array(value);
}

/** Reads a key that fenced writes keep. Null if it is absent. One round trip. */
export async function fencedGet(store: KvStore, key: Key, options?: GetOptions): Promise<FencedValue | null> {
  return (await createUpdater(store).read(key, fencedCodec, options)) ?? null;
}

async function update(
  store: KvStore,
  key: Key,
  token: bigint,
  given: FencedOptions,
  bytes?: Uint8Array,
): Promise<Uint8Array | null> {
  const { unsafeAllowNonAtomicCas, clock, random, ...options } = checkOptions(given, optionNames);
  const mine = tokenOf(token);
  requireCapabilities(
    store,
    'a fenced write',
    ['atomicCas', 'createIfAbsent', 'linearizableReads'],
    unsafeAllowNonAtomicCas,
  );
  return createUpdater(store, { clock, random }).update(
    key,
    fencedCodec,
    (current = { token: 0n, value: null }) => {
      if (current.token > mine) throw new StaleTokenError({ token: mine, highest: current.token, key });
      const value = bytes ?? current.value;
      const isThere = bytes === undefined && current.token === mine;
      return isThere ? keep(value) : write({ token: mine, value }, value);
    },
    options,
  );
}

/** A line `fence:1 <token>`, ending in ` -` if there is no value, and then the value. */
const fencedCodec: Codec<FencedValue> = {
  encode({ token, value }) {
    const line = stringToBytes(`fence:1 ${token}${value ? '' : ' -'}\n`);
    const bytes = new Uint8Array(line.length + (value?.length ?? 0));
    bytes.set(line);
    bytes.set(value ?? [], line.length);
    return bytes;
  },
  decode(bytes) {
    const end = bytes.indexOf(10) + 1;
    const [, token, sealed] = /^fence:1 ([0-9]+)( -)?\n$/.exec(bytesToString(bytes.subarray(0, end))) ?? [];
    if (token === undefined) throw new TypeError('not a fenced value');
    return { token: BigInt(token), value: sealed ? null : bytes.slice(end) };
  },
};
