import { createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { createErasure, EventStore } from '../src/index.js';

describe('data of an event', () => {
  const lossy: Readonly<Record<string, unknown>> = {
    NaN: Number.NaN,
    Infinity: Number.POSITIVE_INFINITY,
    '[object Map]': new Map([[1, 2]]),
    '[object Set]': new Set([1]),
    '[object Uint8Array]': new Uint8Array(2),
    '[object RegExp]': /x/,
    '[object Date]': new Date(Number.NaN),
    'Symbol(s)': Symbol('s'),
    'Symbol(key)': { [Symbol('key')]: 1 },
    '"note"': Object.assign([1, 2], { note: 'beside' }),
    '() => 1': () => 1,
    '1n': 1n,
  };
  for (const [name, value] of Object.entries(lossy)) {
    it(`that JSON would alter is refused: ${name}`, async () => {
      const client = createMemoryStore();
      const protection = createErasure(client, { subjectOf: () => 'subject' });
      for (const store of [new EventStore(client), new EventStore(client, { protection, prefix: 'p' })]) {
        const refused = { code: 'INVALID_ARGUMENT', message: expect.stringContaining(name) };
        await expect(store.append('s', 'T', value)).rejects.toMatchObject(refused);
        await expect(store.append('s', 'T', { a: [{ b: value }] })).rejects.toMatchObject(refused);
        await expect(store.append('s', [{ type: 'T', data: 1, metadata: { value } }])).rejects.toMatchObject(
          refused,
        );
        expect(await store.streamExists('s')).toBe(false);
      }
    });
  }

  it('and options that a list of events would need are refused', async () => {
    const store = new EventStore(createMemoryStore());
    const append = store.append.bind(store) as (...given: unknown[]) => Promise<unknown>;
    await expect(append('s', 'T', 1, { expected: 'none' })).rejects.toThrow('use them with a list of events');
    expect(await store.streamExists('s')).toBe(false);
  });

  it('in a list is not left out', async () => {
    const store = new EventStore(createMemoryStore());
    await expect(store.append('s', 'T', [1, undefined])).rejects.toThrow('"1" is undefined');
  });

  it('that JSON can say is stored as it says', async () => {
    class Point {
      readonly x = 1;
    }
    class Points extends Array<Point> {}
    const store = new EventStore(createMemoryStore());
    const at = new Date(0);
    await store.append('s', 'T', {
      at,
      point: Object.defineProperty(new Point(), Symbol('hidden'), { value: 1 }),
      points: Object.defineProperty(Points.of(new Point()), 'hidden', { value: 1 }),
      get sum() {
        return 3;
      },
      left: undefined,
      none: null,
      list: [0, ''],
      yes: true,
    });
    const [stored] = await store.getEvents('s');
    expect(stored?.data).toStrictEqual({
      at: at.toJSON(),
      point: { x: 1 },
      points: [{ x: 1 }],
      sum: 3,
      none: null,
      list: [0, ''],
      yes: true,
    });
  });
});

it('two events of one append cannot have one id', async () => {
  const store = new EventStore(createMemoryStore());
  const twin = { type: 'T', data: 1, id: 'x' };
  const refused = { code: 'INVALID_ARGUMENT', message: expect.stringContaining('"x"') };
  await expect(store.append('s', [twin, twin])).rejects.toMatchObject(refused);
  await expect(
    store.append(
      's',
      [
        { ...twin, id: 'c:1' },
        { type: 'T', data: 2 },
      ],
      { commitId: 'c' },
    ),
  ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  expect(await store.streamExists('s')).toBe(false);
});
