import { createMemoryStore, type MemoryStore, withFaults } from '@norikv/testkit';
import { describe, expect, it, vi } from 'vitest';
import {
  createCommandHandler,
  createErasure,
  type Decider,
  EventConsumer,
  EventFeed,
  EventStore,
  SnapshotStore,
} from '../src/index.js';
import { onEachEngine } from './on-each-engine.js';

const subjectOf = (aggregateId: string): string | undefined =>
  aggregateId.startsWith('customer-') ? aggregateId : undefined;

onEachEngine('erasure', (open) => {
  it('makes the data of one subject unreadable, and of no other', async () => {
    await using client = await open();
    const erasure = createErasure(client, { subjectOf });
    const store = new EventStore(client, { protection: erasure, rollBytes: 200 });
    for (const name of ['customer-1', 'customer-2', 'order-1']) {
      for (const number of [1, 2, 3, 4]) await store.append(name, 'Named', { secret: `${name} ${number}` });
    }
    expect((await store.getEvents('customer-1'))[3]?.data).toEqual({ secret: 'customer-1 4' });
    expect(await erasure.erase('customer-1')).toBe(true);
    expect(await erasure.erase('customer-1')).toBe(false);
    const erased = await store.getEvents('customer-1');
    expect(erased).toHaveLength(4);
    for (const event of erased)
      expect(event).toMatchObject({ data: null, metadata: { erased: true }, type: 'Named' });
    expect((await store.getEvents('customer-2'))[0]?.data).toEqual({ secret: 'customer-2 1' });
    expect((await store.getEvents('order-1'))[0]?.data).toEqual({ secret: 'order-1 1' });
    await expect(store.append('customer-1', 'Named', {})).rejects.toMatchObject({
      code: 'SUBJECT_ERASED',
      outcome: 'not-applied',
    });
    expect(await store.version('customer-1')).toBe(4);
  });

  it('does not hide that an append was made before', async () => {
    await using client = await open();
    const erasure = createErasure(client, { subjectOf });
    const feed = new EventFeed(client, { publishSoon: false });
    const store = new EventStore(client, { protection: erasure, feed });
    const events = [{ type: 'Named', data: { secret: 'x' }, id: 'e1' }];
    await store.append('customer-1', events, { commitId: 'c1' });
    await erasure.erase('customer-1');
    const first = { isDuplicate: true, version: 1, events: [{ id: 'e1', data: null }] };
    for (const options of [{ commitId: 'c1' }, {}, { expected: 'none' }] as const)
      expect(await store.append('customer-1', events, options)).toMatchObject(first);
    await expect(store.append('customer-1', events, { commitId: 'c2', expected: 7 })).rejects.toMatchObject({
      code: 'STREAM_CONFLICT',
    });
    const other = [{ type: 'Named', data: 'y'.repeat(300_000), id: 'e2' }];
    await expect(store.append('customer-1', other, { commitId: 'c2' })).rejects.toMatchObject({
      code: 'SUBJECT_ERASED',
      outcome: 'not-applied',
    });
    await expect(store.append('customer-1', other, { commitId: 'c1' })).rejects.toThrow('used before');
    expect(await store.version('customer-1')).toBe(1);
  });

  it('holds at once also while a test fakes the timers', async () => {
    await using client = await open();
    const erasure = createErasure(client, { subjectOf });
    const store = new EventStore(client, { protection: erasure });
    vi.useFakeTimers({ toFake: ['queueMicrotask'] });
    try {
      await store.append('customer-1', 'Named', { secret: 'x' });
      await createErasure(client, { subjectOf }).erase('customer-1');
      expect((await store.getEvents('customer-1'))[0]?.data).toBeNull();
    } finally {
      vi.useRealTimers();
    }
  });

  it('reaches readers, conflicts and consumers in other processes at once', async () => {
    await using client = await open();
    const options = { subjectOf, erasedData: () => ({ secret: 'gone' }) };
    const erasure = createErasure(client, options);
    const feed = new EventFeed(client);
    const store = new EventStore(client, { protection: erasure, feed });
    const events = [{ type: 'Named', data: { secret: 'x' }, id: 'e1' }];
    expect((await store.append('customer-1', events, { expected: 'none' })).events[0]?.data).toEqual({
      secret: 'x',
    });
    expect(await store.append('customer-1', events, { expected: 'none' })).toMatchObject({
      isDuplicate: true,
    });
    expect(await store.append('customer-1', events)).toMatchObject({ isDuplicate: true });
    await createErasure(client, options).erase('customer-1');
    const seen: unknown[] = [];
    const consumer = new EventConsumer(feed, store, { group: 'g', handle: ({ data }) => seen.push(data) });
    await consumer.start();
    await consumer.caughtUp();
    await consumer.stop();
    expect(seen).toEqual([{ secret: 'gone' }]);
    await expect(store.append('customer-1', [], { expected: 'none' })).rejects.toMatchObject({
      events: [{ data: { secret: 'gone' } }],
    });
  });
});

describe('what is made of the data', () => {
  const named: Decider<string, string, { type: 'Named'; data: string | null }> = {
    name: 'named',
    revision: '1',
    initial: () => '',
    evolve: (_, { data }) => data ?? 'nobody',
    decide: (name, state) => (name === state ? undefined : { type: 'Named', data: name }),
  };

  it('is not remembered by command handlers', async () => {
    const client = createMemoryStore();
    const erasure = createErasure(client, { subjectOf });
    const store = new EventStore<{ type: 'Named'; data: string | null }>(client, { protection: erasure });
    const handle = createCommandHandler(store, named);
    expect((await handle('customer-1', 'Ann')).state).toBe('Ann');
    await erasure.erase('customer-1');
    const states: string[] = [];
    const asked = createCommandHandler(store, { ...named, decide: (_, state) => void states.push(state) });
    await handle('customer-1', 'nobody');
    await asked('customer-1', 'any');
    expect(states).toEqual(['nobody']);
  });

  it('is not kept in snapshots', async () => {
    const client = createMemoryStore();
    const store = new EventStore(client, { protection: createErasure(client, { subjectOf }) });
    const loading = store.load('customer-1', named, new SnapshotStore(client));
    await expect(loading).rejects.toThrow('snapshots is given with protection');
  });
});

describe('what is stored', () => {
  async function stored(client: MemoryStore, key: string): Promise<string> {
    return new TextDecoder().decode((await client.get(key)).value);
  }

  it('never contains the data, in any record', async () => {
    const memory = createMemoryStore();
    const values: string[] = [];
    const client = {
      ...memory,
      put: (...[key, value, options]: Parameters<typeof memory.put>) => {
        values.push(new TextDecoder().decode(value as Uint8Array));
        return memory.put(key, value, options);
      },
    };
    const store = new EventStore(client, { protection: createErasure(client, { subjectOf }), rollBytes: 1 });
    await store.append('customer-1', 'Named', 'hunter2');
    await store.append('customer-1', [{ type: 'Named', data: `hunter2${'x'.repeat(400_000)}` }], {
      commitId: 'c',
    });
    expect(values.length).toBeGreaterThan(3);
    expect(values.join('')).not.toContain('hunter2');
  });

  it('cannot be moved to another stream or event', async () => {
    const memory = createMemoryStore();
    const erasure = createErasure(memory, { subjectOf: () => 'one' });
    const store = new EventStore(memory, { protection: erasure });
    await store.append('a', [{ type: 'T', data: 'secret', id: 'e1' }]);
    const sealed = /"data":(\{"sealedFor".*?\})/.exec(await stored(memory, 'events:h:a'))?.[1];
    const data = JSON.parse(sealed ?? 'null');
    const plain = new EventStore(memory);
    await plain.append('b', [{ type: 'T', data, id: 'e1' }]);
    await plain.append('c', [{ type: 'T', data, id: 'e2' }]);
    for (const stream of ['b', 'c']) {
      await expect(store.getEvents(stream)).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    }
    expect(await store.getEvents('a')).toMatchObject([{ data: 'secret' }]);
  });
});

it('a commit is not called failed because a key cannot be read afterwards', async () => {
  const faulty = withFaults(createMemoryStore());
  const store = new EventStore(faulty, { protection: createErasure(faulty, { subjectOf }) });
  await store.append('customer-1', 'T', 1);
  faulty.faults.next('get', undefined, 'lost-reply');
  const large = await store.append('customer-1', [{ type: 'T', data: 'x'.repeat(400_000) }]);
  faulty.faults.stop();
  expect(large).toMatchObject({ version: 2 });
  expect(await store.getEvents('customer-1')).toMatchObject([{ data: 1 }, { data: large.events[0]?.data }]);
});

describe('bad input', () => {
  it('is refused', async () => {
    const client = createMemoryStore();
    const store = new EventStore(client, { protection: createErasure(client, { subjectOf }) });
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    await expect(store.append('customer-1', 'T', cyclic)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const spoofed = { sealedFor: 'a', sealed: 'b', iv: 'c' };
    await expect(store.append('order-1', 'T', spoofed)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await store.append('customer-1', [{ type: 'T', data: undefined }])).toMatchObject({
      events: [{ data: null }],
    });
    const inline = [{ name: 'n', revision: '1', initial: () => 0, evolve: () => 0 }];
    const protection = createErasure(client, { subjectOf });
    expect(() => new EventStore(client, { protection, inline })).toThrow('inline is given with protection');
  });

  it('is not what a reader with another prefix sees', async () => {
    const client = createMemoryStore();
    const erasureOf = (prefix: string) => createErasure(client, { subjectOf: () => 'bob', prefix });
    await new EventStore(client, { protection: erasureOf('events') }).append('a', 'T', 1);
    const other = erasureOf('other');
    const store = new EventStore(client, { protection: other });
    const wrong = { code: 'CORRUPT_RECORD', message: expect.stringContaining('of another prefix or store') };
    await expect(store.getEvents('a')).rejects.toMatchObject(wrong);
    await other.erase('bob');
    expect(await store.getEvents('a')).toMatchObject([{ data: null, metadata: { erased: true } }]);
  });

  it('two writers that make the first key at one time use the same', async () => {
    const client = createMemoryStore({ latencyMs: 1 });
    const stores = [1, 2].map(
      () => new EventStore({ ...client }, { protection: createErasure({ ...client }, { subjectOf }) }),
    );
    await Promise.all(stores.map((store, number) => store.append('customer-1', 'T', number)));
    expect((await stores[0]?.getEvents('customer-1'))?.map(({ data }) => data).sort()).toEqual([0, 1]);
  });
});
