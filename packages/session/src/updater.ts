import { createUpdater, type Updater } from '@norikv/cas-retry';
import { type KvStore, requireCapabilities } from '@norikv/store';
import type { Settings } from './options.js';

const needs = ['atomicCas', 'createIfAbsent', 'linearizableReads', 'durableAck', 'ttl'] as const;

/** @throws UnsupportedError if the store does not guarantee what sessions need. */
export function updaterOf(client: KvStore, settings: Settings, user: string): Updater {
  const { deadlineMs, clock, random, unsafeAllowNonAtomicCas } = settings;
  requireCapabilities(client, user, needs, unsafeAllowNonAtomicCas);
  return createUpdater(client, { deadlineMs, attemptTimeoutMs: deadlineMs, clock, random });
}
