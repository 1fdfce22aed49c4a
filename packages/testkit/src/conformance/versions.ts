import { type Version, versionsEqual } from '@norikv/store';
import { ensure, equal, present, read, refuses, settle } from './assertions.js';
import { toleranceMs } from './expiry.js';
import type { Group } from './group.js';
import { testRestarts } from './restarts.js';

const ttlMs = 300;

/** 10 */
export const versionIdentity: Group = {
  number: 10,
  name: 'versions',
  define(suite) {
    const { capabilities, test } = suite;
    if (capabilities.putVersionUsable) {
      test('a put answers with the version the next get shows', async (trial) => {
        const key = trial.newKey();
        for (const value of ['first', 'second', 'second']) {
          const version = await trial.store.put(key, value);
          equal((await present(trial.store, key)).version, version, 'the version');
        }
      });
    } else {
      test('unsupported: no version of a put matches a version of a get', async (trial) => {
        const key = trial.newKey();
        const version = await trial.store.put(key, 'kept');
        if (versionsEqual(version, (await present(trial.store, key)).version)) return;
        await refuses(
          trial.store.put(key, 'late', { ifMatchVersion: version }),
          ['VERSION_MISMATCH', 'UNSUPPORTED'],
          'a put with the version of a put',
        );
      });
    }
    test('a version never repeats, not after delete and create either', async (trial) => {
      const key = trial.newKey();
      const seen = new Set<string>();
      for (let round = 0; round < 20; round++) {
        expectNew(seen, await trial.write(key, 'value'));
        const version = await trial.write(key, 'value');
        expectNew(seen, version);
        if (capabilities.atomicCas) {
          expectNew(seen, await trial.write(key, 'value', { ifMatchVersion: version }));
        }
        await trial.store.delete(key);
      }
    });
    if (capabilities.ttl !== 'none') {
      test('a version never repeats, not when the key comes back after its time either', async (trial) => {
        const key = trial.newKey();
        const seen = new Set<string>();
        expectNew(seen, await trial.write(key, 'value', { ttlMs }));
        await trial.elapse(ttlMs + toleranceMs(suite));
        expectNew(seen, await trial.write(key, 'value'));
        equal(await read(trial.store, key), 'value', 'the value');
      });
    }
    test('a read, a lost condition and a refused argument do not move the version', async (trial) => {
      const key = trial.newKey();
      const stale = await trial.write(key, 'first');
      const version = await trial.write(key, 'second');
      await settle(trial.store.put(key, 'late', { ifMatchVersion: stale }));
      await settle(trial.store.put(key, 'late', { ifNotExists: true }));
      await settle(trial.store.put(key, 'late', { ttlMs: -1 }));
      await read(trial.store, key);
      equal((await present(trial.store, key)).version, version, 'the version');
    });
    testRestarts(suite, 'values, deletions and versions that never repeat', async (trial, restart) => {
      const [kept, deleted] = [trial.newKey(), trial.newKey()];
      const seen = new Set<string>();
      const version = await trial.write(kept, 'kept');
      expectNew(seen, await trial.write(deleted, 'value'));
      await trial.store.delete(deleted);
      await restart();
      equal(await read(trial.store, kept), 'kept', 'the value');
      equal((await present(trial.store, kept)).version, version, 'the version');
      equal(await read(trial.store, deleted), null, 'the deleted key');
      expectNew(seen, await trial.write(deleted, 'value'));
      if (capabilities.atomicCas) await trial.write(kept, 'next', { ifMatchVersion: version });
    });
  },
};

/** 28 */
export const wideVersions: Group = {
  number: 28,
  name: 'versions are 64 bits wide, end to end',
  define({ test }) {
    test('they are bigints', async (trial) => {
      const version = await trial.write(trial.newKey(), 'value');
      equal(typeof version.term, 'bigint', 'type of the term');
      equal(typeof version.index, 'bigint', 'type of the index');
    });
    test('a version that differs only above 32 or 53 bits is another version', async (trial) => {
      const key = trial.newKey();
      const { term, index } = await trial.write(key, 'kept');
      const others: Version[] = [
        { term, index: index + 2n ** 32n },
        { term, index: index + 2n ** 53n },
        { term, index: 2n ** 64n - 1n },
        { term: 2n ** 64n - 1n, index },
      ];
      const codes = ['VERSION_MISMATCH', 'UNSUPPORTED'];
      for (const ifMatchVersion of others) {
        const what = `with index ${ifMatchVersion.index}`;
        await refuses(trial.store.put(key, 'late', { ifMatchVersion }), codes, `a put ${what}`);
        await refuses(trial.store.delete(key, { ifMatchVersion }), codes, `a delete ${what}`);
      }
      equal(await read(trial.store, key), 'kept', 'the value');
    });
  },
};

function expectNew(seen: Set<string>, { term, index }: Version): void {
  const version = `${term}/${index}`;
  ensure(!seen.has(version), `version ${version} repeats`);
  seen.add(version);
}
