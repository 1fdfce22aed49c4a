import { type Clock, systemClock } from '@norikv/store';
import { createMemoryStore, FakeClock, type MemoryStore } from '@norikv/testkit';
import { expect, it } from 'vitest';
import {
  putRecords,
  type Records,
  recordsAt,
  recordsLeftBy,
} from '../../testkit/test/golden-records/golden-records.js';
import {
  createErasure,
  EventConsumer,
  EventFeed,
  EventStore,
  Projection,
  SnapshotStore,
} from '../src/index.js';

// What version 1.0 writes. Never change a line: add one beside it.

const golden: Records = {
  'events:c:audit:0':
    'norikv:1 {"w":[["00000001000040008000",2]]}\nnorikv-events:1 checkpoint bd914563\n{"position":6,"version":0,"epoch":1}',
  'events:c:projection%20totals%201:0':
    'norikv:1 {"w":[["00000001000040008000",2]]}\nnorikv-events:1 checkpoint bd914563\n{"position":6,"version":0,"epoch":1}',
  'events:c:projection%20totals%202:0':
    'norikv:1 {"w":[["00000001000040008000",2]]}\nnorikv-events:1 checkpoint bd914563\n{"position":6,"version":0,"epoch":1}',
  'events:d:0':
    'norikv:1 {"w":[["00000001000040008000",4]]}\nnorikv-events:1 ledger eebee221\n[["account-1","00000002-0000-4000-8000-000000000000",1735689600000],["gone","00000010-0000-4000-8000-000000000000",1735689600000],["ended","00000013-0000-4000-8000-000000000000",1735689600000],["shelved","00000016-0000-4000-8000-000000000000",1735689600000]]',
  'events:d:partitions':
    'norikv:1 {"w":[["00000001000040008000",1]]}\nnorikv-events:1 ledger 43dd7684\n{"partitions":1}',
  'events:fh:0':
    'norikv:1 {"w":[["00000001000040008000",6]]}\nnorikv-events:1 head 6ceb5f66\n{"name":"0","last":6,"first":1,"status":"open","rollBytes":65536,"index":[[]],"trash":[],"snapshots":{}}\n["account-1",1,1]\n["account-1",2,4]\n["account-1",5,5]\n["gone",1,1]\n["ended",1,1]\n["shelved",1,1]',
  'events:g:account-1:1-2':
    'norikv-events:1 lines cd9b39c6\n{"name":"account-1","first":1,"last":2}\n{"id":"e1","type":"Opened","data":0,"metadata":{"by":"ada"},"timestamp":1735689600000}\n{"id":"e2","type":"Deposited","data":2,"timestamp":1735689600000}',
  'events:h:account-1':
    'norikv:1 {"w":[["00000001000040008000",8]],"o":[["open","",{"first":1,"last":1,"attempt":"00000003-0000-4000-8000-000000000000","fingerprint":"1:9c18c8c0"}]]}\nnorikv-events:1 head d6d5e947\n{"name":"account-1","last":5,"first":1,"status":"open","rollBytes":240,"index":[[[1,2]]],"trash":[],"snapshots":{"balance":{"version":5,"revision":"1","state":14}},"feed":{"fence":0,"published":5,"partitions":1,"dirty":true}}\n{"id":"e3","type":"Deposited","data":3,"timestamp":1735689600000}\n{"id":"e4","type":"Deposited","data":4,"timestamp":1735689600000}\n{"id":"e5","type":"Deposited","data":5,"timestamp":1735689600000}',
  'events:h:ended':
    'norikv:1 {"w":[["00000001000040008000",3]]}\nnorikv-events:1 head a398dc5e\n{"name":"ended","last":1,"first":2,"status":"tombstoned","rollBytes":240,"index":[[]],"trash":[],"snapshots":{},"feed":{"fence":0,"published":1,"partitions":1,"dirty":true},"since":2}',
  'events:h:gone':
    'norikv:1 {"w":[["00000001000040008000",3]]}\nnorikv-events:1 head 5e81a216\n{"name":"gone","last":1,"first":2,"status":"deleted","rollBytes":240,"index":[[]],"trash":[],"snapshots":{},"feed":{"fence":0,"published":1,"partitions":1,"dirty":true},"since":2}',
  'events:h:shelved':
    'norikv:1 {"w":[["00000001000040008000",3]]}\nnorikv-events:1 head c5e615f7\n{"name":"shelved","last":1,"first":1,"status":"archived","rollBytes":240,"index":[[]],"trash":[],"snapshots":{"balance":{"version":1,"revision":"1","state":1}},"feed":{"fence":0,"published":1,"partitions":1,"dirty":true}}\n{"id":"shelved","type":"Opened","data":1,"timestamp":1735689600000}',
  'events:m:totals':
    'norikv:1 {"w":[["00000001000040008000",3]]}\nnorikv-events:1 view b6258f0e\n{"live":2,"revision":"1"}',
  'events:n:account-1:balance':
    'norikv:1 {"w":[["00000001000040008000",1]]}\nnorikv-events:1 snapshot 611e9321\n{"version":5,"revision":"1","state":14}',
  'events:q:audit':
    'norikv:1 {"w":[["00000001000040008000",5]]}\nnorikv-events:1 parked 026a8777\n[{"id":"00000020-0000-4000-8000-000000000000","aggregateId":"account-1","version":1,"error":"Error: not today","attempts":1,"parkedAt":1735689600000},{"id":"00000021-0000-4000-8000-000000000000","aggregateId":"account-1","version":2,"error":"Error: not today","attempts":1,"parkedAt":1735689600000},{"id":"00000022-0000-4000-8000-000000000000","aggregateId":"account-1","version":3,"error":"Error: not today","attempts":1,"parkedAt":1735689600000},{"id":"00000023-0000-4000-8000-000000000000","aggregateId":"account-1","version":4,"error":"Error: not today","attempts":1,"parkedAt":1735689600000},{"id":"00000024-0000-4000-8000-000000000000","aggregateId":"account-1","version":5,"error":"Error: not today","attempts":1,"parkedAt":1735689600000}]',
  'events:v:totals:1:all':
    'norikv:1 {"w":[["00000001000040008000",5]]}\nnorikv-events:1 view 6dbcb846\n{"state":14,"versions":{"account-1":5}}',
  'events:v:totals:2:all':
    'norikv:1 {"w":[["00000001000040008000",5]]}\nnorikv-events:1 view 6dbcb846\n{"state":14,"versions":{"account-1":5}}',
};

const goldenSecrets: Records = {
  'events:h:ada':
    'norikv:1 {"w":[["00000001000040008000",1]]}\nnorikv-events:1 head 15db895c\n{"name":"ada","last":1,"first":1,"status":"open","rollBytes":65536,"index":[[]],"trash":[],"snapshots":{}}\n{"id":"a1","type":"Moved","data":{"sealedFor":"ada","iv":"AwMDAwMDAwMDAwMD","sealed":"vt+PRjXFWyG81y1DoPrDDwkQ/iOJM6ODOFw8z+Ln"},"timestamp":1735689600000}',
  'events:h:eve':
    'norikv:1 {"w":[["00000001000040008000",1]]}\nnorikv-events:1 head 9acd06d0\n{"name":"eve","last":1,"first":1,"status":"open","rollBytes":65536,"index":[[]],"trash":[],"snapshots":{}}\n{"id":"v1","type":"Moved","data":{"sealedFor":"eve","iv":"BgYGBgYGBgYGBgYG","sealed":"4ZkOHnuzwF/MAJaXY/slEzeXuWz44CR4w9hOv7M="},"timestamp":1735689600000}',
  'events:k:ada':
    'norikv:1 {"w":[["00000001000040008000",1]]}\nnorikv-events:1 key e13a4ca0\n{"key":"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI="}',
  'events:k:eve':
    'norikv:1 {"w":[["00000001000040008000",2]]}\nnorikv-events:1 key ae2ad0b2\n{"isErased":true}',
};

const goldenCommit: Records = {
  'events:b:large:00000002000040008000000000000000-0': `norikv-events:1 lines f2ca8f7f\n{"name":"large","token":"00000002000040008000000000000000"}\n{"id":"n1","type":"Noted","data":"${'1'.repeat(500)}","timestamp":1735689600000}`,
  'events:b:large:00000003000040008000000000000000-0': `norikv-events:1 lines e7ae6562\n{"name":"large","token":"00000003000040008000000000000000"}\n{"id":"n2","type":"Noted","data":"${'2'.repeat(500)}","timestamp":1735689600000}`,
  'events:b:large:00000004000040008000000000000000-0': `norikv-events:1 lines 587dc25a\n{"name":"large","token":"00000004000040008000000000000000"}\n{"id":"n3","type":"Noted","data":"${'3'.repeat(500)}","timestamp":1735689600000}`,
  'events:h:large':
    'norikv:1 {"w":[["00000001000040008000",1]]}\nnorikv-events:1 head 3b248895\n{"name":"large","last":3,"first":1,"status":"open","rollBytes":256,"index":[[[1,1,"00000002000040008000000000000000",1],[2,2,"00000003000040008000000000000000",1],[3,3,"00000004000040008000000000000000",1]]],"trash":[],"snapshots":{}}',
};

const goldenPage: Records = {
  'events:x:long:1-1-64': `norikv-events:1 index 4251fd76\n{"name":"long","level":1,"refs":[${Array.from(
    { length: 64 },
    (_, version) => `[${version + 1},${version + 1}]`,
  )}]}`,
};

const balance = {
  name: 'balance',
  revision: '1',
  initial: () => 0,
  evolve: (sum: number, { data }: { readonly data: unknown }) => sum + Number(data),
};

/** All there is of an event store, as one process uses it. */
function opened(client: MemoryStore, clock: FakeClock) {
  const feed = new EventFeed(client, { clock });
  const store = new EventStore(client, { clock, feed, rollBytes: 240, inline: [balance] });
  const fail = (): never => {
    throw new Error('not today');
  };
  return {
    feed,
    store,
    snapshots: new SnapshotStore(client, { clock }),
    audit: new EventConsumer(feed, store, {
      group: 'audit',
      handle: fail,
      onError: 'park',
      category: 'account',
      clock,
    }),
    totals: new Projection(feed, store, {
      ...balance,
      name: 'totals',
      keyOf: () => 'all',
      category: 'account',
      clock,
    }),
  };
}

/** Encrypting takes real time, which a fake clock does not wait for. */
const realTime: Clock = { ...systemClock, now: () => Date.UTC(2025, 0, 1) };

function openedSecrets(client: MemoryStore) {
  const erasure = createErasure(client, { clock: realTime, subjectOf: (aggregateId) => aggregateId });
  return { erasure, store: new EventStore(client, { clock: realTime, protection: erasure }) };
}

const opening = [{ id: 'e1', type: 'Opened', data: 0 }];
const commit = { commitId: 'open', metadata: { by: 'ada' } };
const notes = [1, 2, 3].map((number) => ({ id: `n${number}`, type: 'Noted', data: `${number}`.repeat(500) }));

it('records are written as version 1.0 wrote them', async () => {
  const clock = new FakeClock();
  const left = recordsLeftBy(createMemoryStore({ clock }), async (client) => {
    const { feed, store, snapshots, audit, totals } = opened(client, clock);
    await store.append('account-1', opening, commit);
    for (const data of [2, 3, 4, 5])
      await store.append('account-1', [{ id: `e${data}`, type: 'Deposited', data }]);
    for (const name of ['gone', 'ended', 'shelved'])
      await store.append(name, [{ id: name, type: 'Opened', data: 1 }]);
    await store.deleteStream('gone');
    await store.tombstoneStream('ended');
    await store.archiveStream('shelved');
    await snapshots.save('account-1', balance, { state: 14, version: 5 });
    await audit.start();
    await audit.caughtUp();
    await audit.stop();
    await totals.caughtUp();
    await totals.rebuild();
    await totals.stop();
    await feed[Symbol.asyncDispose]();
  });
  expect(await clock.run(left)).toEqual(golden);
});

it('records of version 1.0 are read for ever', async () => {
  const clock = new FakeClock();
  const client = createMemoryStore({ clock });
  await putRecords(client, golden);
  const { store, snapshots, audit, totals } = opened(client, clock);
  const { events } = await store.read('account-1');
  expect(events.map(({ id, version, data }) => [id, version, data])).toEqual([
    ['e1', 1, 0],
    ...[2, 3, 4, 5].map((data) => [`e${data}`, data, data]),
  ]);
  expect(events[0]).toMatchObject({ type: 'Opened', metadata: { by: 'ada' }, timestamp: clock.now() });
  expect(await store.load('account-1', balance)).toMatchObject({ state: 14, version: 5 });
  expect(await store.append('account-1', opening, commit)).toMatchObject({ isDuplicate: true, version: 1 });
  expect(await store.streamExists('gone')).toBe(false);
  await expect(store.append('ended', 'Opened', 1)).rejects.toMatchObject({ code: 'STREAM_CLOSED' });
  expect(await store.getEvents('shelved')).toEqual([]);
  expect(await store.getEvents('shelved', { includeArchived: true })).toHaveLength(1);
  expect(await snapshots.get('account-1', 'balance')).toEqual({ version: 5, revision: '1', state: 14 });
  expect(await totals.get('all')).toBe(14);
  await clock.run(store.append('account-1', [{ id: 'e6', type: 'Deposited', data: 6 }]));
  await clock.run(audit.start());
  await clock.run(audit.caughtUp());
  await clock.run(totals.caughtUp());
  expect((await audit.parked()).map(({ version, error }) => [version, error])).toEqual(
    [1, 2, 3, 4, 5, 6].map((version) => [version, 'Error: not today']),
  );
  expect(await totals.get('all')).toBe(20);
  await Promise.all([audit.stop(), totals.stop()]);
});

it('records of secrets are written as version 1.0 wrote them, and read for ever', async () => {
  const left = await recordsLeftBy(createMemoryStore(), async (client) => {
    const { erasure, store } = openedSecrets(client);
    await store.append('ada', [{ id: 'a1', type: 'Moved', data: { to: 'Paris' } }]);
    await store.append('eve', [{ id: 'v1', type: 'Moved', data: { to: 'Rome' } }]);
    await erasure.erase('eve');
  });
  expect(left).toEqual(goldenSecrets);
  const client = createMemoryStore();
  await putRecords(client, goldenSecrets);
  const { store } = openedSecrets(client);
  expect(await store.getEvents('ada')).toMatchObject([{ data: { to: 'Paris' } }]);
  expect(await store.getEvents('eve')).toMatchObject([{ data: null, metadata: { erased: true } }]);
});

it('records of a large commit are written as version 1.0 wrote them, and read for ever', async () => {
  const clock = new FakeClock();
  const capabilities = { maxValueBytes: 4_096 };
  const left = recordsLeftBy(createMemoryStore({ clock, capabilities }), (client) =>
    new EventStore(client, { clock, operationWindow: 1 }).append('large', notes),
  );
  expect(await clock.run(left)).toEqual(goldenCommit);
  const client = createMemoryStore({ capabilities });
  await putRecords(client, goldenCommit);
  expect(await new EventStore(client, { operationWindow: 1 }).getEvents('large')).toMatchObject(notes);
});

it('a page of an index is written as version 1.0 wrote it, and read for ever', async () => {
  const clock = new FakeClock();
  const left = recordsLeftBy(createMemoryStore({ clock }), async (client) => {
    const store = new EventStore(client, { clock, rollBytes: 1 });
    for (let data = 1; data <= 130; data += 1) await store.append('long', 'Counted', data);
  });
  const records = await clock.run(left);
  expect(records).toMatchObject(goldenPage);
  const client = createMemoryStore();
  await putRecords(client, { ...records, ...goldenPage });
  expect(await new EventStore(client).getEvents('long')).toHaveLength(130);
});

it.each(['norikv-events:2 head 00000000\n{}', 'norikv-events:1 journal 00000000\n{}', '{"v":2}'])(
  'a stream of a newer version is refused and left as it is: %j',
  async (state) => {
    const newer = { 'events:h:account-1': `norikv:1 {"w":[]}\n${state}` };
    const client = createMemoryStore();
    await putRecords(client, newer);
    const store = new EventStore(client);
    const corrupt = { code: 'CORRUPT_RECORD' };
    await expect(store.append('account-1', 'Opened', 1)).rejects.toMatchObject(corrupt);
    await expect(store.getEvents('account-1')).rejects.toMatchObject(corrupt);
    expect(await recordsAt(client, Object.keys(newer))).toEqual(newer);
  },
);
