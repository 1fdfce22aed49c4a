import { runInNewContext } from 'node:vm';
import { createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { EventFeed, EventStore, Projection, type Reducer, SnapshotStore } from '../src/index.js';

class Money {
  readonly amount = 1;
}

class Amounts extends Array<number> {}

/** What JSON would give back as something else. */
const altered: readonly (readonly [name: string, state: unknown])[] = [
  ['it is [object Date]', new Date(0)],
  ['it is [object Map]', new Map([[1, 2]])],
  ['"seen" is [object Set]', { seen: new Set([1]) }],
  ['"total" is NaN', { total: Number.NaN }],
  ['"last" is [object Object]', { last: new Money() }],
  ['"last" is [object Object]', { last: { toJSON: () => 1 } }],
  ['"last" is [object Object]', { last: Object.create({ inherited: 1 }) }],
  [
    '"last" is [object Object]',
    { last: Object.create(Object.assign(Object.create(null), { inherited: 1 })) },
  ],
  ['"last" is () => 1', { last: Object.assign(() => 1, { toJSON: () => 1 }) }],
  ['it is [object Array]', Amounts.from([1])],
  ['"list" has "note"', { list: Object.assign([1], { note: 'x' }) }],
  ['"list" has Symbol(note)', { list: Object.assign([1], { [Symbol('note')]: 'x' }) }],
  ['it has Symbol(count)', { [Symbol('count')]: 1 }],
  [
    '"0" has "total"',
    [
      {
        get total() {
          return 1;
        },
      },
    ],
  ],
  ['it has "hidden"', Object.defineProperty({ seen: 1 }, 'hidden', { value: 1 })],
  ['JSON', undefined],
  ['1n', 1n],
];

describe.each(altered)('state that JSON would alter is refused where it is kept: %s', (name, state) => {
  const reducer: Reducer<unknown> = { name: 'r', revision: '1', initial: () => null, evolve: () => state };
  const refused = { code: 'INVALID_ARGUMENT', message: expect.stringContaining(name) };

  it('inline', async () => {
    const store = new EventStore(createMemoryStore(), { inline: [reducer] });
    await expect(store.append('a', 'T', 1)).rejects.toMatchObject(refused);
    expect(await store.version('a')).toBe(0);
  });

  it('in a snapshot store', async () => {
    const snapshots = new SnapshotStore(createMemoryStore());
    await expect(snapshots.save('a', reducer, { state, version: 1 })).rejects.toMatchObject(refused);
    expect(await snapshots.get('a', 'r')).toBeUndefined();
  });

  it('in a projection', async () => {
    const client = createMemoryStore();
    const feed = new EventFeed(client);
    const store = new EventStore(client, { feed });
    await store.append('a', 'T', 1);
    await using projection = new Projection<unknown>(feed, store, { ...reducer, keyOf: () => 'all' });
    await expect(projection.caughtUp()).rejects.toMatchObject(refused);
    expect(await projection.get('all')).toBeUndefined();
  });
});

it('state of plain data is kept, whatever realm or lack of a prototype it has', async () => {
  const foreign: unknown = runInNewContext('({ deep: null, all: [2] })');
  const plain = Object.assign(Object.create(null), { list: [1, foreign], text: '', left: undefined });
  const snapshots = new SnapshotStore(createMemoryStore());
  expect(await snapshots.save('a', { name: 'r', revision: '1' }, { state: plain, version: 0 })).toBe(true);
  expect((await snapshots.get('a', 'r'))?.state).toEqual({ list: [1, { deep: null, all: [2] }], text: '' });
});

it.each(['3', 3n, -1, 1.5, Number.NaN, undefined])('a snapshot of version %s is refused', async (version) => {
  const snapshots = new SnapshotStore(createMemoryStore());
  const saved = snapshots.save('a', { name: 'r', revision: '1' }, { state: 1, version: version as number });
  await expect(saved).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(/^version is /),
  });
});
