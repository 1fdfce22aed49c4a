import type { PutOptions } from '@norikv/store';
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
  const puts: [what: string, key: string, condition: PutOptions][] = [
    ['a put', absent, {}],
    ['a put', taken, {}],
  ];
  if (capabilities.createIfAbsent) {
    puts.push(['a create', absent, { ifNotExists: true }]);
    puts.push(['a create by the version {0, 0}', absent, { ifMatchVersion: zero }]);
  }
  if (capabilities.atomicCas) puts.push(['a conditional put', taken, { ifMatchVersion: version }]);
  for (const [what, key, condition] of puts) {
    await refuses(trial.store.put(key, 'value', { ...condition, ...lacking }), 'UNSUPPORTED', what);
  }
  equal(await read(trial.store, absent), null, 'the absent key');
  equal(await read(trial.store, taken), 'kept', 'the present key');
  equal((await present(trial.store, taken)).version, version, 'the version of the present key');
}
