import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { expect, it } from 'vitest';
import {
  putRecords,
  type Records,
  recordsAt,
  recordsLeftBy,
} from '../../testkit/test/golden-records/golden-records.js';
import { createUpdater, jsonCodec, remove, type Updater, write } from '../src/index.js';
import { increment, numberCodec } from './simulation.js';

/** What version 1.0 writes. Never change a line: add one beside it. */
const golden: Records = {
  flights:
    'norikv:1 {"w":[["00000002000040008000",2],["00000001000040008000",1]],"o":[["op-1","book 2",{"free":40}],["op-2","close"]]}\n{"free":40}',
  gone: 'norikv:1 {"w":[["00000001000040008000",2]],"d":1}\n',
  n: 'norikv:1 {"w":[["00000001000040008000",1]]}\n1',
  visits: '7',
};

const flights = jsonCodec((data) => data as { readonly free: number });
const plain = { ...numberCodec, plain: true };

const book = (updater: Updater): Promise<unknown> =>
  updater.update('flights', flights, () => write({ free: 40 }, { free: 40 }), {
    opId: 'op-1',
    fingerprint: 'book 2',
  });
const close = (updater: Updater): Promise<unknown> =>
  updater.update('flights', flights, (state = { free: 0 }) => write(state, undefined), {
    opId: 'op-2',
    fingerprint: 'close',
  });

it('records are written as version 1.0 wrote them', async () => {
  const options = { clock: new FakeClock() };
  const records = await recordsLeftBy(createMemoryStore(), async (store) => {
    const updater = createUpdater(store, options);
    await book(updater);
    await close(createUpdater({ ...store }, options));
    await updater.update('gone', numberCodec, () => write(1, null));
    await updater.update('gone', numberCodec, () => remove(null));
    await increment(updater);
    await updater.update('visits', plain, () => write(7, null));
  });
  expect(records).toEqual(golden);
});

it('records of version 1.0 are read for ever', async () => {
  const store = createMemoryStore();
  await putRecords(store, golden);
  const updater = createUpdater(store);
  expect(await updater.read('flights', flights)).toEqual({ free: 40 });
  expect(await book(updater)).toEqual({ free: 40 });
  expect(await close(updater)).toBeUndefined();
  expect(await updater.read('gone', numberCodec)).toBeUndefined();
  expect(await increment(updater)).toBe(2);
  expect(await updater.read('visits', plain)).toBe(7);
});

it.each([
  'norikv:2 {"writers":[["00000001000040008000",1]]}\n1',
  'norikv:1 {"writers":[["00000001000040008000",1]]}\n1',
  'norikv:1 {"w":[]}\n{"v":2,"number":1}',
])('a record of a newer version, %j, is refused, by name, and left as it is', async (record) => {
  const store = createMemoryStore();
  await putRecords(store, { n: record });
  const refusal = {
    code: 'CORRUPT_RECORD',
    outcome: 'not-applied',
    message: expect.stringMatching(/if a newer version wrote it upgrade/),
  };
  await expect(increment(createUpdater(store))).rejects.toMatchObject(refusal);
  expect(await recordsAt(store, ['n'])).toEqual({ n: record });
});
