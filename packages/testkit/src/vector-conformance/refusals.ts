import type { DistanceFunction, VectorIndexType } from '@norikv/store';
import { equal, refuses } from '../conformance/assertions.js';
import type { VectorTest, VectorTrial } from './define-vector-conformance.js';
import { refusesUnknown } from './helpers.js';

/** No object, of the wrong kind, misspelt, or of calls that vectors do not have. */
const wrongOptions = [
  null,
  5_000,
  { signal: 5 },
  { timeoutMs: 0 },
  { timeout: 1 },
  { ttlMs: 60_000 },
  { ifNotExists: true },
  { ifMatchVersion: { term: 1n, index: 1n } },
] as readonly object[];

export const vectorRefusals: readonly VectorTest[] = [
  { name: 'a namespace that does not exist', run: (trial) => refusesUnknown(trial, trial.newNamespace()) },
  {
    name: 'numbers that are not finite',
    async run(trial) {
      const namespace = await space(trial, 'euclidean');
      for (const number of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e39]) {
        await refuse(trial.store.vectorInsert(namespace, 'a', [1, number]), `an insert of ${number}`);
        await refuse(trial.store.vectorSearch(namespace, [number, 1], 1), `a search for ${number}`);
      }
      equal(await trial.store.vectorGet(namespace, 'a'), null, 'the vector');
    },
  },
  {
    name: 'what is no list of numbers',
    async run(trial) {
      const namespace = await space(trial, 'euclidean');
      for (const wrong of [undefined, null, '12', 7, {}, [1, null], [1, '2'], [1]] as unknown[]) {
        const vector = wrong as number[];
        await refuse(
          trial.store.vectorInsert(namespace, 'a', vector),
          `an insert of ${JSON.stringify(wrong)}`,
        );
        await refuse(trial.store.vectorSearch(namespace, vector, 1), `a search for ${JSON.stringify(wrong)}`);
      }
      equal(await trial.store.vectorGet(namespace, 'a'), null, 'the vector');
    },
  },
  {
    name: 'vectors of another length than the namespace has',
    async run(trial) {
      const namespace = await space(trial, 'euclidean');
      for (const vector of [[], [1], [1, 2, 3], new Array(4_097).fill(1)]) {
        await refuse(trial.store.vectorInsert(namespace, 'a', vector), `an insert of ${vector.length}`);
        await refuse(trial.store.vectorSearch(namespace, vector, 1), `a search for ${vector.length}`);
      }
      equal(await trial.store.vectorGet(namespace, 'a'), null, 'the vector');
    },
  },
  {
    name: 'vectors of zeros under cosine, and only there',
    async run(trial) {
      const cosine = await space(trial, 'cosine');
      await refuse(trial.store.vectorInsert(cosine, 'a', [0, -0]), 'an insert');
      await refuse(trial.store.vectorInsert(cosine, 'a', [0, 1e-60]), 'an insert of what rounds to zero');
      await refuse(trial.store.vectorSearch(cosine, [0, 0], 1), 'a search');
      equal(await trial.store.vectorGet(cosine, 'a'), null, 'the vector');
      for (const distance of ['euclidean', 'inner_product'] as const) {
        const namespace = await space(trial, distance);
        await trial.store.vectorInsert(namespace, 'a', [0, 0]);
        const { matches } = await trial.store.vectorSearch(namespace, [0, 0], 1);
        equal(matches, [{ id: 'a', distance: 0 }], distance);
      }
    },
  },
  {
    name: 'names that are too long or no text; the longest are served',
    async run(trial) {
      const namespace = await space(trial, 'euclidean');
      for (const id of ['', 'x'.repeat(513), 'ä'.repeat(257), '\ud800']) {
        await refuse(trial.store.vectorInsert(namespace, id, [1, 2]), `an id of ${id.length}`);
      }
      for (const name of ['', 'x'.repeat(257), 'ä'.repeat(129), '\udc00']) {
        await refuse(trial.store.vectorCreateIndex(name, 2, 'cosine'), `a namespace of ${name.length}`);
      }
      const longest = namespace.padEnd(256, 'x');
      await trial.store.vectorCreateIndex(longest, 2, 'euclidean');
      await trial.store.vectorInsert(longest, 'ä'.repeat(256), [1, 2]);
      equal(await trial.store.vectorGet(longest, 'ä'.repeat(256)), [1, 2], 'the vector');
    },
  },
  {
    name: 'shapes there are none of; 1 and 4,096 dimensions are served',
    async run(trial) {
      const name = trial.newNamespace();
      for (const dimensions of [0, -1, 1.5, Number.NaN, 4_097]) {
        await refuse(trial.store.vectorCreateIndex(name, dimensions, 'cosine'), `${dimensions} dimensions`);
      }
      await refuse(trial.store.vectorCreateIndex(name, 2, 'manhattan' as DistanceFunction), 'a distance');
      await refuse(trial.store.vectorCreateIndex(name, 2, 'cosine', 'tree' as VectorIndexType), 'a type');
      await refusesUnknown(trial, name);
      for (const dimensions of [1, 4_096]) {
        const namespace = trial.newNamespace();
        await trial.store.vectorCreateIndex(namespace, dimensions, 'cosine');
        await trial.store.vectorInsert(namespace, 'a', new Array(dimensions).fill(2));
        const { matches } = await trial.store.vectorSearch(namespace, new Array(dimensions).fill(3), 1);
        equal(
          matches.map(({ id }) => id),
          ['a'],
          `${dimensions} dimensions`,
        );
      }
    },
  },
  {
    name: 'a count of neighbours that is none',
    async run(trial) {
      const namespace = await space(trial, 'euclidean');
      for (const k of [0, -1, 1.5, Number.NaN]) {
        await refuse(trial.store.vectorSearch(namespace, [1, 2], k), `k ${k}`);
      }
    },
  },
  {
    name: 'options that are none',
    async run(trial) {
      const namespace = await space(trial, 'euclidean');
      await trial.store.vectorInsert(namespace, 'kept', [1, 2]);
      for (const options of wrongOptions) {
        const created = trial.store.vectorCreateIndex(`${namespace}-2`, 2, 'cosine', 'brute_force', options);
        await refuse(created, 'create');
        await refuse(trial.store.vectorInsert(namespace, 'a', [1, 2], options), 'insert');
        await refuse(trial.store.vectorDelete(namespace, 'kept', options), 'delete');
        await refuse(trial.store.vectorDropIndex(namespace, options), 'drop');
        await refuse(trial.store.vectorSearch(namespace, [1, 2], 1, options), 'search');
        await refuse(trial.store.vectorGet(namespace, 'kept', options), 'get');
      }
      const { matches } = await trial.store.vectorSearch(namespace, [1, 2], 2);
      equal(
        matches.map(({ id }) => id),
        ['kept'],
        'the vectors',
      );
    },
  },
  {
    name: 'calls whose signal has fired',
    async run(trial) {
      const namespace = await space(trial, 'euclidean');
      const options = { signal: AbortSignal.abort() };
      await trial.store.vectorInsert(namespace, 'kept', [1, 2]);
      const created = trial.store.vectorCreateIndex(`${namespace}-2`, 2, 'cosine', 'brute_force', options);
      await refuses(created, 'CANCELLED', 'create');
      await refuses(trial.store.vectorInsert(namespace, 'a', [1, 2], options), 'CANCELLED', 'insert');
      await refuses(trial.store.vectorDelete(namespace, 'kept', options), 'CANCELLED', 'delete');
      await refuses(trial.store.vectorSearch(namespace, [1, 2], 1, options), 'CANCELLED', 'search');
      await refuses(trial.store.vectorGet(namespace, 'kept', options), 'CANCELLED', 'get');
      await refuses(trial.store.vectorDropIndex(namespace, options), 'CANCELLED', 'drop');
      equal(await trial.store.vectorGet(namespace, 'a'), null, 'the vector');
      equal(await trial.store.vectorGet(namespace, 'kept'), [1, 2], 'the vector that was there');
    },
  },
  {
    name: 'calls after the store was closed',
    async run(trial) {
      const namespace = await space(trial, 'euclidean');
      const { store } = trial;
      await trial.close();
      await refuses(store.vectorInsert(namespace, 'a', [1, 2]), 'CLOSED', 'insert');
      await refuses(store.vectorSearch(namespace, [1, 2], 1), 'CLOSED', 'search');
      await refuses(store.vectorGet(namespace, 'a'), 'CLOSED', 'get');
    },
  },
];

async function space(trial: VectorTrial, distance: DistanceFunction): Promise<string> {
  const namespace = trial.newNamespace();
  await trial.store.vectorCreateIndex(namespace, 2, distance);
  return namespace;
}

async function refuse(call: Promise<unknown>, what: string): Promise<void> {
  await refuses(call, 'INVALID_ARGUMENT', what);
}
