import { type PutOptions, stringToBytes } from '@norikv/store';
import { equal, present, read, refuses } from './assertions.js';
import { zero } from './creates-and-deletes.js';
import type { Suite } from './group.js';
import type { Trial } from './trial.js';

/** Every kind of put that the store has is refused beside an option it lacks, and writes nothing. */
export async function refusesPutsBeside(
  lacking: PutOptions,
  { capabilities }: Suite,
  trial: Trial,
): Promise<void> {
  const [absent, taken] = [trial.newKey(), trial.newKey()];
  const version = await trial.write(taken, 'kept');
  const puts: [key: string, condition: PutOptions][] = [
    [absent, {}],
    [taken, {}],
  ];
  if (capabilities.createIfAbsent)
    puts.push([absent, { ifNotExists: true }], [absent, { ifMatchVersion: zero }]);
  if (capabilities.atomicCas) puts.push([taken, { ifMatchVersion: version }]);
  for (const [key, condition] of puts) {
    const options = { ...condition, ...lacking };
    const what = `the put with ${Object.keys(options).join(' and ')}`;
    await refuses(trial.store.put(key, 'value', options), 'UNSUPPORTED', what);
  }
  equal(await read(trial.store, absent), null, 'the absent key');
  equal(await present(trial.store, taken), { value: stringToBytes('kept'), version }, 'the present key');
}
