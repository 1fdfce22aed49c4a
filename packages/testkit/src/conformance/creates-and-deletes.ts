import { bytesToString, type Version } from '@norikv/store';
import { countWinners, ensure, equal, present, read, refuses, settle } from './assertions.js';
import type { Group, Suite } from './group.js';
import type { Trial } from './trial.js';

/** As a condition: the key must not exist. */
export const zero: Version = { term: 0n, index: 0n };

/** 4 */
export const createRace: Group = {
  number: 4,
  name: 'a race to create a key',
  define(suite) {
    if (!suite.capabilities.createIfAbsent) return createIsRefused(suite);
    suite.test('has exactly one winner of 64, the others see that the key exists', async (trial) => {
      const key = trial.newKey();
      const calls = Array.from({ length: trial.scaled(64, 8) }, (_, racer) =>
        trial.nextHandle().put(key, `racer ${racer}`, { ifNotExists: true }),
      );
      equal(await countWinners(calls, 'ALREADY_EXISTS'), 1, 'winners');
      const winner = (await Promise.allSettled(calls)).findIndex(({ status }) => status === 'fulfilled');
      equal(await read(trial.store, key), `racer ${winner}`, 'the value');
    });
  },
};

/** 5 */
export const createAndDelete: Group = {
  number: 5,
  name: 'create, delete and create again',
  define(suite) {
    if (!suite.capabilities.createIfAbsent) return createIsRefused(suite);
    suite.test('each create needs the delete before it', async (trial) => {
      const key = trial.newKey();
      await trial.write(key, 'first', { ifNotExists: true });
      await refuses(
        trial.store.put(key, 'second', { ifNotExists: true }),
        'ALREADY_EXISTS',
        'a second create',
      );
      equal(await trial.store.delete(key), true, 'delete');
      await trial.write(key, 'third', { ifNotExists: true });
      equal(await read(trial.store, key), 'third', 'the value');
    });
    suite.test('in a race creates and deletes alternate', async (trial) => {
      const key = trial.newKey();
      let present = 0;
      const turn = async (): Promise<void> => {
        for (let round = 0; round < trial.scaled(50, 10); round++) {
          const created = await settle(trial.nextHandle().put(key, 'value', { ifNotExists: true }));
          if (created.ok) present += 1;
          if (await trial.nextHandle().delete(key)) present -= 1;
        }
      };
      await Promise.all(Array.from({ length: 8 }, turn));
      equal(present, (await read(trial.store, key)) === null ? 0 : 1, 'creates less deletes');
    });
  },
};

/** 7 */
export const zeroVersion: Group = {
  number: 7,
  name: 'the version {0, 0} as a condition means "must not exist"',
  define(suite) {
    if (!suite.capabilities.createIfAbsent) return createIsRefused(suite);
    suite.test('it creates an absent key', async (trial) => {
      const key = trial.newKey();
      await trial.store.put(key, 'value', { ifMatchVersion: zero });
      equal(await read(trial.store, key), 'value', 'the value');
    });
    suite.test('it is refused for a present key', async (trial) => {
      const key = trial.newKey();
      await trial.write(key, 'kept');
      await refuses(trial.store.put(key, 'late', { ifMatchVersion: zero }), 'ALREADY_EXISTS', 'the put');
      equal(await read(trial.store, key), 'kept', 'the value');
    });
    suite.test('null and undefined are no condition', async (trial) => {
      const key = trial.newKey();
      await trial.store.put(key, 'first', { ifMatchVersion: null });
      await trial.store.put(key, 'second', { ifMatchVersion: undefined, ifNotExists: false });
      equal(await read(trial.store, key), 'second', 'the value');
    });
  },
};

/** 8 */
export const conditionalDelete: Group = {
  number: 8,
  name: 'conditional delete',
  define({ capabilities, test }) {
    if (!capabilities.deleteCas) {
      test('unsupported: it is refused, and the key stays, even for the right version or {0, 0}', async (trial) => {
        const key = trial.newKey();
        const version = await trial.write(key, 'kept');
        for (const ifMatchVersion of [version, zero]) {
          const what = `a delete with index ${ifMatchVersion.index}`;
          await refuses(trial.store.delete(key, { ifMatchVersion }), 'UNSUPPORTED', what);
        }
        equal(await read(trial.store, key), 'kept', 'the value');
      });
      return;
    }
    test('with the current version it deletes', async (trial) => {
      const key = trial.newKey();
      const version = await trial.write(key, 'value');
      equal(await trial.store.delete(key, { ifMatchVersion: version }), true, 'the answer');
      equal(await read(trial.store, key), null, 'the value');
    });
    test('with another version it is refused and the key stays', async (trial) => {
      const key = trial.newKey();
      const stale = await trial.write(key, 'first');
      await trial.write(key, 'second');
      await expectRefused(trial, key, stale);
      equal(await read(trial.store, key), 'second', 'the value');
    });
    test('of an absent key it is refused', async (trial) => {
      const key = trial.newKey();
      const version = await trial.write(key, 'value');
      await trial.store.delete(key);
      await expectRefused(trial, key, version);
    });
    test('of 16 racers with one version exactly one deletes', async (trial) => {
      const key = trial.newKey();
      const version = await trial.write(key, 'value');
      const calls = Array.from({ length: 16 }, () =>
        trial.nextHandle().delete(key, { ifMatchVersion: version }),
      );
      equal(await countWinners(calls, 'VERSION_MISMATCH'), 1, 'winners');
    });
    test('the version {0, 0} never deletes a present key', async (trial) => {
      const key = trial.newKey();
      await trial.write(key, 'kept');
      const outcome = await settle(trial.store.delete(key, { ifMatchVersion: zero }));
      ensure(!outcome.ok, 'the delete was not refused');
      equal(await read(trial.store, key), 'kept', 'the value');
    });
  },
};

/** 9 */
export const plainDelete: Group = {
  number: 9,
  name: 'delete tells whether the key existed',
  define({ test }) {
    test('false for a key that never existed', async (trial) => {
      equal(await trial.store.delete(trial.newKey()), false, 'the answer');
    });
    test('true once, then false', async (trial) => {
      const key = trial.newKey();
      await trial.write(key, 'value');
      equal(await trial.store.delete(key), true, 'the first answer');
      await refuses(trial.store.get(key), 'KEY_NOT_FOUND', 'get');
      equal(await trial.store.delete(key), false, 'the second answer');
    });
    test('null and undefined are no condition', async (trial) => {
      for (const ifMatchVersion of [null, undefined]) {
        const key = trial.newKey();
        await trial.write(key, 'value');
        equal(await trial.store.delete(key, { ifMatchVersion }), true, `the answer for ${ifMatchVersion}`);
      }
    });
    test('of 16 racers exactly one hears true', async (trial) => {
      const key = trial.newKey();
      await trial.write(key, 'value');
      const answers = await Promise.all(Array.from({ length: 16 }, () => trial.nextHandle().delete(key)));
      equal(answers.filter(Boolean).length, 1, 'answers that are true');
    });
  },
};

function createIsRefused({ test }: Suite): void {
  test('unsupported: a create is refused and writes nothing', async (trial) => {
    const absent = trial.newKey();
    const taken = trial.newKey();
    await trial.write(taken, 'kept');
    for (const condition of [{ ifNotExists: true }, { ifMatchVersion: zero }]) {
      await refuses(trial.store.put(absent, 'value', condition), 'UNSUPPORTED', 'a create');
      await refuses(
        trial.store.put(taken, 'value', condition),
        ['UNSUPPORTED', 'ALREADY_EXISTS'],
        'a create',
      );
    }
    equal(await read(trial.store, absent), null, 'the absent key');
    equal(bytesToString((await present(trial.store, taken)).value), 'kept', 'the present key');
  });
}

async function expectRefused(trial: Trial, key: string, version: Version): Promise<void> {
  await refuses(trial.store.delete(key, { ifMatchVersion: version }), 'VERSION_MISMATCH', 'the delete');
}
