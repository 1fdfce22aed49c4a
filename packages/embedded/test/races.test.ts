import { bytesToString, systemClock } from '@norikv/store';
import { open } from 'lmdb';
import { expect, test } from 'vitest';
import { newPath, openTestStore } from './support/folders.js';
import { dataFileOf } from './support/raw-store.js';

// A transaction is filled from what is committed, and committed only if nobody else has committed meanwhile.

test.each([1, 3, 8, 20])('a write that loses %i races to others is done again', async (races) => {
  const path = newPath();
  let looks = 0;
  let commitElsewhere: (() => void) | undefined;
  const clock = {
    ...systemClock,
    // The store looks at the clock when it begins a transaction. The microtask comes when that is filled and
    // handed over, and before another thread takes the lock for it.
    monotonic() {
      looks += 1;
      if (commitElsewhere && looks <= races) queueMicrotask(commitElsewhere);
      return systemClock.monotonic();
    },
  };
  const store = await openTestStore({ path, clock, sweepIntervalMs: 1_000_000 });
  const first = await store.put('key', 'first');
  const { commit, close } = otherCommitter(path);
  commitElsewhere = commit;
  looks = 0;
  // The ninth try has the write lock in hand.
  const second = await store.put('key', 'second', { ifMatchVersion: first });
  commitElsewhere = undefined;
  expect(looks).toBe(Math.min(races, 8) + 1);
  expect(second.index).toBe(first.index + 1n);
  const entry = await store.get('key');
  expect(entry.version).toEqual(second);
  expect(bytesToString(entry.value)).toBe('second');
  await close();
});

/** Commits behind the back of the store, at once, as another process would. */
function otherCommitter(path: string): { commit(): void; close(): Promise<void> } {
  const binary = { keyEncoding: 'binary', encoding: 'binary' } as const;
  const options = { ...binary, path: dataFileOf(path), noSubdir: true, overlappingSync: false, maxDbs: 16 };
  const root = open<Buffer, Uint8Array>(options);
  const commits = root.openDB<Buffer, Uint8Array>('commits', { ...binary, useVersions: true });
  const key = Buffer.from('last');
  return {
    commit() {
      root.transactionSync(() => {
        const last = commits.getEntry(key);
        if (last) commits.put(key, last.value, (last.version ?? 0) + 1);
      });
    },
    close: () => root.close(),
  };
}
