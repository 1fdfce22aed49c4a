import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { expect, it } from 'vitest';
import {
  putRecords,
  type Records,
  recordsAt,
  recordsLeftBy,
} from '../../testkit/test/golden-records/golden-records.js';
import { BucketedCounter, BufferedCounter, DistributedCounter, ShardedCounter } from '../src/index.js';

/** What version 1.0 writes. Never change a line: add one beside it. */
const golden: Records = {
  gone: 'norikv:1 {"w":[["00000001000040008000",2]],"d":1}\n',
  hits: 'norikv:1 {"w":[["00000001000040008000",1]],"o":[["00000002-0000-4000-8000-000000000000","add:3","3"]]}\n3',
  'logins:60000:1735689600000': 'norikv:1 {"w":[["00000001000040008000",1]]}\n9',
  plain: '42',
  seats:
    'norikv:1 {"w":[["00000001000040008000",3]],"o":[["order-17","add:18446744073709551616","18446744073709551611"],["new-year","reset:7","18446744073709551611"]]}\n7',
  'views:shard:0': 'norikv:1 {"w":[["00000003000040008000",8],["00000001000040008000",7]]}\n8',
  'views:shards': 'norikv:1 {"w":[["00000001000040008000",1]]}\n2',
};

/** What the code of the documentation writes. */
const seed: Records = { 'page:views': '41', 'hot:shard:0': '3', 'hot:shard:1': '4' };

const buckets = { bucketMs: 60_000, retentionMs: 3_600_000 };

it('records are written as version 1.0 wrote them', async () => {
  const clock = new FakeClock();
  const options = { clock };
  const left = recordsLeftBy(createMemoryStore({ clock }), async (store) => {
    const seats = new DistributedCounter(store, 'seats', options);
    await seats.add(-5);
    await seats.add(2n ** 64n, { opId: 'order-17' });
    await seats.reset(7, { opId: 'new-year' });
    const gone = new DistributedCounter(store, 'gone', options);
    await gone.increment();
    await gone.delete();
    await new DistributedCounter(store, 'plain', { ...options, format: 'plain' }).add(42);
    const hits = new BufferedCounter(store, 'hits', options);
    await hits.add(3);
    await hits.close();
    await new BucketedCounter(store, 'logins', { ...options, ...buckets }).add(9);
    const processes = [store, { ...store }].map((own) => new ShardedCounter(own, 'views', 2, options));
    for (const views of [...processes, ...processes, ...processes, ...processes]) await views.increment();
  });
  expect(await clock.run(left)).toEqual(golden);
});

it('records of version 1.0 are read for ever', async () => {
  const clock = new FakeClock();
  const store = createMemoryStore({ clock });
  await putRecords(store, { ...golden, ...seed });
  const seats = new DistributedCounter(store, 'seats');
  expect(await seats.value()).toBe(7n);
  expect(await seats.add(2n ** 64n, { opId: 'order-17' })).toBe(2n ** 64n - 5n);
  expect(await seats.reset(7, { opId: 'new-year' })).toBe(2n ** 64n - 5n);
  expect(await new DistributedCounter(store, 'gone').delete()).toBe(false);
  expect(await new DistributedCounter(store, 'plain').value()).toBe(42n);
  expect(await new BufferedCounter(store, 'hits').value()).toBe(3n);
  const logins = new BucketedCounter(store, 'logins', { clock, ...buckets });
  expect(await logins.sum(clock.now(), clock.now() + 1)).toBe(9n);
  expect(await new ShardedCounter(store, 'views', 2).value()).toBe(8n);
  expect(await new DistributedCounter(store, 'page:views').add(1)).toBe(42n);
  expect(await new ShardedCounter(store, 'hot', 2).value()).toBe(7n);
});

it.each(['{"v":2,"value":"7"}', '7;2'])(
  'a state of a newer version, %s, is refused and left as it is',
  async (state) => {
    const newer = { seats: `norikv:1 {"w":[]}\n${state}` };
    const store = createMemoryStore();
    await putRecords(store, newer);
    await expect(new DistributedCounter(store, 'seats').add(1)).rejects.toMatchObject({
      code: 'CORRUPT_RECORD',
    });
    expect(await recordsAt(store, ['seats'])).toEqual(newer);
  },
);
