import type { CallOptions, PutOptions } from '@norikv/store';
import { countWinners, equal, read, refuses } from './assertions.js';
import type { Group, Suite } from './group.js';
import type { Trial } from './trial.js';

type OtherOptions = (trial: Trial) => PutOptions & CallOptions;

const longMs = 3_600_000;

/** 29 */
export const conditionsInCompany: Group = {
  number: 29,
  name: 'conditions and ids beside other options',
  define(suite) {
    const { atomicCas, createIfAbsent, deleteCas, idempotency } = suite.capabilities;
    for (const [name, others] of Object.entries(othersOf(suite))) {
      if (idempotency !== 'none' && name !== 'idempotencyKey') idsBeside(suite, name, others);
      if (atomicCas) putsBeside(suite, name, others);
      if (createIfAbsent) createsBeside(suite, name, others);
      if (deleteCas && name !== 'ttlMs') deletesBeside(suite, name, others);
    }
  },
};

function othersOf({ capabilities: { ttl, idempotency } }: Suite): Readonly<Record<string, OtherOptions>> {
  return {
    timeoutMs: () => ({ timeoutMs: longMs }),
    signal: () => ({ signal: new AbortController().signal }),
    ...(ttl === 'none' ? {} : { ttlMs: () => ({ ttlMs: longMs }) }),
    ...(idempotency === 'none'
      ? {}
      : { idempotencyKey: (trial: Trial) => ({ idempotencyKey: trial.newKey() }) }),
  };
}

function idsBeside({ test }: Suite, name: string, others: OtherOptions): void {
  test(`${name}: what is repeated under an id is done once`, async (trial) => {
    const key = trial.newKey();
    const options = { ...others(trial), idempotencyKey: trial.newKey() };
    const first = await trial.store.put(key, 'first', options);
    await trial.store.put(key, 'second');
    equal(await trial.store.put(key, 'again', options), first, 'the repeated answer');
    equal(await read(trial.store, key), 'second', 'the value');
    if (name === 'ttlMs') return;
    equal(await trial.store.delete(key, options), true, 'the delete');
    await trial.store.put(key, 'third');
    equal(await trial.store.delete(key, options), true, 'the repeated delete');
    equal(await read(trial.store, key), 'third', 'the value after the deletes');
  });
}

function putsBeside({ test }: Suite, name: string, others: OtherOptions): void {
  test(`${name}: a put at an old version loses, and of 16 at the present one wins one`, async (trial) => {
    const key = trial.newKey();
    const old = await trial.write(key, 'first');
    const version = await trial.write(key, 'second');
    const late = trial.store.put(key, 'late', { ...others(trial), ifMatchVersion: old });
    await refuses(late, 'VERSION_MISMATCH', 'a put at an old version');
    const calls = Array.from({ length: 16 }, (_, racer) =>
      trial.nextHandle().put(key, `racer ${racer}`, { ...others(trial), ifMatchVersion: version }),
    );
    equal(await countWinners(calls, 'VERSION_MISMATCH'), 1, 'winners');
  });
}

function createsBeside({ test }: Suite, name: string, others: OtherOptions): void {
  test(`${name}: of 16 creates one wins`, async (trial) => {
    const key = trial.newKey();
    const calls = Array.from({ length: 16 }, (_, racer) =>
      trial.nextHandle().put(key, `racer ${racer}`, { ...others(trial), ifNotExists: true }),
    );
    equal(await countWinners(calls, 'ALREADY_EXISTS'), 1, 'winners');
  });
}

function deletesBeside({ test }: Suite, name: string, others: OtherOptions): void {
  test(`${name}: a delete at an old version loses`, async (trial) => {
    const key = trial.newKey();
    const old = await trial.write(key, 'first');
    await trial.write(key, 'second');
    const late = trial.store.delete(key, { ...others(trial), ifMatchVersion: old });
    await refuses(late, 'VERSION_MISMATCH', 'a delete at an old version');
    equal(await read(trial.store, key), 'second', 'the value');
  });
}
