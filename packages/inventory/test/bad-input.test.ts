import { createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { InventoryManager, type InventoryOptions, reservationId } from '../src/index.js';
import { json, onEveryEngine } from './support/engines.js';

const notWhole = [
  Number.NaN,
  0.5,
  Number.POSITIVE_INFINITY,
  '3' as unknown as number,
  undefined as unknown as number,
];
const badQuantities = [...notWhole, 0, -1, 1_000_000_001];
const badNames = ['', 'x'.repeat(257), '\ud800', 7 as unknown as string, null as unknown as string];
const badTtls = [Number.NaN, 0, -1, 0.5, 30 * 86_400_000 + 1];

onEveryEngine('bad input', (open) => {
  it('gets an error that names it, and changes nothing', async () => {
    const { inventory, store } = await open();
    await inventory.createItem('SKU-1', 10);
    const id = await inventory.reserve('SKU-1', 5);
    const before = await store.get('inventory:SKU-1');
    store.reset();

    const calls: (readonly [option: string, call: () => Promise<unknown>])[] = [
      ...badQuantities.flatMap((quantity) => [
        ['quantity', () => inventory.reserve('SKU-1', quantity)] as const,
        ['quantity', () => inventory.tryReserve('SKU-1', quantity)] as const,
        ['quantity', () => inventory.restock('SKU-1', quantity)] as const,
        ['quantity of SKU-1', () => inventory.reserveAll([{ sku: 'SKU-1', quantity }])] as const,
      ]),
      ...badQuantities
        .filter((quantity) => quantity !== undefined)
        .map((quantity) => ['quantity', () => inventory.commit(id, { quantity })] as const),
      ...notWhole.map((delta) => ['delta', () => inventory.adjust('SKU-1', delta)] as const),
      ...[...notWhole, -1].map(
        (initial) => ['initialQuantity', () => inventory.createItem('new', initial)] as const,
      ),
      ['minAvailable', () => inventory.createItem('new', 1, { minAvailable: 0.5 })],
      ...badNames.flatMap((sku) => [
        ['sku', () => inventory.reserve(sku, 1)] as const,
        ['sku', () => inventory.createItem(sku, 1)] as const,
        ['sku', () => inventory.getAvailable(sku)] as const,
        ['sku', () => inventory.reserveAll([{ sku, quantity: 1 }])] as const,
      ]),
      ...badNames
        .filter((location) => location !== null)
        .map((location) => ['location', () => inventory.get('SKU-1', { location })] as const),
      ['location', () => inventory.get('SKU-1', { location: 'x'.repeat(65) })],
      ...badNames.map((chosen) => ['id', () => inventory.reserve('SKU-1', 1, { id: chosen ?? '' })] as const),
      ['id', () => inventory.reserve('SKU-1', 1, { id: 'x'.repeat(65) })],
      ['id', () => inventory.reserve('SKU-1', 1, { id: null as never })],
      ['lines', () => inventory.tryReserveAll(null as never)],
      ['lines', () => inventory.reserveAll({ sku: 'SKU-1', quantity: 1 } as never)],
      ['a line', () => inventory.tryReserveAll([null as never])],
      ['a line', () => inventory.tryReserveAll(['SKU-1' as never])],
      ['id', () => inventory.reserve('SKU-1', 1, { id: ':'.repeat(22) })],
      ...badTtls.flatMap((ttlMs) => [
        ['ttlMs', () => inventory.reserve('SKU-1', 1, { ttlMs })] as const,
        ['ttlMs', () => inventory.extend(id, ttlMs)] as const,
      ]),
      ...[
        '',
        'x',
        'SKU-1',
        'a@b@c:d',
        'a#x:d',
        'a#01:d',
        'a%zz@:d',
        '11f0-uuid',
        7 as unknown as string,
      ].flatMap((bad) => [
        ['reservationId', () => inventory.commit(bad)] as const,
        ['reservationId', () => inventory.release(bad)] as const,
        ['reservationId', () => inventory.extend(bad, 1)] as const,
      ]),
      ['reason', () => inventory.adjust('SKU-1', 1, { reason: 'x'.repeat(65) })],
      ['opId', () => inventory.restock('SKU-1', 1, { opId: 'x'.repeat(65) })],
      ['ref', () => inventory.restock('SKU-1', 1, { ref: '' })],
      ...[1, 65, Number.NaN].map((buckets) => ['buckets', () => inventory.split('SKU-1', buckets)] as const),
      [
        'quantity of SKU-1, summed',
        () =>
          inventory.reserveAll([
            { sku: 'SKU-1', quantity: 1_000_000_000 },
            { sku: 'SKU-1', quantity: 1 },
          ]),
      ],
    ];
    for (const [option, call] of calls) {
      await expect(call(), `${option}: ${call}`).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(new RegExp(`^${option}(?:, \\d+ bytes long,)? is .*; use `)),
      });
    }
    expect(store.calls.total).toBe(0);
    expect(await store.get('inventory:SKU-1')).toEqual(before);
  });

  it.each(['not JSON', '[]', 'null', '{}', '17', '"text"'])(
    'in the record gets a named error: %s',
    async (text) => {
      const { inventory, store } = await open();
      await store.put('inventory:SKU-1', text);
      const before = await store.get('inventory:SKU-1');
      for (const call of [
        () => inventory.getAvailable('SKU-1'),
        () => inventory.get('SKU-1'),
        () => inventory.createItem('SKU-1', 1, { upsert: true }),
        () => inventory.reserve('SKU-1', 1),
        () => inventory.commit('SKU-1:order-1'),
        () => inventory.adjust('SKU-1', 1),
        () => inventory.sweep('SKU-1'),
        () => inventory.split('SKU-1', 2),
        () => inventory.removeItem('SKU-1', { force: true }),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'CORRUPT_RECORD', outcome: 'not-applied' });
      }
      expect(await store.get('inventory:SKU-1')).toEqual(before);
    },
  );

  it.each([
    { inventory: 2, onHand: 5 },
    { inventory: 1 },
    { inventory: 1, onHand: 'five' },
    { inventory: 1, onHand: 1, buckets: 0 },
    { inventory: 1, onHand: 1, buckets: 65 },
    { inventory: 1, onHand: 1, received: { 1: 'x' } },
    { inventory: 1, onHand: 1, outgoing: { number: 1 } },
    { inventory: 1, onHand: 1, audit: [{ at: 1 }] },
    { inventory: 1, onHand: 1, audit: [{ at: 1, delta: 1 }] },
    { inventory: 1, onHand: 1, audit: [{ at: 1, delta: '1', reason: 'r' }] },
    { inventory: 1, onHand: 1, audit: [{ at: 'now', delta: 1, reason: 'r' }] },
    { inventory: 1, onHand: 1, audit: 5 },
    { inventory: 1, onHand: 1, reservations: {} },
    { inventory: 1, onHand: 1, reservations: [[1, 1, 1]] },
    { inventory: 1, onHand: 1, reservations: [['a', 0, 1]] },
    { inventory: 1, onHand: 1, reservations: [['a', 1, null]] },
    { inventory: 1, onHand: 1, reservations: [['a', 1, 1, 'sold']] },
    { sku: 'SKU-1', quantity: 1.5, reserved: 0, lastUpdated: 1 },
    { sku: 'SKU-1', quantity: 1, reserved: 0 },
  ])('that is almost a record is none: %j', async (record) => {
    const { inventory, store } = await open();
    await store.put('inventory:SKU-1', json(record));
    await expect(inventory.adjust('SKU-1', 1)).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    expect((await store.get('inventory:SKU-1')).value).toEqual(json(record));
  });

  it('that no number can count is refused', async () => {
    const { inventory, store } = await open();
    await store.put('inventory:SKU-1', json({ inventory: 1, onHand: Number.MAX_SAFE_INTEGER }));
    await expect(inventory.adjust('SKU-1', 1)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await inventory.getAvailable('SKU-1')).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('the constructor', () => {
  const store = createMemoryStore();

  it.each<readonly [string, InventoryOptions]>([
    ['prefix', { prefix: '' }],
    ['prefix', { prefix: 'a:b' }],
    ['prefix', { prefix: 'x'.repeat(33) }],
    ['ttlMs', { ttlMs: 0 }],
    ['graceMs', { graceMs: -1 }],
    ['clockSkewMs', { clockSkewMs: 0.5 }],
    ['maxReservations', { maxReservations: 0 }],
    ['maxReservations', { maxReservations: 6_000 }],
    ['maxBatch', { maxBatch: 0 }],
    ['clock.now', { clock: { now: 3 } as never }],
    ['newId', { newId: 'order-1' as never }],
    ['newId', { newId: null as never }],
  ])('refuses a bad %s', (option, options) => {
    expect(() => new InventoryManager(store, options)).toThrow(
      new RegExp(`^${option}(?:, \\d+ bytes long,)? is `),
    );
  });

  it.each([null, 'fast', 7, []])('refuses options that are none: %j', (options) => {
    expect(() => new InventoryManager(store, options as never)).toThrow(/^options is /);
  });

  it('refuses an id maker that makes none', async () => {
    const inventory = new InventoryManager(store, { newId: () => '' });
    await inventory.createItem('SKU-1', 1);
    await expect(inventory.reserve('SKU-1', 1)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it.each(['atomicCas', 'createIfAbsent', 'linearizableReads'] as const)(
    'refuses a store without %s',
    async (guarantee) => {
      const weak = createMemoryStore({ capabilities: { [guarantee]: false } });
      expect(() => new InventoryManager(weak)).toThrow(
        expect.objectContaining({
          code: 'UNSUPPORTED',
          message: expect.stringContaining(`${guarantee}, which InventoryManager`),
        }),
      );
      expect(new InventoryManager(weak, { unsafeAllowNonAtomicCas: true })).toBeInstanceOf(InventoryManager);
    },
  );

  it('takes a store that declares nothing only if told so', () => {
    const { get, put, delete: remove } = store;
    const bare = { get, put, delete: remove };
    expect(() => new InventoryManager(bare)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
    expect(new InventoryManager(bare, { unsafeAllowNonAtomicCas: true })).toBeInstanceOf(InventoryManager);
  });

  it('keeps apart what has another prefix', async () => {
    const [one, two] = ['one', 'two'].map((prefix) => new InventoryManager(store, { prefix }));
    await one?.createItem('SKU-1', 1);
    await two?.createItem('SKU-1', 2);
    expect(await one?.getAvailable('SKU-1')).toBe(1);
    expect((await store.get('two:SKU-1')).value.length).toBeGreaterThan(0);
  });
});

describe('what is passed in the place of the options', () => {
  it.each<readonly [string, (inventory: InventoryManager, options: never) => Promise<unknown>]>([
    ['createItem', (inventory, options) => inventory.createItem('SKU-2', 1, options)],
    ['reserve', (inventory, options) => inventory.reserve('SKU-1', 1, options)],
    ['tryReserve', (inventory, options) => inventory.tryReserve('SKU-1', 1, options)],
    ['reserveAll', (inventory, options) => inventory.reserveAll([{ sku: 'SKU-1', quantity: 1 }], options)],
    ['commit', (inventory, options) => inventory.commit('SKU-1:order-1', options)],
    ['release', (inventory, options) => inventory.release('SKU-1:order-1', options)],
    ['extend', (inventory, options) => inventory.extend('SKU-1:order-1', 900_000, options)],
    ['adjust', (inventory, options) => inventory.adjust('SKU-1', 1, options)],
    ['restock', (inventory, options) => inventory.restock('SKU-1', 1, options)],
    ['getAvailable', (inventory, options) => inventory.getAvailable('SKU-1', options)],
    ['get', (inventory, options) => inventory.get('SKU-1', options)],
    ['split', (inventory, options) => inventory.split('SKU-1', 2, options)],
    ['sweep', (inventory, options) => inventory.sweep('SKU-1', options)],
    ['removeItem', (inventory, options) => inventory.removeItem('SKU-3', options)],
  ])('is refused by %s, which would otherwise do without', async (_call, run) => {
    const inventory = new InventoryManager(createMemoryStore());
    await inventory.createItem('SKU-1', 5);
    await inventory.createItem('SKU-3', 3);
    await inventory.reserve('SKU-1', 2, { id: 'order-1' });
    const before = await inventory.get('SKU-1');
    for (const misplaced of ['order-17', 1]) {
      await expect(run(inventory, misplaced as never)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/^options is ("order-17"|1); use an object/),
      });
    }
    expect(await inventory.get('SKU-1')).toEqual(before);
    expect(await inventory.getAvailable('SKU-3')).toBe(3);
    await expect(inventory.get('SKU-2')).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND' });
  });
});

describe('a misspelt option', () => {
  it.each<readonly [string, (inventory: InventoryManager, options: never) => Promise<unknown>]>([
    ['reserve', (inventory, options) => inventory.reserve('SKU-1', 1, options)],
    ['reserveAll', (inventory, options) => inventory.reserveAll([{ sku: 'SKU-1', quantity: 1 }], options)],
    ['commit', (inventory, options) => inventory.commit('SKU-1:order-1', options)],
  ])('is refused by %s, which would otherwise do without', async (call, run) => {
    const inventory = new InventoryManager(createMemoryStore());
    await inventory.createItem('SKU-1', 5);
    await inventory.reserve('SKU-1', 2, { id: 'order-1' });
    const misspelt = call === 'reserveAll' ? { location: 'berlin' } : { ID: 'order-17' };
    await expect(run(inventory, misspelt as never)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^an option is "(ID|location)"; use /),
    });
    expect(await inventory.get('SKU-1')).toMatchObject({ onHand: 5, reserved: 2 });
  });
});

describe('"false" from the environment', () => {
  it.each<readonly [string, (inventory: InventoryManager, options: never) => Promise<unknown>]>([
    ['upsert', (inventory, options) => inventory.createItem('SKU-1', 9, options)],
    ['force', (inventory, options) => inventory.removeItem('SKU-1', options)],
  ])('is refused as %s, where it would be as good as true', async (name, run) => {
    const inventory = new InventoryManager(createMemoryStore());
    await inventory.createItem('SKU-1', 5);
    await inventory.reserve('SKU-1', 2);
    await expect(run(inventory, { [name]: 'false' } as never)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `${name} is "false"; use true or false`,
    });
    expect(await inventory.get('SKU-1')).toMatchObject({ onHand: 5, reserved: 2 });
  });
});

it.each([Symbol('id'), Object.create(null), 7, null])(
  'what is no text is no reservation: case %#',
  async (id) => {
    const inventory = new InventoryManager(createMemoryStore());
    await expect(inventory.commit(id as never)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  },
);

describe('reservationId', () => {
  it('refuses bad names', () => {
    expect(() => reservationId('', 'order-1')).toThrow(/^sku is ""/);
    expect(() => reservationId('SKU-1', '')).toThrow(/^id is ""/);
    expect(() => reservationId('SKU-1', 'order-1', '')).toThrow(/^location is ""/);
  });
});
