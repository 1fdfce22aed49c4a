import { stringToBytes, type Version, versionsEqual } from '@norikv/store';
import { countWinners, ensure, equal, present, read, refuses } from './assertions.js';
import type { Group } from './group.js';
import type { Trial } from './trial.js';

const refusedCodes = ['VERSION_MISMATCH', 'UNSUPPORTED'];

/** 1 */
export const concurrentCas: Group = {
  number: 1,
  name: 'compare-and-swap: no update is lost or made twice',
  define({ capabilities, test }) {
    if (!capabilities.atomicCas) {
      test('declared not atomic: a stale condition still never overwrites', async (trial) => {
        const { key, stale } = await overwritten(trial);
        await refuses(trial.store.put(key, 'late', { ifMatchVersion: stale }), refusedCodes, 'stale put');
        equal(await read(trial.store, key), 'second', 'the value');
      });
      return;
    }
    test('64 writers of 200 increments each end at 12,800', async (trial) => {
      const key = trial.newKey();
      await trial.store.put(key, '0');
      const writers = trial.scaled(64, 8);
      const increments = trial.scaled(200, 10);
      await incrementTogether(trial, key, writers, increments);
      equal(await read(trial.store, key), String(writers * increments), 'the sum');
    });
    test('of 64 conditional puts on one version exactly one wins', async (trial) => {
      const key = trial.newKey();
      const version = await trial.write(key, 'start');
      const calls = Array.from({ length: trial.scaled(64, 8) }, (_, racer) =>
        trial.nextHandle().put(key, `racer ${racer}`, { ifMatchVersion: version }),
      );
      equal(await countWinners(calls, 'VERSION_MISMATCH'), 1, 'winners');
      const winner = (await Promise.allSettled(calls)).findIndex(({ status }) => status === 'fulfilled');
      equal(await read(trial.store, key), `racer ${winner}`, 'the value');
    });
  },
};

// The writers take turns at most eight at a time: more only makes all but one of them try again.
async function incrementTogether(
  trial: Trial,
  key: string,
  writers: number,
  increments: number,
): Promise<void> {
  const turns = Array.from({ length: 8 }, () => Promise.resolve());
  const increment = async (writer: number): Promise<void> => {
    const store = trial.nextHandle();
    for (let attempt = 1; ; attempt++) {
      const entry = await store.get(key);
      const next = String(Number(new TextDecoder().decode(entry.value)) + 1);
      const won = await countWinners(
        [store.put(key, next, { ifMatchVersion: entry.version })],
        'VERSION_MISMATCH',
      );
      if (won === 1) return;
      ensure(attempt < 10_000, `writer ${writer} never wins`);
    }
  };
  const write = async (writer: number): Promise<void> => {
    for (let round = 0; round < increments; round++) {
      const lane = (writer + round) % turns.length;
      const turn = (turns[lane] ?? Promise.resolve()).then(() => increment(writer));
      turns[lane] = turn;
      await turn;
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
}

/** 2 */
export const foreignVersions: Group = {
  number: 2,
  name: 'compare-and-swap with a version that is not the current one',
  define({ test }) {
    const cases: Record<string, (trial: Trial, current: Version) => Promise<Version>> = {
      'of a later time': async (_trial, { term, index }) => ({ term, index: index + 1_000_000n }),
      'of another term': async (_trial, { term, index }) => ({ term: term + 1n, index }),
      'of another key': (trial) => trial.write(trial.newKey(), 'other'),
    };
    for (const [name, versionOf] of Object.entries(cases)) {
      test(`a version ${name} is refused and changes nothing`, async (trial) => {
        const key = trial.newKey();
        const current = await trial.write(key, 'kept');
        await expectRefused(trial, key, await versionOf(trial, current), 'kept');
      });
    }
    test('a stale version is refused and changes nothing', async (trial) => {
      const { key, stale } = await overwritten(trial);
      await expectRefused(trial, key, stale, 'second');
    });
    test('any version is refused for an absent key', async (trial) => {
      const version = await trial.write(trial.newKey(), 'other');
      await expectRefused(trial, trial.newKey(), version, null);
    });
    test('a lost condition that says what the key holds tells the truth', async (trial) => {
      const { key, stale } = await overwritten(trial);
      const error = await refuses(
        trial.store.put(key, 'late', { ifMatchVersion: stale }),
        refusedCodes,
        'the stale put',
      );
      const { actual } = error as { readonly actual?: unknown };
      if (actual !== undefined) equal(actual, await present(trial.store, key), 'what the error says');
    });
  },
};

/** 3 */
export const resentPut: Group = {
  number: 3,
  name: 'a conditional put that is sent again after it succeeded',
  define({ capabilities, test }) {
    test('is refused and changes nothing', async (trial) => {
      const key = trial.newKey();
      const before = await trial.write(key, 'before');
      if (!capabilities.atomicCas) {
        await refuses(
          trial.store.put(key, 'late', { ifMatchVersion: { term: before.term, index: before.index + 1n } }),
          refusedCodes,
          'a put with a wrong version',
        );
        return;
      }
      const written = await trial.write(key, 'after', { ifMatchVersion: before });
      await refuses(
        trial.store.put(key, 'after', { ifMatchVersion: before }),
        'VERSION_MISMATCH',
        'the second copy',
      );
      const entry = await present(trial.store, key);
      equal(entry, { value: stringToBytes('after'), version: written }, 'the entry');
    });
  },
};

/** 6 */
export const twoConditions: Group = {
  number: 6,
  name: 'two conditions at once',
  define({ capabilities: { atomicCas, createIfAbsent }, test }) {
    const codes = atomicCas && createIfAbsent ? 'INVALID_ARGUMENT' : ['INVALID_ARGUMENT', 'UNSUPPORTED'];
    test('are an invalid argument and write nothing', async (trial) => {
      const key = trial.newKey();
      const version = await trial.write(trial.newKey(), 'other');
      await refuses(
        trial.store.put(key, 'value', { ifNotExists: true, ifMatchVersion: version }),
        codes,
        'ifNotExists with ifMatchVersion',
      );
      equal(await read(trial.store, key), null, 'the value');
    });
  },
};

/** 11 */
export const abaValues: Group = {
  number: 11,
  name: 'the same value again is not the same version (ABA)',
  define({ test }) {
    test('after A, B, A the version of the first A is refused', async (trial) => {
      const key = trial.newKey();
      const first = await trial.write(key, 'A');
      await trial.write(key, 'B');
      const last = await trial.write(key, 'A');
      ensure(!versionsEqual(first, last), 'the version of the first A is that of the last');
      await expectRefused(trial, key, first, 'A');
    });
    test('after A, delete, A the version of the first A is refused', async (trial) => {
      const key = trial.newKey();
      const first = await trial.write(key, 'A');
      await trial.store.delete(key);
      await trial.write(key, 'A');
      await expectRefused(trial, key, first, 'A');
    });
  },
};

async function overwritten(trial: Trial): Promise<{ key: string; stale: Version }> {
  const key = trial.newKey();
  const stale = await trial.write(key, 'first');
  await trial.write(key, 'second');
  return { key, stale };
}

async function expectRefused(
  trial: Trial,
  key: string,
  version: Version,
  value: string | null,
): Promise<void> {
  await refuses(trial.store.put(key, 'late', { ifMatchVersion: version }), refusedCodes, 'the put');
  equal(await read(trial.store, key), value, 'the value afterwards');
}
