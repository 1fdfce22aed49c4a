import type { KvStore } from '@norikv/store';
import { countCalls, createMemoryStore, FakeClock } from '@norikv/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventStore, type NewEvent } from '../src/index.js';
import { onEachEngine } from './on-each-engine.js';

const numbered = (count: number): NewEvent[] =>
  Array.from({ length: count }, (_, index) => ({ type: 'N', data: index + 1 }));

async function filled(client: KvStore, count: number, rollBytes: number): Promise<EventStore> {
  const store = new EventStore(client, { rollBytes, prefetch: 3 });
  for (const event of numbered(count)) await store.append('s', [event]);
  return store;
}

onEachEngine('reading', (open) => {
  const bound = fc.option(fc.nat({ max: 400 }), { nil: undefined });

  for (const [rollBytes, count] of [
    [1, 300],
    [500, 300],
    [65_536, 60],
  ] as const) {
    it(`means the same at every seal, as array and as iterator (sealing at ${rollBytes} bytes)`, async () => {
      await using client = await open();
      const store = await filled(client, count, rollBytes);
      const all = await store.getEvents('s');
      expect(all.map(({ data }) => data)).toEqual(numbered(count).map(({ data }) => data));
      expect(all.map(({ version }) => version)).toEqual(all.map(({ data }) => data));
      await fc.assert(
        fc.asyncProperty(bound, bound, bound, fc.boolean(), async (from, to, maxCount, isBackward) => {
          const direction = isBackward ? 'backward' : 'forward';
          const inRange = all.filter(({ version }) => version >= (from ?? 1) && version <= (to ?? count));
          const expected = (isBackward ? inRange.reverse() : inRange).slice(0, maxCount);
          const slice = await store.read('s', { from, to, maxCount, direction });
          expect(slice).toEqual({ exists: true, version: count, since: 1, events: expected });
          const iterated = [];
          for await (const event of store.events('s', { from, to, maxCount, direction }))
            iterated.push(event);
          expect(iterated).toEqual(expected);
        }),
        { numRuns: 40 },
      );
    });
  }
});

describe('reading', () => {
  it('finds everything through several levels of index pages', async () => {
    const client = createMemoryStore();
    const store = new EventStore(client, { rollBytes: 1 });
    for (let version = 1; version <= 9_000; version += 1) await store.append('s', 'N', version);
    const events = await store.getEvents('s');
    expect(events.map(({ data }) => data)).toEqual(Array.from({ length: 9_000 }, (_, index) => index + 1));
    const backward = await store.read('s', { direction: 'backward', maxCount: 8_990 });
    expect(backward.events).toEqual(events.slice(10).reverse());
    expect((await client.get('events:h:s')).value.length).toBeLessThan(10_000);
  });

  it('of what is not there gives nothing', async () => {
    const store = await filled(createMemoryStore(), 0, 1);
    expect(await store.read('nobody')).toEqual({ exists: false, version: 0, since: 1, events: [] });
    expect(await store.version('nobody')).toBe(0);
    for await (const _ of store.events('nobody')) expect.unreachable();
  });

  it('refuses options that would be taken for others', async () => {
    const store = await filled(createMemoryStore(), 3, 1);
    await expect(store.read('s', null as never)).rejects.toThrow('options is null; use an object');
    await expect(store.read('s', { limit: 1 } as object)).rejects.toThrow(
      'an option is "limit"; use from, to, ',
    );
    await expect(store.read('s', { direction: 'back' as never })).rejects.toThrow('direction is "back"');
  });

  it('reads ahead no further than it should, and stops when the reader stops', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const writer = new EventStore(memory, { rollBytes: 1, clock });
    for (const { data } of numbered(100)) await writer.append('s', 'N', data);
    const client = countCalls(memory);
    const reader = new EventStore(client, { prefetch: 5, clock });
    for await (const { version } of reader.events('s')) if (version === 2) break;
    expect(client.calls.total).toBeLessThanOrEqual(1 + 1 + 7);
  });

  it('sees a consistent prefix while others append and seal', async () => {
    const memory = createMemoryStore();
    const writer = new EventStore(memory, { rollBytes: 1 });
    for (const { data } of numbered(50)) await writer.append('s', 'N', data);
    const read = [];
    for await (const { data } of new EventStore(countCalls(memory), { prefetch: 1 }).events('s')) {
      read.push(data);
      await writer.append('s', 'N', 'later');
    }
    expect(read).toEqual(numbered(50).map(({ data }) => data));
  });

  it('can be cancelled', async () => {
    const store = await filled(createMemoryStore(), 5, 1);
    const signal = AbortSignal.abort();
    await expect(store.events('s', { signal }).next()).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(store.getEvents('s', { signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(store.getEventsAfter('s', 2, { signal })).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it.each([1, 65_536])(
    'stops at once when cancelled, whatever was read ahead (sealing at %i bytes)',
    async (rollBytes) => {
      const store = await filled(createMemoryStore(), 20, rollBytes);
      for (const direction of ['forward', 'backward'] as const) {
        const controller = new AbortController();
        const { signal } = controller;
        const read: number[] = [];
        const reading = (async () => {
          for await (const { version } of store.events('s', { signal, direction })) {
            read.push(version);
            if (read.length === 3) controller.abort('enough');
          }
        })();
        await expect(reading).rejects.toMatchObject({
          code: 'CANCELLED',
          name: 'AbortError',
          cause: 'enough',
        });
        expect(read).toEqual(direction === 'forward' ? [1, 2, 3] : [20, 19, 18]);
      }
    },
  );

  it('gives arrays the options of reading', async () => {
    const store = await filled(createMemoryStore(), 5, 1);
    const backward = await store.getEvents('s', { direction: 'backward', maxCount: 2 });
    expect(backward.map(({ version }) => version)).toEqual([5, 4]);
    const after = await store.getEventsAfter('s', 1, { maxCount: 2 });
    expect(after.map(({ version }) => version)).toEqual([2, 3]);
    await expect(store.getEvents('s', { limit: 2 } as never)).rejects.toThrow('an option is "limit"');
  });
});
