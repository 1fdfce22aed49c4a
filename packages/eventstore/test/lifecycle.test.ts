import { CorruptRecordError } from '@norikv/cas-retry';
import { type KvStore, UnavailableError } from '@norikv/store';
import { createMemoryStore, FakeClock, withFaults } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { EventStore } from '../src/index.js';
import { holding } from './holding.js';
import { onEachEngine } from './on-each-engine.js';

onEachEngine('the life of a stream', (open) => {
  const fill = async (store: EventStore, count: number): Promise<void> => {
    for (let number = 1; number <= count; number += 1) await store.append('s', 'T', number);
  };

  it('deleted, it reads as absent, and goes on with the next version', async () => {
    await using client = await open();
    const store = new EventStore(client, { rollBytes: 1 });
    await fill(store, 200);
    expect(await store.deleteStream('s', { expected: 200 })).toBe(true);
    expect(await store.deleteStream('s')).toBe(false);
    expect(await store.deleteStream('s', { expected: 200 })).toBe(false);
    expect(await store.read('s')).toEqual({ exists: false, version: 0, since: 201, events: [] });
    expect(await store.streamExists('s')).toBe(false);
    expect(await store.append('s', 'T', 'again')).toMatchObject({ version: 201 });
    expect(await store.getEvents('s')).toMatchObject([{ data: 'again', version: 201 }]);
    await expect(store.deleteStream('s', { expected: 5 })).rejects.toMatchObject({
      code: 'STREAM_CONFLICT',
      version: 201,
    });
    await expect(store.deleteStream('nobody', { expected: 'exists' })).rejects.toMatchObject({
      code: 'STREAM_CONFLICT',
    });
  });

  it('tombstoned, it refuses events forever', async () => {
    await using client = await open();
    const store = new EventStore(client);
    await fill(store, 2);
    expect(await store.tombstoneStream('s')).toBe(true);
    expect(await store.tombstoneStream('s')).toBe(false);
    await expect(store.append('s', 'T', 1)).rejects.toMatchObject({
      code: 'STREAM_CLOSED',
      outcome: 'not-applied',
    });
    expect(await store.restoreStream('s')).toBe(false);
    expect(await store.deleteStream('s')).toBe(false);
    expect(await store.getEvents('s')).toEqual([]);
    expect(await store.tombstoneStream('never-there')).toBe(true);
    await expect(store.append('never-there', 'T', 1)).rejects.toMatchObject({ code: 'STREAM_CLOSED' });
  });

  it('archived, it is hidden until it is restored', async () => {
    await using client = await open();
    const store = new EventStore(client);
    await fill(store, 2);
    expect(await store.archiveStream('s')).toBe(true);
    expect(await store.archiveStream('s')).toBe(false);
    expect(await store.read('s')).toMatchObject({ exists: false, events: [] });
    await expect(store.append('s', 'T', 1)).rejects.toMatchObject({ code: 'STREAM_CLOSED' });
    expect(await store.restoreStream('s')).toBe(true);
    expect(await store.append('s', 'T', 3)).toMatchObject({ version: 3 });
    expect(await store.getEvents('s')).toHaveLength(3);
  });

  it('archived, it can be deleted for good, on the conditions of a stream that is there', async () => {
    await using client = await open();
    const store = new EventStore(client);
    await fill(store, 2);
    await store.archiveStream('s');
    for (const expected of ['none', 0, 1] as const) {
      await expect(store.deleteStream('s', { expected })).rejects.toMatchObject({ version: 2 });
      await expect(store.tombstoneStream('s', { expected })).rejects.toMatchObject({ version: 2 });
    }
    expect(await store.deleteStream('s')).toBe(true);
    expect(await store.restoreStream('s')).toBe(false);
    expect(await store.read('s', { includeArchived: true })).toMatchObject({ exists: false, events: [] });
    for (const expected of ['exists', 1] as const) {
      await store.append(`t${expected}`, 'T', 1);
      await store.archiveStream(`t${expected}`);
      expect(await store.deleteStream(`t${expected}`, { expected })).toBe(true);
    }
  });

  it('that was never there, it cannot be deleted', async () => {
    await using client = await open();
    const store = new EventStore(client);
    for (const expected of ['any', 'none', 0] as const) {
      expect(await store.deleteStream('nobody', { expected })).toBe(false);
    }
    await fill(store, 1);
    await store.deleteStream('s');
    expect(await store.deleteStream('s', { expected: 'none' })).toBe(false);
    await expect(store.tombstoneStream('s', { expected: 1 })).rejects.toMatchObject({ version: 0 });
  });

  it('it does not end on options that would drop the condition', async () => {
    await using client = await open();
    const store = new EventStore(client);
    await fill(store, 2);
    for (const options of [
      { expectedVersion: 1 },
      1,
      'none',
      null,
      [1],
      { expected: '2' },
      { expected: 2n },
    ]) {
      for (const end of ['deleteStream', 'tombstoneStream'] as const) {
        await expect(store[end]('s', options as object)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      }
    }
    expect(await store.getEvents('s')).toHaveLength(2);
  });

  it('truncated, it keeps the versions of what is left', async () => {
    await using client = await open();
    const store = new EventStore(client, { rollBytes: 1 });
    await fill(store, 300);
    await store.append('s', [{ type: 'Big', data: 'x'.repeat(600_000) }]);
    for (const before of [10, 70, 250, 302]) {
      expect(await store.truncateStream('s', before)).toBe(true);
      const events = await store.getEvents('s');
      expect(events.map(({ version }) => version)).toEqual(
        Array.from({ length: 302 - before }, (_, index) => before + index),
      );
    }
    expect(await store.truncateStream('s', 5)).toBe(false);
    expect(await store.read('s')).toEqual({ exists: true, version: 301, since: 1, events: [] });
    expect(await store.append('s', 'T', 1)).toMatchObject({ version: 302 });
    expect(await store.truncateStream('nobody', 5)).toBe(false);
  });
});

/** A store that may fail, and the keys in it. */
function watched() {
  const memory = createMemoryStore();
  const keys = new Set<string>();
  const client = withFaults({
    ...memory,
    put: (key, value, options) => {
      keys.add(String(key));
      return memory.put(key, value, options);
    },
    delete: (key, options) => {
      keys.delete(String(key));
      return memory.delete(key, options);
    },
  });
  return { client, keys };
}

it('what is cut off is deleted, also after a crash on the way', async () => {
  const { client, keys } = watched();
  const store = new EventStore(client, { rollBytes: 1 });
  for (let number = 1; number <= 300; number += 1) await store.append('s', 'T', number);
  await store.append('s', [{ type: 'Big', data: 'x'.repeat(600_000) }]);
  client.faults.next('delete', undefined, undefined, 'lost-request');
  await expect(store.truncateStream('s', 302)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(keys.size).toBeGreaterThan(1);
  await store.truncateStream('s', 302);
  expect([...keys]).toEqual(['events:h:s']);
});

describe('what was sealed and not taken in yet is deleted', () => {
  it('by the process that sealed it, also what many appends at once have filled', async () => {
    const { client, keys } = watched();
    const store = new EventStore(client, { rollBytes: 1_000 });
    await Promise.all(Array.from({ length: 30 }, (_, number) => store.append('s', 'T', number)));
    expect([...keys]).toHaveLength(2);
    await store.deleteStream('s');
    expect([...keys]).toEqual(['events:h:s']);
  });

  it.each(['deleteStream', 'tombstoneStream'] as const)('by another one: %s', async (end) => {
    const { client, keys } = watched();
    const writer = new EventStore(client, { rollBytes: 1 });
    for (let number = 1; number <= 3; number += 1) await writer.append('s', 'T', number);
    expect([...keys]).toContain('events:g:s:3-3');
    await new EventStore(Object.create(client))[end]('s');
    expect([...keys]).toEqual(['events:h:s']);
  });

  it('but not what a truncation leaves', async () => {
    const { client } = watched();
    const writer = new EventStore(client, { rollBytes: 1 });
    for (let number = 1; number <= 3; number += 1) await writer.append('s', 'T', number);
    await new EventStore(Object.create(client)).truncateStream('s', 3);
    await writer.append('s', 'T', 4);
    expect(await writer.getEvents('s')).toMatchObject([{ version: 3 }, { version: 4 }]);
  });
});

it.each([
  [new UnavailableError('away', { outcome: 'not-applied' }), { code: 'UNAVAILABLE', outcome: 'unknown' }],
  [new CorruptRecordError('a damaged page'), { code: 'CORRUPT_RECORD' }],
])('an end is not called failed because of what it cut off: %s', async (error, expected) => {
  const { client, keys } = watched();
  const store = new EventStore(client, { rollBytes: 1 });
  for (let number = 1; number <= 3; number += 1) await store.append('s', 'T', number);
  const failing: KvStore = Object.assign(Object.create(client), { delete: () => Promise.reject(error) });
  await expect(new EventStore(failing).deleteStream('s')).rejects.toMatchObject(expected);
  expect(await store.streamExists('s')).toBe(false);
  expect(await store.deleteStream('s')).toBe(false);
  expect([...keys]).toEqual(['events:h:s']);
});

const changes: Readonly<Record<string, (store: EventStore, options: object) => Promise<boolean>>> = {
  deleteStream: (store, options) => store.deleteStream('s', options),
  tombstoneStream: (store, options) => store.tombstoneStream('s', options),
  archiveStream: (store, options) => store.archiveStream('s', options),
  restoreStream: (store, options) => store.restoreStream('archived', options),
  truncateStream: (store, options) => store.truncateStream('s', 2, options),
};

describe.each(Object.entries(changes))('%s', (_name, change) => {
  async function prepared() {
    const clock = new FakeClock();
    const slow = holding(createMemoryStore({ clock }), ':h:', 'calls');
    const store = new EventStore(slow.store, { clock });
    const events = [1, 2, 3].map((data) => ({ type: 'T', data }));
    for (const name of ['s', 'archived']) await clock.run(() => store.append(name, events));
    await clock.run(() => store.archiveStream('archived'));
    return { clock, slow, store };
  }

  it('ends with its signal', async () => {
    const { store } = await prepared();
    const refused = change(store, { signal: AbortSignal.abort() });
    await expect(refused).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await change(store, { signal: new AbortController().signal })).toBe(true);
  });

  it('ends with its deadline', async () => {
    const { clock, slow, store } = await prepared();
    const other = new EventStore({ ...slow.store }, { clock });
    slow.hold();
    const late = expect(change(other, { deadlineMs: 50 })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    await clock.advance(50);
    await late;
    slow.release();
    expect(await change(store, {})).toBe(true);
  });

  it('refuses options that it does not have', async () => {
    const { store } = await prepared();
    for (const options of [{ expect: 3 }, { deadlineMs: 0 }, { signal: 1 }, 1]) {
      const refused = change(store, options as object);
      await expect(refused).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
  });
});

it('a reader whose head is overtaken by a truncation leaves out what is gone', async () => {
  const memory = createMemoryStore();
  const store = new EventStore(memory, { rollBytes: 1 });
  for (let number = 1; number <= 300; number += 1) await store.append('s', 'T', number);
  const versions = [];
  for await (const { version } of new EventStore({ ...memory }, { prefetch: 1 }).events('s')) {
    if (version === 3) await store.truncateStream('s', 280);
    versions.push(version);
  }
  expect(versions).toEqual([1, 2, 3, ...Array.from({ length: 21 }, (_, index) => 280 + index)]);
});
