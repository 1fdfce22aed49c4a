import { type Clock, type KvStore, requireCapabilities, systemClock, UnsupportedError } from '@norikv/store';
import { checkNames, checkOneOf, checkWhole, refuse } from '@norikv/store/checks';
import { checkNumber, checkShared } from '../core/checks.js';
import { keyPart } from '../core/key-part.js';
import type { VectorKvStore } from '../core/vector-kv-store.js';
import type { Thresholds } from './comparison.js';
import type { DeduplicationPolicy, DeduplicatorOptions } from './options.js';

/** What a deduplicator goes by: its checked options. */
export interface Settings {
  readonly prefix: string;
  readonly namespace: string;
  readonly policy: DeduplicationPolicy;
  readonly thresholds: Thresholds;
  /** Null: near copies are not sought. */
  readonly minWords: number | null;
  readonly admitsUnembedded: boolean;
  readonly maxContentLength: number;
  readonly maxAliases: number;
  readonly bandLimit: number;
  readonly leaseMs: number;
  readonly pollMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

const policies: readonly DeduplicationPolicy[] = ['reject', 'link', 'merge', 'replace'];

const optionNames: readonly (keyof DeduplicatorOptions)[] = [
  'prefix',
  'policy',
  'near',
  'reviewThreshold',
  'embedderFailure',
  'maxContentLength',
  'maxAliases',
  'bandLimit',
  'leaseMs',
  'pollMs',
];

/**
 * Checks options by name and fills in the defaults.
 *
 * @throws InvalidArgumentError if one is wrong.
 */
export function settingsOf(hasModel: boolean, threshold: number, options: DeduplicatorOptions): Settings {
  checkShared(options, optionNames);
  const {
    namespace = `${options.prefix ?? ''}doc_fingerprints`,
    prefix = `dedup:${keyPart(namespace)}:`,
    policy = 'reject',
    near = {},
    reviewThreshold = threshold - 0.05,
    embedderFailure = 'reject',
    maxContentLength = 1_048_576,
    maxAliases = 1_000,
    bandLimit = 256,
    leaseMs = 10_000,
    pollMs = 20,
    clock = systemClock,
    random = Math.random,
  } = options;
  if (near !== false && (typeof near !== 'object' || near === null))
    refuse('near', near, 'an object, or false');
  if (near !== false) checkNames('an option of near', near, ['threshold', 'minWords']);
  const nearThreshold = near === false ? null : (near.threshold ?? 0.4);
  const minWords = near === false ? null : (near.minWords ?? 16);
  checkOneOf('policy', policy, policies);
  checkOneOf('embedderFailure', embedderFailure, ['reject', 'admit']);
  checkShare('threshold', threshold);
  checkNumber('reviewThreshold', reviewThreshold, -1, threshold);
  if (nearThreshold !== null) checkShare('near.threshold', nearThreshold);
  checkWhole('near.minWords', minWords ?? 1, 1, 1_000_000);
  checkWhole('maxContentLength', maxContentLength, 1, 16_777_216);
  checkWhole('maxAliases', maxAliases, 1, 10_000);
  checkWhole('bandLimit', bandLimit, 1, 4_096);
  checkWhole('leaseMs', leaseMs, 1, 86_400_000);
  checkWhole('pollMs', pollMs, 1, 60_000);
  const semantic = hasModel ? threshold : null;
  return {
    prefix,
    namespace,
    policy,
    thresholds: { near: nearThreshold, semantic, review: reviewThreshold },
    minWords,
    admitsUnembedded: embedderFailure === 'admit',
    maxContentLength,
    maxAliases,
    bandLimit,
    leaseMs,
    pollMs,
    clock,
    random,
  };
}

/**
 * Refuses a store that lacks a guarantee.
 *
 * @throws UnsupportedError naming what is missing.
 */
export function checkStore(store: KvStore, unsafe: boolean | undefined): void {
  const needs = ['atomicCas', 'createIfAbsent', 'linearizableReads'] as const;
  requireCapabilities(store, 'DocumentDeduplicator', needs, unsafe);
}

/**
 * The store with its vector calls.
 *
 * @throws UnsupportedError if it has none.
 */
export function vectorStoreOf(store: KvStore): VectorKvStore {
  if ('vectorSearch' in store && store.capabilities?.vector !== false) return store as VectorKvStore;
  throw new UnsupportedError(
    'The store has no vector calls, which DocumentDeduplicator needs with an embedding model. ' +
      'Use one that has them (such as @norikv/embedded), or pass null for the model.',
  );
}

function checkShare(name: string, value: number): void {
  if (typeof value !== 'number' || !(value > 0 && value <= 1))
    refuse(name, value, 'a number above 0, up to 1');
}
