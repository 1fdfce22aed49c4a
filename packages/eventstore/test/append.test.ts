import { countCalls, createMemoryStore, withFaults } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { type AppendOptions, EventStore, type NewEvent } from '../src/index.js';
import { onEachEngine } from './on-each-engine.js';
import { sealingOnly } from './schedules/sealing-only.js';

const event = (id: number | string, data: unknown = null): NewEvent => ({
  id: `e${id}`,
  type: 'Happened',
  data,
});

onEachEngine('append', (open) => {
  it('adds a batch as one, with versions from 1 and what was given', async () => {
    await using client = await open();
    const store = new EventStore(client);
    const events = [
      event(0, { a: [1, 'ü', null] }),
      { type: 'Other', data: 7, metadata: { causationId: 'c' } },
    ];
    const result = await store.append('s', events, { metadata: { correlationId: 'x' } });
    expect(result).toMatchObject({ version: 2, isDuplicate: false });
    expect(result.events).toMatchObject([
      {
        id: 'e0',
        aggregateId: 's',
        type: 'Happened',
        data: { a: [1, 'ü', null] },
        version: 1,
        metadata: { correlationId: 'x' },
      },
      { type: 'Other', data: 7, version: 2, metadata: { causationId: 'c', correlationId: 'x' } },
    ]);
    expect(await store.getEvents('s')).toEqual(result.events);
  });

  const states = {
    absent: async () => {},
    present: (store: EventStore) => store.append('s', [event(0)]),
    deleted: async (store: EventStore) => {
      await store.append('s', [event(0)]);
      await store.deleteStream('s');
    },
  };
  const accepted = {
    absent: { any: true, none: true, exists: false, 0: true, 1: false, 2: false },
    present: { any: true, none: false, exists: true, 0: false, 1: true, 2: false },
    deleted: { any: true, none: true, exists: false, 0: true, 1: false, 2: false },
  };
  for (const [state, expectations] of Object.entries(accepted)) {
    for (const [name, isAccepted] of Object.entries(expectations)) {
      const expected = (Number.isNaN(Number(name)) ? name : Number(name)) as AppendOptions['expected'];
      it(`on a stream that is ${state}, expecting ${name}, is ${isAccepted ? 'done' : 'refused'}`, async () => {
        await using client = await open();
        const store = new EventStore(client);
        await states[state as keyof typeof states](store);
        const version = state === 'present' ? 1 : 0;
        const last = state === 'absent' ? 0 : 1;
        const appending = store.append('s', [event(1), event(2)], { expected });
        if (isAccepted) expect(await appending).toMatchObject({ version: last + 2 });
        else await expect(appending).rejects.toMatchObject({ code: 'STREAM_CONFLICT', version, expected });
        await store.append('other', [event(9)]);
        const first = state === 'present' ? 1 : 0;
        expect(await store.getEvents('s')).toHaveLength(first + (isAccepted ? 2 : 0));
      });
    }
  }

  it('of nothing does nothing, but checks what is expected', async () => {
    await using client = await open();
    const store = new EventStore(client);
    expect(await store.append('s', [])).toEqual({ version: 0, events: [], isDuplicate: false });
    expect(await store.streamExists('s')).toBe(false);
    await expect(store.append('s', [], { expected: 'exists' })).rejects.toMatchObject({
      code: 'STREAM_CONFLICT',
    });
    await store.append('s', [event(1)]);
    expect(await store.append('s', [], { expected: 1 })).toMatchObject({ version: 1 });
  });

  it('that conflicts tells the current version and the events in between', async () => {
    await using client = await open();
    const [one, two] = [new EventStore(client), new EventStore(countCalls(client))];
    await one.append('s', [event(1)]);
    await two.append('s', [event(2), event(3)]);
    const conflict = one.append('s', [event(4)], { expected: 1 });
    const error = await conflict.catch((refusal: unknown) => refusal);
    expect(Object.keys(Object(error))).not.toContain('events');
    await expect(conflict).rejects.toMatchObject({
      code: 'STREAM_CONFLICT',
      outcome: 'not-applied',
      aggregateId: 's',
      expected: 1,
      version: 3,
      events: [
        { id: 'e2', version: 2 },
        { id: 'e3', version: 3 },
      ],
    });
    await expect(one.append('s', [event(4)], { expected: 9 })).rejects.toMatchObject({
      version: 3,
      events: [],
    });
  });
});

onEachEngine('repeating an append', (open) => {
  type Step = readonly [ids: readonly number[], expected: AppendOptions['expected']];
  const one = (id: number, expected: AppendOptions['expected']): Step => [[id], expected];
  const six: readonly Step[] = [one(0, 'none'), one(1, 1), one(2, 2), one(3, 3), one(4, 4), one(5, 5)];
  const pair: Step = [[0, 1], 'none'];
  const matrix: readonly (readonly [name: string, steps: readonly Step[], end: number | 'conflict'])[] = [
    ['the first at none is recognised', [...six, one(0, 'none')], 6],
    ['the first at any is recognised', [...six, one(0, 'any')], 6],
    ['the first at the current version is appended', [...six, one(0, 6)], 7],
    ['the first beyond the current version conflicts', [...six, one(0, 7)], 'conflict'],
    ['the first at a wrong version conflicts', [...six, one(0, 5)], 'conflict'],
    ['the only one at the current version is appended', [one(0, 'none'), one(0, 1)], 2],
    ['the only one at any is recognised', [one(0, 'none'), one(0, 'any')], 1],
    ['the only one at none is recognised', [one(0, 'none'), one(0, 'none')], 1],
    ['a middle one at any, twice, is recognised', [...six.slice(0, 3), one(1, 'any'), one(1, 'any')], 3],
    ['a prefix of a batch at none is recognised', [pair, one(0, 'none')], 2],
    ['a prefix of a batch at any is recognised', [pair, one(0, 'any')], 2],
    ['a suffix of a batch at its version is recognised', [pair, one(1, 1)], 2],
    ['a suffix of a batch at any is recognised', [pair, one(1, 'any')], 2],
    ['more than was stored conflicts', [pair, [[0, 1, 2], 'none']], 'conflict'],
  ];
  // Sealed at once, sealed now and then, never sealed: what is recognised at a version must not depend on it.
  for (const rollBytes of [1, 200, 65_536]) {
    for (const [name, steps, end] of matrix) {
      if (rollBytes < 65_536 && steps.at(-1)?.[1] === 'any') continue;
      it(`${name} (sealing at ${rollBytes} bytes)`, async () => {
        await using client = await open();
        const store = new EventStore(client, { rollBytes });
        for (const [ids, expected] of steps.slice(0, -1))
          await store.append(
            's',
            ids.map((id) => event(id)),
            { expected },
          );
        const before = await store.getEvents('s');
        const [ids, expected] = steps.at(-1) ?? pair;
        const last = store.append(
          's',
          ids.map((id) => event(id)),
          { expected },
        );
        if (end === 'conflict') await expect(last).rejects.toMatchObject({ code: 'STREAM_CONFLICT' });
        else expect(await last).toMatchObject({ isDuplicate: end === before.length });
        const after = await store.getEvents('s');
        expect(after).toHaveLength(end === 'conflict' ? before.length : end);
        expect(after.slice(0, before.length)).toEqual(before);
        if (end === before.length)
          expect((await last).events.map(({ id }) => id)).toEqual(ids.map((id) => `e${id}`));
      });
    }
  }
});

describe('repeating an append', () => {
  it('with any, events that are only partly there conflict', async () => {
    const store = new EventStore(createMemoryStore());
    await store.append('s', [event(1), event(2)]);
    for (const ids of [
      [0, 1],
      [2, 3],
      [1, 3],
    ]) {
      await expect(
        store.append(
          's',
          ids.map((id) => event(id)),
        ),
      ).rejects.toMatchObject({
        code: 'STREAM_CONFLICT',
        message: expect.stringContaining('has some of these events, and not the others'),
      });
    }
    expect(await store.version('s')).toBe(2);
  });

  it('with any, events are recognised after the tail was sealed, though they are large', async () => {
    const client = createMemoryStore();
    const store = new EventStore(client);
    const large = (number: number): NewEvent => event(number, 'x'.repeat(20_000));
    for (const number of [1, 2, 3, 4]) await store.append('s', [large(number)]);
    expect(await store.append('s', [large(4)])).toMatchObject({ version: 4, isDuplicate: true });
    await store.append('s', [event(5)]);
    expect(await store.append('s', [event(5)])).toMatchObject({ version: 5, isDuplicate: true });
    expect((await client.get('events:h:s')).value.length).toBeLessThan(45_000);
  });

  it('with any, the newest events are recognised after many processes of one append each have filled the tail', async () => {
    const client = createMemoryStore();
    const append = (id: string, bytes = 0) =>
      new EventStore(sealingOnly(client)).append('s', [event(id, 'x'.repeat(bytes))]);
    // Each seals the tail, and ends before it could take that out of the record.
    for (let number = 1; number <= 17; number += 1) await append(`${number}`, 30_000);
    await append('small');
    await append('last', 14_000);
    expect(await append('last', 14_000)).toMatchObject({ version: 19, isDuplicate: true });
    expect(await append('small')).toMatchObject({ version: 18, isDuplicate: true });
  });

  it.each([1, 65_536])(
    'is recognised after the stream was archived (sealing at %i bytes)',
    async (rollBytes) => {
      const client = createMemoryStore();
      const store = new EventStore(client, { rollBytes });
      await store.append('s', [event(1)], { expected: 'none' });
      await store.append('s', [event(2)], { expected: 1 });
      await store.append('s', [event(3)]);
      await store.archiveStream('s');
      const again = new EventStore(countCalls(client));
      expect(await again.append('s', [event(2)], { expected: 1 })).toMatchObject({
        version: 2,
        events: [{ id: 'e2' }],
        isDuplicate: true,
      });
      for (const options of [{ expected: 1 }, { expected: 3 }, { expected: 'any' }] as const) {
        await expect(again.append('s', [event(4)], options)).rejects.toMatchObject({ code: 'STREAM_CLOSED' });
      }
    },
  );

  it('with other content under the same id is an error', async () => {
    const store = new EventStore(createMemoryStore());
    await store.append('s', [event(1, 'first')]);
    for (const expected of ['any', 'none'] as const) {
      await expect(store.append('s', [event(1, 'other')], { expected })).rejects.toMatchObject({
        code: 'ID_REUSED',
      });
    }
    await store.append('s', [{ type: 'A', data: 1 }], { commitId: 'c' });
    const reused = store.append('s', [{ type: 'A', data: 2 }], { commitId: 'c' });
    await expect(reused).rejects.toMatchObject({ code: 'ID_REUSED' });
    expect(await store.version('s')).toBe(2);
  });

  it('by commit id is recognised from any process and at any expectation, and answers the same', async () => {
    const client = createMemoryStore();
    const events = [
      { type: 'A', data: 1 },
      { type: 'B', data: 2 },
    ];
    const first = await new EventStore(client).append('s', events, { commitId: 'c', expected: 'none' });
    const store = new EventStore(countCalls(client), { rollBytes: 1 });
    await store.append('s', [event(1), event(2)]);
    for (const expected of ['none', 'any', 'exists', 0, 4] as const) {
      const again = await store.append('s', events, { commitId: 'c', expected });
      expect(again).toEqual({ ...first, isDuplicate: true });
    }
    expect(await store.version('s')).toBe(4);
  });

  it('after the stream went on, at an exact version, is recognised however old', async () => {
    const store = new EventStore(createMemoryStore(), { rollBytes: 300 });
    for (let id = 0; id < 500; id += 1) await store.append('s', [event(id)], { expected: id });
    expect(await store.append('s', [event(7)], { expected: 7 })).toMatchObject({
      isDuplicate: true,
      version: 8,
    });
    await expect(store.append('s', [event(7)], { expected: 8 })).rejects.toMatchObject({
      code: 'STREAM_CONFLICT',
    });
    await expect(store.append('s', [event(7, 1)], { expected: 7 })).rejects.toMatchObject({
      code: 'ID_REUSED',
    });
  });

  it('seals nothing that it only tried to append', async () => {
    const client = createMemoryStore();
    const own = countCalls(client);
    const one = new EventStore(own, { rollBytes: 1 });
    const two = new EventStore(countCalls(client));
    const repeated = [{ type: 'T', data: 'repeated' }];
    await one.append('s', 'T', 'first');
    await two.append('s', 'T', 'other');
    await two.append('s', repeated, { commitId: 'c' });
    own.reset();
    expect(await one.append('s', repeated, { commitId: 'c' })).toMatchObject({
      isDuplicate: true,
      version: 3,
    });
    expect(own.calls.put).toBe(1);
    await one.append('s', 'T', 'last');
    await two.append('s', 'T', 'very last');
    const events = await one.getEvents('s');
    expect(events.map(({ data }) => data)).toEqual(['first', 'other', 'repeated', 'last', 'very last']);
  });

  it('that cannot be read back is not called failed', async () => {
    const faulty = withFaults(createMemoryStore());
    const store = new EventStore(faulty);
    await store.append('s', [event(1)], { commitId: 'c' });
    faulty.faults.next('get', undefined, 'lost-reply');
    const again = store.append('s', [event(1)], { commitId: 'c' });
    await expect(again).rejects.toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
  });

  it('at the same time, from two processes, appends once', async () => {
    const client = createMemoryStore({ latencyMs: 1 });
    const results = await Promise.all(
      [1, 2, 3].map(() =>
        new EventStore(countCalls(client)).append('s', [{ type: 'A', data: 1 }], { commitId: 'c' }),
      ),
    );
    expect(results.filter(({ isDuplicate }) => !isDuplicate)).toHaveLength(1);
    expect(new Set(results.map(({ events }) => JSON.stringify(events))).size).toBe(1);
  });
});
