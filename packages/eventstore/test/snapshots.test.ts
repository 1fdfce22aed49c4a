import { countCalls, createMemoryStore } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { EventStore, type Reducer, SnapshotStore } from '../src/index.js';
import { holding } from './holding.js';
import { onEachEngine } from './on-each-engine.js';

let evolved = 0;
const sum: Reducer<{ total: number }> = {
  name: 'sum',
  revision: '1',
  initial: () => ({ total: 0 }),
  evolve: ({ total }, { data }) => {
    evolved += 1;
    return { total: total + data };
  },
};

/** State of so many letters, from the first event on. */
const wide = (name: string, length: number): Reducer<string> => ({
  name,
  revision: '1',
  initial: () => '',
  evolve: () => 'x'.repeat(length),
});

async function fill(store: EventStore, count: number): Promise<void> {
  for (let number = 1; number <= count; number += 1) await store.append('s', 'Added', 1);
}

onEachEngine('state', (open) => {
  it('is folded from the events', async () => {
    await using client = await open();
    const store = new EventStore(client, { rollBytes: 1 });
    expect(await store.load('s', sum)).toEqual({ state: { total: 0 }, version: 0, exists: false });
    await fill(store, 10);
    expect(await store.load('s', sum)).toEqual({ state: { total: 10 }, version: 10, exists: true });
  });

  it('kept inline costs one round trip, however long the stream', async () => {
    await using opened = await open();
    const client = countCalls(opened);
    const store = new EventStore(client, { rollBytes: 1, inline: [sum] });
    await fill(store, 50);
    client.reset();
    evolved = 0;
    expect(await store.load('s', sum)).toEqual({ state: { total: 50 }, version: 50, exists: true });
    expect(client.calls.total).toBe(1);
    expect(evolved).toBe(0);
  });

  it.each(['a new revision', 'a large commit'])('kept inline comes back after %s', async (what) => {
    await using opened = await open();
    const client = countCalls(opened);
    const revision = what === 'a new revision' ? '2' : '1';
    const before = new EventStore(client, { rollBytes: 1, inline: [sum] });
    await fill(before, 50);
    if (revision === '1')
      await before.append('s', [{ type: 'Large', data: 0, metadata: { x: 'x'.repeat(300_000) } }]);
    const reducer = { ...sum, revision };
    const now = new EventStore(client, { inline: [reducer] });
    const { state, version } = await now.load('s', reducer);
    state.total += 1_000;
    await now.append('s', 'Added', 1);
    evolved = 0;
    client.reset();
    const later = new EventStore(client, { inline: [reducer] });
    expect(await later.load('s', reducer)).toMatchObject({ state: { total: 51 }, version: version + 1 });
    expect([evolved, client.calls.total]).toEqual([0, 1]);
    await now.deleteStream('s');
    await now.append('s', 'Added', 7);
    expect(await later.load('s', reducer)).toMatchObject({ state: { total: 7 } });
  });

  it('kept inline is in step with the events, for appends that race', async () => {
    await using memory = await open();
    const stores = [1, 2, 3].map(() => new EventStore(countCalls(memory), { inline: [sum], rollBytes: 300 }));
    await Promise.all(stores.map((store) => fill(store, 30)));
    evolved = 0;
    expect(await new EventStore(memory).load('s', sum)).toMatchObject({ state: { total: 90 }, version: 90 });
    expect(evolved).toBe(0);
  });

  it('of another revision is ignored, and replaced by an append that can', async () => {
    await using memory = await open();
    await fill(new EventStore(memory, { inline: [sum] }), 5);
    const tenfold: Reducer<{ total: number }> = {
      ...sum,
      revision: '2',
      evolve: ({ total }, { data }) => ({ total: total + 10 * data }),
    };
    const store = new EventStore(memory, { inline: [tenfold] });
    expect((await store.load('s', tenfold)).state).toEqual({ total: 50 });
    await store.append('s', 'Added', 1);
    expect((await store.load('s', tenfold)).state).toEqual({ total: 60 });
  });

  it('that is too large, or whose events have left the tail, is left out', async () => {
    await using memory = await open();
    const large: Reducer<string> = {
      name: 'large',
      revision: '1',
      initial: () => '',
      evolve: (state) => `${state}${'x'.repeat(60_000)}`,
    };
    const store = new EventStore(memory, { inline: [large, sum] });
    await fill(store, 4);
    expect((await store.load('s', large)).state).toHaveLength(240_000);
    expect((await store.load('s', sum)).state).toEqual({ total: 4 });
    const plain = new EventStore(countCalls(memory), { prefix: 'other', rollBytes: 1 });
    await fill(plain, 10);
    const late = new EventStore(countCalls(memory), { prefix: 'other', inline: [sum] });
    await late.append('s', 'Added', 1);
    expect((await late.load('s', sum)).state).toEqual({ total: 11 });
  });

  it('kept inline does without one that is too large, whichever comes first', async () => {
    await using opened = await open();
    for (const [prefix, inline] of [
      ['first', [wide('huge', 200_000), sum]],
      ['last', [sum, wide('huge', 200_000)]],
    ] as const) {
      const store = new EventStore(opened, { prefix, inline });
      await fill(store, 2);
      evolved = 0;
      expect((await store.load('s', sum)).state).toEqual({ total: 2 });
      expect(evolved).toBe(0);
    }
  });

  it('that former releases kept inline gives way, and leaves room for events', async () => {
    await using client = await open();
    const releases = Array.from({ length: 24 }, (_, number) => wide(`v${number}`, 50_000));
    for (const reducer of releases) await fill(new EventStore(client, { inline: [reducer] }), 1);
    for (const reducer of releases) {
      const folded: number[] = [];
      const evolve = (state: string, { version }: { version: number }): string => {
        folded.push(version);
        return state;
      };
      await new EventStore(client).load('s', { ...reducer, evolve });
      // There is room for two. Processes of the release before go on from theirs.
      expect(folded).toHaveLength({ v23: 0, v22: 1 }[reducer.name] ?? releases.length);
    }
  });

  it('survives a reducer that changes its argument', async () => {
    const careless: Reducer<{ total: number }> = {
      ...sum,
      evolve(state, { data }) {
        if (data === 'bad') throw new Error('bad event');
        state.total += data;
        return state;
      },
    };
    await using client = await open();
    const store = new EventStore(client, { inline: [careless] });
    await fill(store, 1);
    // What shares a write with an event that fails is folded a second time.
    const [good, bad] = await Promise.allSettled([
      store.append('s', 'Added', 10),
      store.append('s', 'Added', 'bad'),
    ]);
    expect([good.status, bad.status]).toEqual(['fulfilled', 'rejected']);
    expect(await store.load('s', careless)).toEqual({ state: { total: 11 }, version: 2, exists: true });
  });

  it('is kept only for the category', async () => {
    await using client = await open();
    const store = new EventStore(client, { inline: [{ ...sum, category: 'account' }] });
    await store.append('account-1', 'Added', 1);
    await store.append('accounts-1', 'Added', 1);
    evolved = 0;
    await store.load('account-1', sum);
    expect(evolved).toBe(0);
    await store.load('accounts-1', sum);
    expect(evolved).toBe(1);
  });

  it('starts anew with a stream that was deleted, and survives a truncation', async () => {
    await using client = await open();
    const store = new EventStore(client, { inline: [sum], rollBytes: 1 });
    await fill(store, 5);
    await store.truncateStream('s', 4);
    await fill(store, 1);
    expect((await store.load('s', sum)).state).toEqual({ total: 6 });
    await store.deleteStream('s');
    await fill(store, 2);
    expect(await store.load('s', sum)).toEqual({ state: { total: 2 }, version: 8, exists: true });
  });
});

onEachEngine('a snapshot in a key of its own', (open) => {
  it('is used if it is newer than the inline one, and the other way round', async () => {
    await using client = await open();
    const store = new EventStore(client, { inline: [sum] });
    const snapshots = new SnapshotStore(client);
    await fill(store, 3);
    await snapshots.save('s', sum, { state: { total: 2 }, version: 2 });
    evolved = 0;
    expect((await store.load('s', sum, snapshots)).state).toEqual({ total: 3 });
    expect(evolved).toBe(0);
  });

  it('is read together with the head, and spares the events before it', async () => {
    await using opened = await open();
    const client = countCalls(opened);
    const store = new EventStore(client, { rollBytes: 1 });
    const snapshots = new SnapshotStore(client);
    await fill(store, 20);
    const loaded = await store.load('s', sum, snapshots);
    expect(await snapshots.save('s', sum, loaded)).toBe(true);
    client.reset();
    evolved = 0;
    expect(await store.load('s', sum, snapshots)).toEqual(loaded);
    expect(client.calls.total).toBe(2);
    expect(evolved).toBe(0);
  });

  it('of a stream that was deleted is of no use to the next one', async () => {
    await using client = await open();
    const store = new EventStore(client);
    const snapshots = new SnapshotStore(client);
    await fill(store, 3);
    await snapshots.save('s', sum, { state: { total: 3 }, version: 3 });
    await store.deleteStream('s');
    await fill(store, 1);
    expect(await store.load('s', sum, snapshots)).toMatchObject({ state: { total: 1 }, version: 4 });
  });

  it('is never replaced by an older one, and is ignored if it is ahead or of another revision', async () => {
    await using client = await open();
    const store = new EventStore(client);
    const snapshots = new SnapshotStore(client);
    await fill(store, 3);
    expect(await snapshots.save('s', sum, { state: { total: 3 }, version: 3 })).toBe(true);
    expect(await snapshots.save('s', sum, { state: { total: 2 }, version: 2 })).toBe(false);
    expect(await snapshots.get('s', 'sum')).toMatchObject({ version: 3 });
    expect((await store.load('s', { ...sum, revision: '2' }, snapshots)).state).toEqual({ total: 3 });
    await snapshots.save('s', sum, { state: { total: 999 }, version: 9 });
    expect((await store.load('s', sum, snapshots)).state).toEqual({ total: 3 });
    expect((await store.load('nobody', sum, snapshots)).state).toEqual({ total: 0 });
  });
});

it.each([
  ['the stream', ':h:'],
  ['old events', ':g:'],
  ['a snapshot', ':n:'],
])('loading ends with its signal while it reads %s', async (_what, part) => {
  const memory = createMemoryStore();
  await fill(new EventStore(memory, { rollBytes: 1 }), 3);
  const slow = holding({ ...memory }, part, 'calls');
  const store = new EventStore(slow.store);
  const controller = new AbortController();
  slow.hold();
  const { signal } = controller;
  const loading = expect(
    store.load('s', sum, new SnapshotStore(slow.store), { signal }),
  ).rejects.toMatchObject({ code: 'CANCELLED' });
  await slow.held;
  controller.abort();
  slow.release();
  await loading;
  await expect(store.load('s', sum, undefined, { deadlineMs: 1 } as object)).rejects.toThrow('use signal');
});
