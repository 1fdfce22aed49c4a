import { createMemoryStore, withFaults } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { EventStore, type NewEvent } from '../src/index.js';
import { onEachEngine } from './on-each-engine.js';

const filler = (bytes: number): string => 'x'.repeat(bytes);
/** An event whose line in the store, its line break included, has exactly so many bytes. */
function eventOf(bytes: number, store: EventStore): Promise<NewEvent> {
  return store.append(`probe-${bytes}`, [{ id: 'id', type: 'T', data: '' }]).then(({ events }) => {
    const [{ id, type, data, timestamp } = { id: '', type: '', data: '', timestamp: 0 }] = events;
    const overhead = JSON.stringify({ id, type, data, timestamp }).length + 1;
    return { id: 'id', type: 'T', data: filler(bytes - overhead) };
  });
}

onEachEngine('a large commit', (open) => {
  it('is atomic, in parts, and reads like any other', async () => {
    await using client = await open();
    const store = new EventStore(client);
    await store.append('s', 'Before', 0);
    const events = Array.from({ length: 200 }, (_, index) => ({
      type: 'Big',
      data: `${index}${filler(20_000)}ü`,
    }));
    const { version } = await store.append('s', events, { expected: 1, commitId: 'c' });
    expect(version).toBe(201);
    await store.append('s', 'After', 0);
    const read = await store.getEvents('s');
    expect(read.map(({ version: at }) => at)).toEqual(Array.from({ length: 202 }, (_, index) => index + 1));
    expect(read.slice(1, 201).map(({ data }) => data)).toEqual(events.map(({ data }) => data));
    expect(await store.append('s', events, { expected: 1, commitId: 'c' })).toMatchObject({
      isDuplicate: true,
    });
    const backward = await store.read('s', { direction: 'backward', from: 100, to: 120 });
    expect(backward.events).toEqual(read.slice(99, 120).reverse());
  });

  it('of one event of several MiB works; above 8 MiB it is refused', async () => {
    await using client = await open();
    const store = new EventStore(client);
    const { events } = await store.append('s', [{ type: 'Huge', data: filler(5_000_000) }]);
    expect(await store.getEvents('s')).toEqual(events);
    const tooLarge = store.append('s', [{ type: 'Huge', data: filler(8 * 2 ** 20) }]);
    await expect(tooLarge).rejects.toMatchObject({ code: 'EVENT_TOO_LARGE', outcome: 'not-applied' });
    expect(await store.version('s')).toBe(1);
  });
});

describe('the byte budget', () => {
  it('refuses a commit above 64 MiB', async () => {
    const events = Array.from({ length: 9 }, () => ({ type: 'Huge', data: filler(8_000_000) }));
    const store = new EventStore(createMemoryStore());
    await expect(store.append('s', events)).rejects.toMatchObject({
      code: 'EVENT_TOO_LARGE',
      outcome: 'not-applied',
    });
  });

  it('gives up sealing a full head when time is over', async () => {
    let nowMs = 0;
    const clock = { now: () => nowMs, monotonic: () => nowMs, startTimer: () => () => {} };
    const memory = createMemoryStore();
    const slow: typeof memory = {
      ...memory,
      async put(key, value, options) {
        if (String(key).startsWith('events:g:')) nowMs += 20_000;
        return memory.put(key, value, options);
      },
    };
    const store = new EventStore(slow, { clock });
    await store.append('s', 'T', 1);
    const late = store.append('s', [{ type: 'T', data: filler(600_000) }]);
    await expect(late).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
    expect(await store.version('s')).toBe(1);
  });

  it('says that nothing was committed when a seal or a part cannot be written', async () => {
    for (const kind of ['events:g:', 'events:b:']) {
      const faulty = withFaults(createMemoryStore(), {
        decide: ({ key, operation }) =>
          operation === 'put' && String(key).startsWith(kind) ? 'lost-reply' : undefined,
      });
      const store = new EventStore(faulty);
      await store.append('s', 'T', 1);
      const large = store.append('s', [{ type: 'T', data: filler(600_000) }]);
      await expect(large).rejects.toMatchObject({ code: 'UNAVAILABLE', outcome: 'not-applied' });
      expect(await store.version('s')).toBe(1);
    }
  });

  it('keeps the parts of a commit whose outcome is unknown', async () => {
    let isAway = false;
    const faulty = withFaults(createMemoryStore(), {
      decide({ key, operation }) {
        if (operation === 'put' && String(key).startsWith('events:h:')) isAway = true;
        if (!isAway || operation === 'delete') return undefined;
        return operation === 'put' ? 'lost-reply' : 'lost-request';
      },
    });
    const store = new EventStore(faulty, { deadlineMs: 1_500 });
    const large = store.append('s', [{ type: 'T', data: filler(600_000) }]);
    await expect(large).rejects.toMatchObject({ outcome: 'unknown' });
    faulty.faults.stop();
    expect((await store.getEvents('s')).map(({ data }) => data.length)).toEqual([600_000]);
  });

  it("a failed seal after a commit is nobody's failure, and is made up for", async () => {
    const faulty = withFaults(createMemoryStore());
    const store = new EventStore(faulty, { rollBytes: 1 });
    faulty.faults.next('put', undefined, 'lost-request');
    for (const number of [1, 2, 3]) await store.append('s', 'T', number);
    expect((await store.getEvents('s')).map(({ data }) => data)).toEqual([1, 2, 3]);
  });

  it('keeps a commit of exactly a quarter of a value in the head, and not one byte more', async () => {
    const client = createMemoryStore();
    const store = new EventStore(client, { rollBytes: 262_144 });
    const inline = 262_144;
    for (const [bytes, isInline] of [
      [inline - 1, true],
      [inline, true],
      [inline + 1, false],
    ] as const) {
      const event = await eventOf(bytes, store);
      const stream = `s${bytes}`;
      await store.append(stream, [event]);
      const head = await client.get(`events:h:${stream}`);
      expect(head.value.length > inline).toBe(isInline);
      expect((await store.getEvents(stream))[0]?.data).toBe(event.data);
    }
  });

  it('takes an event of exactly 8 MiB, and not one byte more', async () => {
    const store = new EventStore(createMemoryStore());
    const limit = 8 * 2 ** 20;
    // Without its line break.
    const largest = await eventOf(limit + 1, store);
    await store.append('s', [largest]);
    expect((await store.getEvents('s'))[0]?.data).toBe(largest.data);
    const larger = store.append('s', [{ ...largest, id: 'id2' }]);
    await expect(larger).rejects.toMatchObject({
      code: 'EVENT_TOO_LARGE',
      message: expect.stringContaining('8388609 bytes'),
    });
    expect(await store.version('s')).toBe(1);
  });

  it('writes no record above 1 MiB, at every size around its limits, in bytes and not in characters', async () => {
    const client = createMemoryStore();
    let largest = 0;
    const watched: typeof client = {
      ...client,
      put(key, value, options) {
        largest = Math.max(largest, (value as Uint8Array).length);
        return client.put(key, value, options);
      },
    };
    const store = new EventStore(watched);
    const sizes = [2 ** 18, 2 ** 19 - 1_024, 2 ** 19, 2 ** 20].flatMap((limit) =>
      [-1, 0, 1].map((off) => limit + off),
    );
    for (const size of sizes) {
      const event = await eventOf(size, store);
      const wide = { ...event, id: 'wd', data: 'ü'.repeat(Math.floor(String(event.data).length / 2)) };
      await store.append(`s${size}`, [event, { ...event, id: 'i2' }, wide]);
      const read = await store.getEvents(`s${size}`);
      expect(read.map(({ data }) => data === event.data || data === wide.data)).toEqual([true, true, true]);
    }
    expect(largest).toBeLessThanOrEqual(2 ** 20);
    expect(largest).toBeGreaterThan(2 ** 19 - 2_048);
  });

  it('never lets a head outgrow the store, whatever comes at once', async () => {
    for (const maxValueBytes of [8_192, 65_536, 1_048_576]) {
      const client = createMemoryStore({ capabilities: { maxValueBytes } });
      let largest = 0;
      const watched: typeof client = {
        ...client,
        put(key, value, options) {
          largest = Math.max(largest, value.length);
          return client.put(key, value, options);
        },
      };
      const store = new EventStore(watched);
      const size = Math.floor(maxValueBytes / 4) - 200;
      const appends = Array.from({ length: 20 }, (_, index) =>
        store.append('s', 'T', `${index % 10}${filler(size)}`),
      );
      await Promise.all(appends);
      const events = await store.getEvents('s');
      expect(events).toHaveLength(20);
      expect(largest).toBeLessThanOrEqual((maxValueBytes * 3) / 4);
    }
  });

  it('a commit that loses leaves no parts behind', async () => {
    const client = createMemoryStore();
    const keys = new Set<string>();
    const watched: typeof client = {
      ...client,
      put: (key, value, options) => {
        keys.add(String(key));
        return client.put(key, value, options);
      },
      delete: (key, options) => {
        keys.delete(String(key));
        return client.delete(key, options);
      },
    };
    const store = new EventStore(watched);
    await store.append('s', 'T', 1);
    const large = [{ type: 'T', data: filler(900_000) }];
    await expect(store.append('s', large, { expected: 'none' })).rejects.toMatchObject({
      code: 'STREAM_CONFLICT',
    });
    const cancelled = store.append('s', large, { signal: AbortSignal.abort() });
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    expect([...keys]).toEqual(['events:h:s']);
  });
});

describe('bad input is named, and nothing is written', () => {
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  const cases: Readonly<Record<string, (store: EventStore) => Promise<unknown>>> = {
    'an expectation of another name': (store) => store.append('s', [], { expected: 'some' as never }),
    'a negative version': (store) => store.append('s', [], { expected: -1 }),
    'a fraction': (store) => store.append('s', [], { expected: 1.5 }),
    'cyclic data': (store) => store.append('s', 'T', cyclic),
    'a bigint': (store) => store.append('s', 'T', 1n),
    'a function': (store) => store.append('s', 'T', () => 1),
    'cyclic metadata': (store) => store.append('s', [{ type: 'T', data: 1, metadata: { cyclic } }]),
    'metadata that is no object': (store) =>
      store.append('s', [{ type: 'T', data: 1 }], { metadata: 'x' as never }),
    'metadata of an event that is a list': (store) =>
      store.append('s', [{ type: 'T', data: 1, metadata: [] as never }]),
    'no events at all': (store) => store.append('s', undefined as never),
    'an event that is none': (store) => store.append('s', [null as never]),
    'a type that is none': (store) => store.append('s', [{ type: 7 as never, data: 1 }]),
    'an empty type': (store) => store.append('s', '', 1),
    'an empty id': (store) => store.append('s', [{ type: 'T', data: 1, id: '' }]),
    'a name of 401 bytes': (store) => store.append(`${'ü'.repeat(200)}x`, 'T', 1),
    'an empty name': (store) => store.append('', 'T', 1),
    'a lone surrogate': (store) => store.append('\ud800', 'T', 1),
    'a name that is no string': (store) => store.getEvents(7 as never),
    'a commit id of 129 bytes': (store) =>
      store.append('s', [{ type: 'T', data: 1 }], { commitId: 'x'.repeat(129) }),
    'a direction of another name': (store) => store.read('s', { direction: 'up' as never }),
    'a count that is none': (store) => store.read('s', { maxCount: Number.NaN }),
    'a version that is none': (store) => store.getEventsAfter('s', -1),
    'no version to truncate before': (store) => store.truncateStream('s', 0),
  };
  for (const [name, act] of Object.entries(cases)) {
    it(name, async () => {
      const client = createMemoryStore();
      let writes = 0;
      const watched = {
        ...client,
        put(...call: Parameters<typeof client.put>) {
          writes += 1;
          return client.put(...call);
        },
      };
      const error = await act(new EventStore(watched)).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', outcome: 'not-applied' });
      expect(writes).toBe(0);
    });
  }

  it.each([
    ['"5"', '5'],
    ['5n', 5n],
    ['NaN', Number.NaN],
    ['[object Object]', Object.create(null)],
    ['Symbol(s)', Symbol('s')],
  ])('a version that is none, as what it is: %s', async (name, wrong) => {
    const store = new EventStore(createMemoryStore());
    const version = wrong as number;
    const event = { type: 'T', data: 1 };
    for (const [option, call] of [
      ['expected', () => store.append('s', [event], { expected: version })],
      ['from', () => store.read('s', { from: version })],
      ['afterVersion', () => store.getEventsAfter('s', version)],
    ] as const) {
      const named = {
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(`${option} is ${name}; use`),
      };
      await expect(call()).rejects.toMatchObject(named);
    }
    await expect(store.getEventsAfter('s', Number.MAX_SAFE_INTEGER)).rejects.toThrow('afterVersion is 9007');
  });

  it('a window of operations that would outgrow the record', async () => {
    const client = createMemoryStore();
    expect(() => new EventStore(client, { operationWindow: 1_025 })).toThrow(
      'operationWindow is 1025; use at most 1024',
    );
    const store = new EventStore(client, { operationWindow: 1_024 });
    const data = filler(250_000);
    const commits = Array.from({ length: 1_100 }, (_, number) => `${number}`.padStart(128, 'x'));
    await Promise.all(commits.map((commitId) => store.append('s', [{ type: 'T', data: 1 }], { commitId })));
    for (const number of [1, 2, 3]) await store.append('s', 'T', `${number}${data}`);
    expect(await store.version('s')).toBe(1_103);
    const { value } = await client.get('events:h:s');
    expect(value.length).toBeLessThan(2 ** 20);
  });

  it('options', () => {
    const client = createMemoryStore();
    for (const options of [
      { prefix: 'a:b' },
      { prefix: '' },
      { rollBytes: 0 },
      { rollBytes: 1e9 },
      { prefetch: 0 },
    ]) {
      expect(() => new EventStore(client, options)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
    }
  });

  it('the longest name works, with every kind of key', async () => {
    const name = 'ü'.repeat(200);
    const store = new EventStore(createMemoryStore(), { rollBytes: 1 });
    for (let version = 1; version <= 140; version += 1) await store.append(name, 'T', version);
    await store.append(name, [{ type: 'T', data: filler(700_000) }]);
    expect((await store.getEvents(name)).map(({ version }) => version)).toHaveLength(141);
  });

  it('names that look like keys do not meet', async () => {
    const store = new EventStore(createMemoryStore(), { rollBytes: 1 });
    const names = ['s', 's:1-1', 's:1-2', 'h:s', 'g:s:1-1', '__proto__', 'constructor'];
    for (const name of names) for (const data of [1, 2]) await store.append(name, 'T', `${name}${data}`);
    for (const name of names) {
      expect((await store.getEvents(name)).map(({ data }) => data)).toEqual([`${name}1`, `${name}2`]);
    }
  });

  it('a store without the guarantees, unless that is accepted', async () => {
    const weak = createMemoryStore({ capabilities: { atomicCas: false } });
    expect(() => new EventStore(weak)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
    const store = new EventStore(weak, { unsafeAllowNonAtomicCas: true });
    expect(await store.append('s', 'T', 1)).toMatchObject({ version: 1 });
  });
});

describe('stored values that are not right', () => {
  async function damaged(key: string, change: (text: string) => string): Promise<EventStore> {
    const client = createMemoryStore();
    const store = new EventStore(client, { rollBytes: 1 });
    for (let version = 1; version <= 130; version += 1) await store.append('s', 'T', version);
    const { value } = await client.get(key);
    await client.put(key, change(new TextDecoder().decode(value)));
    return new EventStore(Object.assign({}, client));
  }
  const head = 'events:h:s';
  const cases: Readonly<
    Record<string, readonly [key: string, change: (text: string) => string, message: RegExp]>
  > = {
    'a foreign value': [head, () => '{"version": 3}', /not a record of an event store/],
    'an empty value': [head, () => '', /not a record of an event store/],
    'a newer format': [
      head,
      (text) => text.replace('norikv-events:1', 'norikv-events:2'),
      /"norikv-events:2".*upgrade/,
    ],
    'a newer format of a segment': [
      'events:g:s:100-100',
      (text) => text.replace(':1 ', ':2 '),
      /"norikv-events:2".*upgrade/,
    ],
    'another kind': [head, (text) => text.replace('1 head', '1 lines'), /kind "lines", not "head"/],
    'a changed byte in the head': [
      head,
      (text) => text.replace('"last":130', '"last":131'),
      /damaged.*checksum/,
    ],
    'a changed byte in a segment': [
      'events:g:s:100-100',
      (text) => text.replace('"data":100', '"data":900'),
      /damaged.*checksum/,
    ],
    'a changed byte in an index page': [
      'events:x:s:1-1-64',
      (text) => text.replace('[7,7]', '[7,8]'),
      /damaged.*checksum/,
    ],
  };
  for (const [name, [key, change, message]] of Object.entries(cases)) {
    it(name, async () => {
      const store = await damaged(key, change);
      await expect(store.getEvents('s')).rejects.toMatchObject({
        code: 'CORRUPT_RECORD',
        message: expect.stringMatching(message),
        key,
      });
      if (key === head) {
        await expect(store.append('s', 'T', 1)).rejects.toMatchObject({
          code: 'CORRUPT_RECORD',
          outcome: 'not-applied',
        });
      }
    });
  }

  it('a record moved to another key', async () => {
    const client = createMemoryStore();
    const store = new EventStore(client, { rollBytes: 1 });
    for (const name of ['a', 'b'])
      for (let version = 1; version <= 130; version += 1) await store.append(name, 'T', version);
    const copy = async (from: string, to: string): Promise<unknown> =>
      client.put(to, (await client.get(from)).value);
    await copy('events:g:a:5-5', 'events:g:a:6-6');
    await expect(store.getEvents('a')).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    await copy('events:g:a:100-100', 'events:g:b:100-100');
    await expect(store.read('b', { from: 100 })).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    await copy('events:x:a:1-1-64', 'events:x:b:1-1-64');
    await expect(store.getEvents('b')).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    await copy('events:h:a', 'events:h:c');
    await expect(store.append('c', 'T', 1)).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    await client.delete('events:g:b:100-100');
    await expect(store.read('b', { from: 100 })).rejects.toMatchObject({
      code: 'CORRUPT_RECORD',
      message: expect.stringContaining('missing'),
    });
  });
});

it('a stream remembers as many commits by name as its record has room for, where values are small', async () => {
  const client = createMemoryStore({ capabilities: { maxValueBytes: 16 * 1_024 } });
  const store = new EventStore(client);
  const events = [{ type: 'T', data: filler(3_000) }];
  const commits = Array.from({ length: 100 }, (_, number) => `${number}`.padStart(128, 'x'));
  for (const commitId of commits) await store.append('s', events, { commitId });
  const known = await Promise.all(commits.map((commitId) => store.findCommit('s', commitId)));
  expect(known.map((commit) => commit?.version)).toEqual(
    commits.map((_, number) => (number < 84 ? undefined : number + 1)),
  );
});
