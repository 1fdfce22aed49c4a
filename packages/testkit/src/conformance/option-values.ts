import { type Consistency, type DeleteOptions, find, type PutOptions } from '@norikv/store';
import { ensure, equal, present, read, refuses, settle } from './assertions.js';
import { toleranceMs } from './expiry.js';
import type { Group } from './group.js';

const tenYearsMs = 315_576_000_000;

const optionsOfPuts: readonly object[] = [{ ttlMs: 60_000 }, { ifNotExists: true }, { ifNotExists: false }];

const wrongOptions: readonly object[] = [
  { ifMatchVersoin: 7 },
  { ifNotExists: 'yes' },
  { ifNotExists: 1 },
  { signal: 5 },
  { signal: {} },
  { idempotencyKey: '' },
  { idempotencyKey: 7n },
];

/** 14 */
export const optionValues: Group = {
  number: 14,
  name: 'values of options',
  define(suite) {
    const { capabilities, test } = suite;
    const lacking = new Set<string>();
    if (capabilities.idempotency === 'none') lacking.add('idempotencyKey');
    if (!capabilities.createIfAbsent) lacking.add('ifNotExists');
    for (const wrong of [0, -1, Number.NaN, 1.5, Number.POSITIVE_INFINITY]) {
      test(`a ttlMs of ${wrong} is refused and writes nothing`, async (trial) => {
        const key = trial.newKey();
        const codes = capabilities.ttl === 'none' ? ['INVALID_ARGUMENT', 'UNSUPPORTED'] : 'INVALID_ARGUMENT';
        await refuses(trial.store.put(key, 'value', { ttlMs: wrong }), codes, 'the put');
        equal(await read(trial.store, key), null, 'the value');
      });
    }
    for (const wrong of wrongOptions) {
      const [name = ''] = Object.keys(wrong);
      const codes = lacking.has(name) ? ['INVALID_ARGUMENT', 'UNSUPPORTED'] : 'INVALID_ARGUMENT';
      test(`${textOf(wrong)} is refused and writes nothing`, async (trial) => {
        const key = trial.newKey();
        await refuses(trial.store.put(key, 'value', wrong as PutOptions), codes, 'the put');
        equal(await read(trial.store, key), null, 'the value');
        await trial.store.put(key, 'kept');
        await refuses(trial.store.delete(key, wrong as DeleteOptions), codes, 'the delete');
        equal(await read(trial.store, key), 'kept', 'the value');
      });
    }
    for (const ofPuts of optionsOfPuts) {
      test(`${textOf(ofPuts)} is refused in a delete, which has none`, async (trial) => {
        const key = trial.newKey();
        const remove = (): Promise<boolean> => trial.store.delete(key, ofPuts);
        await refuses(remove(), 'INVALID_ARGUMENT', 'the delete of nothing');
        await trial.store.put(key, 'kept');
        await refuses(remove(), 'INVALID_ARGUMENT', 'the delete');
        equal(await read(trial.store, key), 'kept', 'the value');
      });
    }
    for (const wrong of [null, 5_000, 'fast'] as unknown[]) {
      test(`${String(wrong)} for all of the options is refused and changes nothing`, async (trial) => {
        const key = trial.newKey();
        await trial.store.put(key, 'kept');
        const options = wrong as object;
        await refuses(trial.store.get(key, options), 'INVALID_ARGUMENT', 'the get');
        await refuses(find(trial.store, key, options), 'INVALID_ARGUMENT', 'the find');
        await refuses(trial.store.put(key, 'value', options), 'INVALID_ARGUMENT', 'the put');
        await refuses(trial.store.delete(key, options), 'INVALID_ARGUMENT', 'the delete');
        equal(await read(trial.store, key), 'kept', 'the value');
      });
    }
    test('a consistency there is none of is refused', async (trial) => {
      const key = trial.newKey();
      await trial.store.put(key, 'value');
      const options = { consistency: 'strong' as Consistency };
      await refuses(trial.store.get(key, options), 'INVALID_ARGUMENT', 'the get');
      await refuses(find(trial.store, key, options), 'INVALID_ARGUMENT', 'the find');
    });
    if (capabilities.ttl === 'none') return;
    test('a ttlMs of 1 ms and of ten years is kept', async (trial) => {
      const [short, long] = [trial.newKey(), trial.newKey()];
      ensure((await settle(trial.store.put(short, 'value', { ttlMs: 1 }))).ok, '1 ms was refused');
      await trial.store.put(long, 'value', { ttlMs: tenYearsMs });
      await trial.elapse(1 + toleranceMs(suite));
      equal(await read(trial.store, short), null, 'the value with 1 ms to live');
      equal(await read(trial.store, long), 'value', 'the value with ten years to live');
      await present(trial.store, long);
    });
  },
};

function textOf(options: object): string {
  return Object.entries(options)
    .map(([name, value]) => `a ${name} of ${typeof value} ${String(value)}`)
    .join();
}
