import { randomUUID } from 'node:crypto';
import {
  AlreadyExistsError,
  type Clock,
  isAlreadyExists,
  isVersionMismatch,
  type Key,
  systemClock,
  VersionMismatchError,
} from '@norikv/store';
import { afterAll, it } from 'vitest';
import type { OpenedStore, StoreKind } from '../../../testkit/test/pattern-suites/instead-of-memory.js';
import { type Pattern, runSuites } from '../../../testkit/test/pattern-suites/run-suites.js';
import { openEtcd } from '../../src/index.js';
import { capabilities } from './capabilities.js';
import { canRunEtcd, needsEtcd, startCluster, type TestCluster } from './etcd.js';
import { leftOut } from './left-out.js';

const startMs = Date.UTC(2025, 0, 1);

/** Runs the suites of a pattern on an etcd server of their own. */
export async function runOnEtcd(pattern: Pattern): Promise<void> {
  if (!canRunEtcd) {
    it.skip(`the suites of ${pattern} ${needsEtcd}`, () => {});
    return;
  }
  // Nothing has to survive the server, so it need not wait for the disk.
  const cluster = await startCluster(1, ['--unsafe-no-fsync']);
  afterAll(() => cluster[Symbol.asyncDispose]());
  await runSuites(pattern, storesOn(cluster), leftOut);
}

/** Stores that share a cluster, each with a prefix of its own. */
function storesOn({ hosts }: TestCluster): StoreKind {
  return {
    capabilities: (asked) => ({ ...capabilities, ...asked.capabilities }),
    async open({ clock, mismatchCarriesEntry, idempotencyRetentionMs }) {
      const store = await openEtcd({
        hosts,
        prefix: randomUUID(),
        timeoutMs: 60_000,
        maxClockSkewMs: 0,
        idempotencyRetentionMs,
        clock: clock && wallClockOf(clock),
      });
      return mismatchCarriesEntry === false ? withoutEntries(store) : store;
    },
  };
}

// The time to live of a memory store does not notice that a wall clock jumps.
function wallClockOf(clock: Clock): Clock {
  return { ...systemClock, now: () => startMs + Math.floor(clock.monotonic()) };
}

/** A store that says no more than that a condition did not hold. */
function withoutEntries(store: OpenedStore): OpenedStore {
  return {
    get: (...call) => store.get(...call),
    find: async (...call) => (await store.find?.(...call)) ?? null,
    put: (key, ...rest) => store.put(key, ...rest).catch((error) => throwWithoutEntry(error, key)),
    delete: (key, ...rest) => store.delete(key, ...rest).catch((error) => throwWithoutEntry(error, key)),
    close: () => store.close(),
  };
}

function throwWithoutEntry(error: unknown, key: Key): never {
  if (isVersionMismatch(error)) throw new VersionMismatchError('The key has another version', { key });
  if (isAlreadyExists(error)) throw new AlreadyExistsError('The key exists', { key });
  throw error;
}
