import { type Version, versionsEqual } from '@norikv/store';
import { ensure, equal, refuses } from '../conformance/assertions.js';
import type { VectorTest } from './define-vector-conformance.js';
import { idsOf, refusesUnknown } from './helpers.js';

export const vectorWrites: readonly VectorTest[] = [
  {
    name: 'a namespace is created once',
    async run(trial) {
      const namespace = trial.newNamespace();
      equal(await trial.store.vectorCreateIndex(namespace, 2, 'euclidean'), true, 'the first create');
      equal(await trial.store.vectorCreateIndex(namespace, 3, 'cosine', 'hnsw'), false, 'the second create');
      await trial.store.vectorInsert(namespace, 'a', [1, 2]);
      equal(await trial.store.vectorGet(namespace, 'a'), [1, 2], 'a vector of the first shape');
    },
  },
  {
    name: 'of creates that race one wins',
    async run(trial) {
      const namespace = trial.newNamespace();
      const creates = Array.from({ length: 8 }, () => trial.store.vectorCreateIndex(namespace, 2, 'cosine'));
      equal((await Promise.all(creates)).filter(Boolean).length, 1, 'winners');
    },
  },
  {
    name: 'a dropped namespace is gone, and one made in its place is empty',
    async run(trial) {
      const namespace = trial.newNamespace();
      equal(await trial.store.vectorDropIndex(namespace), false, 'a drop of nothing');
      await trial.store.vectorCreateIndex(namespace, 2, 'euclidean');
      await trial.store.vectorInsert(namespace, 'a', [1, 2]);
      await idsOf(trial, namespace, [0, 0]);
      equal(await trial.store.vectorDropIndex(namespace), true, 'the drop');
      await refusesUnknown(trial, namespace);
      equal(await trial.store.vectorCreateIndex(namespace, 3, 'euclidean'), true, 'the create afterwards');
      equal(await trial.store.vectorGet(namespace, 'a'), null, 'the vector afterwards');
      equal(await idsOf(trial, namespace, [0, 0, 0]), [], 'what is found afterwards');
    },
  },
  {
    name: 'a vector is kept as 32-bit floats',
    async run(trial) {
      const namespace = trial.newNamespace();
      await trial.store.vectorCreateIndex(namespace, 4, 'euclidean');
      await trial.store.vectorInsert(namespace, 'a', [0.1, -1e-40, 3.4e38, 1 / 3]);
      const expected = [0.1, -1e-40, 3.4e38, 1 / 3].map(Math.fround);
      equal(await trial.store.vectorGet(namespace, 'a'), expected, 'the vector');
      await trial.store.vectorInsert(namespace, 'b', Float32Array.of(1, 2, 3, 4));
      equal(await trial.store.vectorGet(namespace, 'b'), [1, 2, 3, 4], 'a vector given as Float32Array');
      equal(await trial.store.vectorGet(namespace, 'c'), null, 'an absent vector');
    },
  },
  {
    name: 'an insert replaces, and gives a version each time',
    async run(trial) {
      const namespace = trial.newNamespace();
      await trial.store.vectorCreateIndex(namespace, 1, 'euclidean');
      const versions: Version[] = [];
      for (const number of [1, 2, 3]) {
        versions.push(await trial.store.vectorInsert(namespace, 'a', [number]));
        equal(await idsOf(trial, namespace, [number]), ['a'], 'what is found');
      }
      equal(await trial.store.vectorGet(namespace, 'a'), [3], 'the vector');
      const isTwice = versions.some((one, place) =>
        versions.some((other, otherPlace) => place < otherPlace && versionsEqual(one, other)),
      );
      ensure(!isTwice, 'a version was given twice');
    },
  },
  {
    name: 'a delete says whether there was something, and it is not found any more',
    async run(trial) {
      const namespace = trial.newNamespace();
      await trial.store.vectorCreateIndex(namespace, 1, 'euclidean');
      for (const id of ['a', 'b', 'c']) await trial.store.vectorInsert(namespace, id, [1]);
      equal(await idsOf(trial, namespace, [1]), ['a', 'b', 'c'], 'before');
      equal(await trial.store.vectorDelete(namespace, 'a'), true, 'the delete');
      equal(await trial.store.vectorDelete(namespace, 'a'), false, 'the second delete');
      equal(await idsOf(trial, namespace, [1]), ['b', 'c'], 'after');
      equal(await trial.store.vectorGet(namespace, 'a'), null, 'the vector');
    },
  },
  {
    name: 'namespaces are apart, and from keys',
    async run(trial) {
      const [one, other] = [trial.newNamespace(), trial.newNamespace()];
      await trial.store.vectorCreateIndex(one, 1, 'euclidean');
      await trial.store.vectorCreateIndex(other, 2, 'cosine');
      await trial.store.vectorInsert(one, 'a', [1]);
      await trial.store.vectorInsert(other, 'a', [1, 1]);
      await trial.store.vectorDelete(one, 'a');
      equal(await idsOf(trial, one, [1]), [], 'the one');
      equal(await idsOf(trial, other, [1, 1]), ['a'], 'the other');
    },
  },
  {
    name: 'many inserts at a time are all there',
    async run(trial) {
      const namespace = trial.newNamespace();
      await trial.store.vectorCreateIndex(namespace, 1, 'euclidean');
      const ids = Array.from({ length: 200 }, (_, number) => `id-${1_000 + number}`);
      await Promise.all(ids.map((id) => trial.store.vectorInsert(namespace, id, [1])));
      equal(await idsOf(trial, namespace, [1], 1_000), ids, 'what is found');
    },
  },
  {
    name: 'an idempotency key makes a write happen once',
    async run(trial) {
      if (!trial.hasIdempotency) return;
      const namespace = trial.newNamespace();
      const options = { idempotencyKey: 'once' };
      const create = (): Promise<boolean> =>
        trial.store.vectorCreateIndex(namespace, 1, 'euclidean', 'brute_force', options);
      equal([await create(), await create()], [true, true], 'the creates');
      const first = await trial.store.vectorInsert(namespace, 'a', [1], options);
      await trial.store.vectorInsert(namespace, 'a', [2]);
      equal(await trial.store.vectorInsert(namespace, 'a', [1], options), first, 'the version');
      equal(await trial.store.vectorGet(namespace, 'a'), [2], 'the vector');
      await trial.store.vectorInsert(namespace, 'b', [3], options);
      equal(await trial.store.vectorGet(namespace, 'b'), [3], 'a vector with another id');
      const remove = (): Promise<boolean> => trial.store.vectorDelete(namespace, 'a', options);
      equal([await remove(), await remove()], [true, true], 'the deletes');
      equal(
        await trial.store.vectorInsert(namespace, 'a', [1], options),
        first,
        'the version after a delete',
      );
      equal(await trial.store.vectorGet(namespace, 'a'), null, 'the vector after a delete');
      const drop = (): Promise<boolean> => trial.store.vectorDropIndex(namespace, options);
      equal([await drop(), await drop()], [true, true], 'the drops');
    },
  },
  {
    name: 'an idempotency key does not remember a failure',
    async run(trial) {
      if (!trial.hasIdempotency) return;
      const namespace = trial.newNamespace();
      const insert = (): Promise<Version> =>
        trial.store.vectorInsert(namespace, 'a', [1], { idempotencyKey: 'once' });
      await refuses(insert(), ['KEY_NOT_FOUND', 'NOT_FOUND'], 'an insert into nothing');
      await trial.store.vectorCreateIndex(namespace, 1, 'euclidean');
      await insert();
      equal(await trial.store.vectorGet(namespace, 'a'), [1], 'the vector');
    },
  },
  {
    name: 'names that look alike are different names',
    async run(trial) {
      const [base, suffixes] = [
        trial.newNamespace(),
        ['', 'A', 'a', ' ', '\0', '/', '#0', '%41', 'é', 'e\u0301'],
      ];
      for (const [place, suffix] of suffixes.entries()) {
        equal(await trial.store.vectorCreateIndex(base + suffix, 1, 'euclidean'), true, 'the create');
        await trial.store.vectorInsert(base + suffix, 'id', [place]);
        await trial.store.vectorInsert(base, `id${suffix}x`, [place]);
      }
      for (const [place, suffix] of suffixes.entries()) {
        equal(await trial.store.vectorGet(base + suffix, 'id'), [place], `namespace ${place}`);
        equal(await trial.store.vectorGet(base, `id${suffix}x`), [place], `id ${place}`);
      }
    },
  },
  {
    name: 'what a caller changes afterwards does not matter',
    async run(trial) {
      const namespace = trial.newNamespace();
      await trial.store.vectorCreateIndex(namespace, 2, 'euclidean');
      const vector = [1, 2];
      const insert = trial.store.vectorInsert(namespace, 'a', vector);
      vector[0] = 9;
      await insert;
      (await trial.store.vectorGet(namespace, 'a'))?.fill(9);
      const { matches } = await trial.store.vectorSearch(namespace, [1, 2], 1, { includeVectors: true });
      (matches[0]?.vector as number[] | undefined)?.fill(9);
      equal(await trial.store.vectorGet(namespace, 'a'), [1, 2], 'the vector');
    },
  },
  {
    name: 'all is there after the store was closed and opened',
    needs: 'reopen',
    async run(trial) {
      const [kept, dropped] = [trial.newNamespace(), trial.newNamespace()];
      for (const namespace of [kept, dropped]) {
        await trial.store.vectorCreateIndex(namespace, 2, 'inner_product');
        await trial.store.vectorInsert(namespace, 'a', [1, 2]);
        await trial.store.vectorInsert(namespace, 'b', [3, 4]);
      }
      await trial.store.vectorDelete(kept, 'a');
      await trial.store.vectorDropIndex(dropped);
      await trial.reopen();
      equal(await idsOf(trial, kept, [1, 1]), ['b'], 'what is found');
      equal(await trial.store.vectorGet(kept, 'b'), [3, 4], 'the vector');
      await refusesUnknown(trial, dropped);
      equal(await trial.store.vectorCreateIndex(kept, 2, 'inner_product'), false, 'a create afterwards');
    },
  },
];
