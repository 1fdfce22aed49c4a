import { bytesToString, type KvStore, UnavailableError } from '@norikv/store';
import { countCalls, createMemoryStore } from '@norikv/testkit';
import { describe, expect, it, vi } from 'vitest';
import { EventFeed, EventStore } from '../src/index.js';
import { emptyHead, type Head, type Ref } from '../src/log/head.js';
import { logKeys } from '../src/log/log-keys.js';
import { applyRoll, rollsOf, tailRoll } from '../src/log/roll.js';
import { Sealer } from '../src/log/sealer.js';
import { Segments } from '../src/log/segments.js';

const lines = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => `line ${first + index}`);
const headWith = (first: number, last: number): Head => {
  const tail = lines(first, last);
  return { ...emptyHead('s', 10), last, lines: tail, tailBytes: tail.join('\n').length + 1 };
};

describe('a roll', () => {
  it('is taken in only where its lines still are', () => {
    const [roll] = tailRoll(headWith(1, 5), 3);
    expect(roll && applyRoll(headWith(1, 9), roll)).toMatchObject({ lines: lines(4, 9), index: [[[1, 3]]] });
    for (const other of [headWith(2, 9), headWith(4, 9), headWith(1, 2)]) {
      expect(roll && applyRoll(other, roll)).toBe(other);
    }
  });

  it('of an index page is taken in only where its references still are', () => {
    const refs = Array.from({ length: 128 }, (_, index): Ref => [index + 1, index + 1]);
    const head: Head = { ...emptyHead('s', 10), last: 128, index: [refs] };
    const [page] = rollsOf(head);
    expect(page).toMatchObject({ level: 1, first: 1, last: 64 });
    const paged = page && applyRoll(head, page);
    expect(paged).toMatchObject({ index: [refs.slice(64), [[1, 64]]] });
    for (const index of [[], [refs.slice(1)], [refs.slice(0, 10)]]) {
      const other: Head = { ...head, index };
      expect(page && applyRoll(other, page)).toBe(other);
    }
    expect(rollsOf({ ...emptyHead('s', 10), index: [] })).toEqual([]);
  });

  it.each([
    ['a quarter behind, and what is more than three quarters', [20, 20, 20, 20, 20, 20], 3],
    ['behind whatever came meanwhile', [20, 20, 20, 20, 20, 20, 20, 20], 3],
    ['no more behind than fills the tail', Array<number>(20).fill(20), 15],
    ['no line behind that is longer than what fills the tail', [10, 120], 2],
    ['nothing behind that need not leave', [10, 20, 70], 0],
  ])('leaves %s', (_, sizes, count) => {
    const tail = sizes.map((size) => 'x'.repeat(size - 1));
    const tailBytes = sizes.reduce((sum, size) => sum + size);
    const rolls = rollsOf({ ...emptyHead('s', 100), last: tail.length, lines: tail, tailBytes });
    expect(rolls[0]?.content.length ?? 0).toBe(count);
  });

  it('is taken in at once: the next append may be that of another process, and of none twice', async () => {
    const client = createMemoryStore();
    const segments = new Map<string, number>();
    const watched = (): KvStore => ({
      ...client,
      put(key, value, options) {
        if (String(key).startsWith('events:g:')) segments.set(String(key), value.length);
        return client.put(key, value, options);
      },
    });
    for (let number = 1; number <= 100; number += 1) {
      await new EventStore(watched(), { rollBytes: 1_000 }).append('s', 'T', number);
      expect((await client.get('events:h:s')).value.length).toBeLessThan(4_000);
    }
    const stored = [...segments.values()].reduce((sum, bytes) => sum + bytes);
    // An event takes some 100 bytes.
    expect(stored).toBeLessThan(15_000);
    expect(await new EventStore(client).getEvents('s')).toHaveLength(100);
  });

  it.each(['is taken out', 'cannot be taken out yet'])(
    'is in memory until it is in the head: %s',
    async (what) => {
      const head = { ...headWith(1, 5), rollBytes: 1 };
      let stored: Head = head;
      const sealer = new Sealer(
        new Segments(createMemoryStore(), logKeys('events')),
        async (_, transition) => {
          if (what !== 'is taken out') throw new UnavailableError('away');
          const change = transition(stored, 0);
          stored = change.state ?? stored;
        },
      );
      await sealer.sealIfLong(head);
      const [kept, gone] =
        what === 'is taken out' ? [sealer.rolled(head), stored] : [stored, sealer.rolled(head)];
      expect([kept.lines, gone.lines]).toEqual([head.lines, []]);
    },
  );

  it('is written once for many callers', async () => {
    const client = countCalls(createMemoryStore({ latencyMs: 1 }));
    const store = new EventStore(client, { rollBytes: 1 });
    await Promise.all(Array.from({ length: 50 }, (_, number) => store.append('s', 'T', number)));
    expect(client.calls.put).toBeLessThanOrEqual(4);
    expect(await new EventStore(countCalls(client)).getEvents('s')).toHaveLength(50);
  });
});

it('rollBytes is what the first event came with, though a sweep made the record', async () => {
  const client = createMemoryStore();
  const feed = new EventFeed(client, { publishSoon: false, quietMs: 0 });
  const enter = feed.enter.bind(feed);
  vi.spyOn(feed, 'enter').mockImplementationOnce(async (...call) => {
    const fence = await enter(...call);
    await feed.sweep();
    return fence;
  });
  const rollBytesOf = async (): Promise<string | undefined> =>
    /"rollBytes":(\d+)/.exec(bytesToString((await client.get('events:h:s')).value))?.[1];
  await new EventStore(client, { feed, rollBytes: 100 }).append('s', 'T', 1);
  expect(await rollBytesOf()).toBe('100');
  await new EventStore(client, { feed, rollBytes: 200 }).append('s', 'T', 1);
  expect(await rollBytesOf()).toBe('100');
});
