import { type CountedStore, countCalls, createMemoryStore, FakeClock, withFaults } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { InventoryManager, reservationId } from '../src/index.js';
import { booksOf } from './support/books.js';
import { onEveryEngine, stopped, times, wallClock } from './support/engines.js';

onEveryEngine('40: an SKU split into buckets', (open) => {
  it('sells every unit, the last ones out of other buckets', async () => {
    const { inventory, store } = await open();
    await inventory.createItem('hot', 20);
    await inventory.split('hot', 4);
    const ids: string[] = [];
    for (let sold = 0; sold < 20; sold += 1) {
      ids.push(await inventory.reserve('hot', 1));
      expect(await booksOf(store, 'hot', 4)).toMatchObject({ onHand: 20, reserved: sold + 1, inTransit: 0 });
    }
    expect(await inventory.tryReserve('hot', 1)).toMatchObject({ ok: false, need: 1, have: 0 });
    for (const id of ids) expect(await inventory.commit(id)).toMatchObject({ sold: 1 });
    expect(await inventory.get('hot')).toMatchObject({ onHand: 0, reserved: 0, available: 0, buckets: 4 });
  });

  it('sells the last units to a process that prefers another bucket, also several at once', async () => {
    const { inventory, store } = await open({ random: () => 0.99 });
    await inventory.createItem('hot', 9);
    await inventory.split('hot', 8);
    for (const bucket of [0, 0.2, 0.4, 0.6]) {
      // A preference of its own for each: the units end up all over.
      const elsewhere = new InventoryManager(countCalls(store), { random: () => bucket });
      await elsewhere.getAvailable('hot');
      await elsewhere.release(await elsewhere.reserve('hot', 1));
    }
    const { buckets } = await booksOf(store, 'hot', 8);
    expect(buckets.filter((units) => units > 0).length).toBeGreaterThan(2);
    expect(Math.max(...buckets)).toBeLessThan(9);
    expect(await inventory.tryReserve('hot', 10)).toMatchObject({ ok: false, need: 10, have: 9 });
    const id = await inventory.reserve('hot', 9);
    expect(id).toMatch(/^hot#7:/);
    expect(await inventory.commit(id)).toMatchObject({ sold: 9 });
    expect(await booksOf(store, 'hot', 8)).toMatchObject({ onHand: 0, reserved: 0 });
  });

  it('sells 50 units to exactly 50 of 100 buyers at once', async () => {
    const { inventory, another, store } = await open();
    await inventory.createItem('hot', 50);
    await inventory.split('hot', 4);
    const managers = [inventory, another(), another()];
    const results = await times(100, (buyer) =>
      (managers[buyer % 3] ?? inventory).tryReserve('hot', 1, buyer % 2 ? { id: `order-${buyer}` } : {}),
    );
    expect(results.filter(({ ok }) => ok)).toHaveLength(50);
    expect(await booksOf(store, 'hot', 4)).toMatchObject({ onHand: 50, reserved: 50, inTransit: 0 });
  });

  it('costs one round trip for a reservation where there are units', async () => {
    const { inventory, store } = await open({ random: () => 0.6 });
    await inventory.createItem('hot', 1_000);
    await inventory.split('hot', 4);
    await inventory.reserve('hot', 1);
    store.reset();
    for (let buyer = 0; buyer < 10; buyer += 1) await inventory.commit(await inventory.reserve('hot', 1));
    expect(store.calls.total).toBe(20);
    expect(store.callsTo('inventory:hot#2').total).toBe(20);
  });

  it('costs a look at every bucket and 4 calls more where its bucket is dry, or two looks and 2 to refuse', async () => {
    const { inventory, store } = await open({ random: () => 0.6, maxFoldMs: 5_000 });
    await inventory.createItem('hot', 1_000);
    await inventory.split('hot', 4);
    store.reset();
    await inventory.reserve('hot', 1);
    expect(store.calls.total).toBe(4 + 4);
    store.reset();
    expect(await inventory.tryReserve('hot', 1_000)).toMatchObject({ ok: false, have: 999 });
    expect(store.calls.total).toBe(2 * 4 + 2);
  });

  it('is asked for what is missing, where it has most', async () => {
    const { inventory, store } = await open({ random: () => 0.99 });
    await inventory.createItem('hot', 16);
    await inventory.split('hot', 4);
    for (const preference of [0.3, 0.6]) {
      const elsewhere = new InventoryManager(countCalls(store), { random: () => preference });
      await elsewhere.getAvailable('hot');
      await elsewhere.release(await elsewhere.reserve('hot', 1));
    }
    expect(await booksOf(store, 'hot', 4)).toMatchObject({ buckets: [4, 8, 4, 0] });
    await inventory.release(await inventory.reserve('hot', 5));
    expect(await booksOf(store, 'hot', 4)).toMatchObject({ buckets: [4, 3, 4, 5] });
    await inventory.reserve('hot', 6);
    expect(await booksOf(store, 'hot', 4)).toMatchObject({ buckets: [2, 3, 4, 7] });
  });

  it('is changed through its first bucket, with units of the others if need be', async () => {
    const { inventory, store } = await open({ random: () => 0.6 });
    await inventory.createItem('hot', 10);
    await inventory.split('hot', 4);
    const id = await inventory.reserve('hot', 6);
    await inventory.restock('hot', 2);
    await expect(inventory.adjust('hot', -7)).rejects.toMatchObject({ need: 7, have: 6 });
    await inventory.adjust('hot', -6, { opId: 'count-1' });
    await inventory.adjust('hot', -6, { opId: 'count-1' });
    expect(await booksOf(store, 'hot', 4)).toMatchObject({ onHand: 6, reserved: 6 });
    await inventory.commit(id);
    expect(await inventory.getAvailable('hot')).toBe(0);
  });

  it('keeps its reserve, and takes its backorders, as a whole', async () => {
    const { inventory } = await open({ random: () => 0.6 });
    for (const [sku, minAvailable, sellable] of [
      ['kept', 4, 6],
      ['owed', -5, 15],
    ] as const) {
      await inventory.createItem(sku, 10, { minAvailable });
      await inventory.split(sku, 4);
      const results = await times(20, () => inventory.tryReserve(sku, 1));
      expect(results.filter(({ ok }) => ok)).toHaveLength(sellable);
      expect(await inventory.get(sku)).toMatchObject({ reserved: sellable, available: minAvailable });
    }
  });

  it('gives back what has expired in any bucket', async () => {
    const { inventory, clock, another } = await open({ random: () => 0.6 });
    await inventory.createItem('hot', 10);
    await inventory.split('hot', 4);
    await inventory.reserve('hot', 7, { ttlMs: 1_000 });
    clock.advance(2_000);
    expect(await another().reserve('hot', 10)).toMatch(/^hot#0:/);
    clock.advance(700_000);
    expect(await inventory.sweep('hot')).toBe(10);
    expect(await inventory.getAvailable('hot')).toBe(10);
  });

  it('has up to 64 of them', async () => {
    const { inventory, another } = await open();
    await inventory.createItem('hot', 10);
    await inventory.split('hot', 64);
    expect(await another().get('hot')).toMatchObject({ onHand: 10, buckets: 64 });
  });

  it('counts all that a sweep gives back, whatever bucket it was in', async () => {
    const { inventory, clock, store } = await open();
    await inventory.createItem('hot', 12);
    await inventory.split('hot', 4);
    for (const preferred of [0, 0.3, 0.6, 0.9]) {
      const buyer = new InventoryManager(countCalls(store), { clock, random: () => preferred });
      await buyer.getAvailable('hot');
      await buyer.reserve('hot', 3);
    }
    clock.advance(700_000);
    expect(await inventory.sweep('hot')).toBe(12);
    expect(await inventory.sweep('hot')).toBe(0);
  });

  it("finds reservations under the caller's own id, from before and after the split", async () => {
    const { inventory, another } = await open();
    await inventory.createItem('hot', 100);
    const before = await times(10, (order) => inventory.reserve('hot', 1, { id: `old-${order}` }));
    const generated = await inventory.reserve('hot', 1);
    await inventory.split('hot', 8);
    const after = await times(30, (order) => inventory.reserve('hot', 1, { id: `new-${order}` }));
    const { reservations } = await inventory.get('hot');
    const buckets = new Set(reservations.map(({ reservationId: id }) => /#(\d+):/.exec(id)?.[1]));
    expect([...buckets].sort()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
    const other = another();
    const again = await Promise.all([
      times(10, (order) => other.tryReserve('hot', 1, { id: `old-${order}` })),
      times(30, (order) => other.tryReserve('hot', 1, { id: `new-${order}` })),
    ]);
    expect(again.flat().every((result) => result.ok && result.repeated)).toBe(true);
    expect(again.flat().map((result) => result.ok && result.reservationId)).toEqual([...before, ...after]);
    expect(await inventory.getAvailable('hot')).toBe(59);
    expect(await other.commit(reservationId('hot', 'new-7'))).toMatchObject({ sold: 1 });
    expect(await other.release(reservationId('hot', 'old-7'))).toMatchObject({ returned: 1 });
    expect(await other.commit(generated)).toMatchObject({ sold: 1 });
    await expect(other.commit(reservationId('hot', 'never'))).rejects.toMatchObject({
      code: 'RESERVATION_NOT_FOUND',
    });
    await expect(other.reserve('hot', 2, { id: 'new-8' })).rejects.toMatchObject({
      code: 'OPERATION_ID_REUSED',
    });
  });

  it('shows ids that resolve', async () => {
    const { inventory } = await open();
    await inventory.createItem('hot', 10);
    await inventory.reserve('hot', 1);
    await inventory.split('hot', 2);
    await times(4, (order) => inventory.reserve('hot', 1, { id: `order-${order}` }));
    const { reservations } = await inventory.get('hot');
    for (const { reservationId: id } of reservations)
      expect(await inventory.commit(id)).toMatchObject({ sold: 1 });
    expect(await inventory.get('hot')).toMatchObject({ onHand: 5, reserved: 0 });
  });

  it('is split once and for good', async () => {
    const { inventory, another } = await open();
    await inventory.createItem('hot', 10);
    await Promise.all([inventory.split('hot', 4), another().split('hot', 4)]);
    for (const refused of [
      () => inventory.split('hot', 8),
      () => inventory.createItem('hot', 1, { upsert: true }),
      () => inventory.removeItem('hot', { force: true }),
    ]) {
      await expect(refused()).rejects.toMatchObject({
        code: 'ITEM_CONFLICT',
        message: expect.stringContaining('split'),
      });
    }
    expect(await inventory.getAvailable('hot')).toBe(10);
  });

  it('holds as many reservations as its buckets together, whichever a process prefers', async () => {
    const { inventory, another } = await open({ random: () => 0, maxReservations: 5 });
    await inventory.createItem('hot', 100);
    await times(5, () => inventory.reserve('hot', 1));
    await expect(inventory.reserve('hot', 1)).rejects.toMatchObject({ code: 'TOO_MANY_RESERVATIONS' });
    const other = another();
    await other.getAvailable('hot');
    await inventory.split('hot', 3);
    // One of them has split the SKU, the other has not heard of it.
    const ids = await times(10, (number) => (number % 2 ? other : inventory).reserve('hot', 1));
    expect(await inventory.get('hot')).toMatchObject({ reserved: 15, available: 85 });
    for (const manager of [inventory, other]) {
      await expect(manager.reserve('hot', 1)).rejects.toMatchObject({ code: 'TOO_MANY_RESERVATIONS' });
    }
    for (const id of ids) expect(await other.commit(id)).toMatchObject({ sold: 1 });
    expect(await inventory.get('hot')).toMatchObject({ onHand: 90, reserved: 5 });
  });

  it('moves on from a bucket where another process is', async () => {
    const numbers = [0.1, 0.6];
    const { inventory, another, store } = await open({ random: () => numbers.shift() ?? 0.6, fair: false });
    await inventory.createItem('hot', 1_000);
    await inventory.split('hot', 2);
    await inventory.reserve('hot', 1);
    // Its remembered state is old by now, so the next write meets the other process.
    await another().restock('hot', 1);
    expect(await inventory.reserve('hot', 1)).toMatch(/^hot#0:/);
    expect(await inventory.reserve('hot', 1)).toMatch(/^hot#1:/);
    expect(await booksOf(store, 'hot', 2)).toMatchObject({ onHand: 1_001, reserved: 3, inTransit: 0 });
  });
});

describe('40: a process that dies while units are on their way', () => {
  it.each(Array.from({ length: 12 }, (_, number) => number))(
    'after %i store calls: no unit is lost or doubled',
    async (calls) => {
      const memory = createMemoryStore();
      const clock = wallClock();
      const survivor = new InventoryManager(countCalls(memory), { clock, random: () => 0 });
      await survivor.createItem('hot', 10);
      await survivor.split('hot', 4);
      const { store, death } = dyingAfter(calls, memory);
      const dying = new InventoryManager(store, { clock: stopped(clock), random: () => 0.99, fair: false });
      await Promise.race([death, dying.reserve('hot', 7, { id: 'last-order' })]);

      const books = await booksOf(memory, 'hot', 4);
      expect(books.onHand).toBe(10);
      expect(await survivor.get('hot')).toMatchObject({ onHand: 10, reserved: books.reserved });
      const { available } = await survivor.get('hot');
      expect(available).toBe(10 - books.reserved);
      expect(await survivor.tryReserve('hot', available + 1)).toMatchObject({ ok: false, have: available });
      await survivor.commit(await survivor.reserve('hot', available));
      expect(await booksOf(memory, 'hot', 4)).toMatchObject({ onHand: books.reserved, inTransit: 0 });
    },
  );

  /** The store of a process that dies, and its death: no call of it is under way after that. */
  function dyingAfter(
    calls: number,
    memory: ReturnType<typeof createMemoryStore>,
  ): { readonly store: CountedStore; readonly death: Promise<unknown> } {
    const made: Promise<unknown>[] = [];
    let die = (): void => {};
    const death = new Promise<void>((resolve) => {
      die = resolve;
    }).then(() => Promise.allSettled(made));
    const alive = async <Result>(call: () => Promise<Result>): Promise<Result> => {
      if (made.length === calls) {
        die();
        return new Promise<never>(() => {});
      }
      const result = call();
      made.push(result);
      return result;
    };
    const store = countCalls({
      ...memory,
      find: (...call) => alive(() => memory.find(...call)),
      put: (...call) => alive(() => memory.put(...call)),
    });
    return { store, death };
  }
});

describe('40: a fault while units are on their way', () => {
  it('is not reported for a reservation that was made', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const healed = new InventoryManager(memory, { clock });
    await healed.createItem('hot', 10);
    await healed.split('hot', 2);
    let sends = 0;
    const store = withFaults(memory, {
      clock,
      decide({ operation, key }) {
        if (operation !== 'put' || key !== 'inventory:hot') return undefined;
        sends += 1;
        return sends > 1 ? 'lost-request' : undefined;
      },
    });
    const inventory = new InventoryManager(store, { clock, random: () => 0.99 });
    await clock.run(inventory.getAvailable('hot'));
    expect(await clock.run(inventory.reserve('hot', 10))).toMatch(/^hot#1:/);
    expect(sends).toBeGreaterThan(1);
    expect(await booksOf(memory, 'hot', 2)).toMatchObject({ onHand: 10, reserved: 10, buckets: [0, 10] });
    await clock.run(healed.restock('hot', 3));
    expect(await clock.run(healed.reserve('hot', 3))).toMatch(/^hot/);
    expect(await booksOf(memory, 'hot', 2)).toMatchObject({ onHand: 13, reserved: 13 });
  });

  it('lets no others leave the same bucket, so that none is forgotten', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const healed = new InventoryManager(memory, { clock });
    await healed.createItem('hot', 10);
    await healed.split('hot', 3);
    const store = withFaults(memory, {
      clock,
      decide: ({ operation, key }) =>
        operation === 'put' && key === 'inventory:hot#1' ? 'lost-request' : undefined,
    });
    for (const preference of [0.5, 0.99]) {
      const inventory = new InventoryManager(store, { clock, random: () => preference });
      await clock.run(inventory.getAvailable('hot'));
      // Whatever it is told.
      await clock.run(inventory.reserve('hot', 3)).catch(() => {});
      expect(await booksOf(memory, 'hot', 3)).toMatchObject({ onHand: 10, inTransit: 5, reserved: 0 });
    }
    expect(await clock.run(healed.reserve('hot', 10))).toMatch(/^hot/);
  });
});

describe('40: units for a bucket whose record is gone', () => {
  it('stay on their way, and arrive once it is there again', async () => {
    const memory = createMemoryStore();
    const inventory = new InventoryManager(memory, { random: () => 0 });
    await inventory.createItem('hot', 10);
    await inventory.split('hot', 2);
    const broken = countCalls({
      ...memory,
      put: (key, ...rest) =>
        key === 'inventory:hot#1' ? Promise.reject(new Error('broken')) : memory.put(key, ...rest),
    });
    const buyer = new InventoryManager(broken, { random: () => 0.9 });
    await buyer.getAvailable('hot');
    await expect(buyer.reserve('hot', 4)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    const { value } = await memory.get('inventory:hot#1');
    await memory.delete('inventory:hot#1');
    for (const _ of [1, 2]) {
      await inventory.tryReserve('hot', 9).catch(() => {});
      expect(await booksOf(memory, 'hot', 2)).toMatchObject({ onHand: 10, inTransit: 5 });
    }
    await memory.put('inventory:hot#1', value);
    expect(await new InventoryManager(memory).tryReserve('hot', 10)).toMatchObject({ ok: true });
  });
});

describe('40: a unit that moves while the buckets are looked at', () => {
  it.each([1, 2, 3])('%i times is found by the look after that', async (mostMoves) => {
    const memory = createMemoryStore();
    const mover = new InventoryManager(countCalls(memory), { random: () => 0 });
    const elsewhere = new InventoryManager(countCalls(memory), { random: () => 0.5 });
    await mover.createItem('hot', 1);
    await mover.split('hot', 3);
    for (const each of [mover, elsewhere]) await each.getAvailable('hot');
    const take = async (manager: InventoryManager): Promise<unknown> =>
      manager.release(await manager.reserve('hot', 1));

    let isBuying = false;
    let moves = 0;
    const store = countCalls({
      ...memory,
      async find(key, options) {
        if (isBuying && moves < mostMoves && key === 'inventory:hot#1') {
          moves += 1;
          // The first bucket was seen without the unit; now the unit goes there.
          await take(mover);
        } else if (isBuying && moves < mostMoves && key === 'inventory:hot') await take(elsewhere);
        return memory.find(key, options);
      },
    });
    const buyer = new InventoryManager(store, { random: () => 0.99 });
    await buyer.getAvailable('hot');
    await take(elsewhere);
    expect(await booksOf(memory, 'hot', 3)).toMatchObject({ buckets: [0, 1, 0] });
    isBuying = true;
    expect(await buyer.reserve('hot', 1)).toMatch(/^hot#2:/);
    expect(moves).toBe(mostMoves);
  });
});

describe('40: units that are moved away again and again', () => {
  it('are given up on, and nothing is held', async () => {
    const memory = createMemoryStore();
    const thief = new InventoryManager(countCalls(memory), { random: () => 0 });
    await thief.createItem('hot', 1);
    await thief.split('hot', 2);
    let thefts = 0;
    const slow = countCalls({
      ...memory,
      async put(key, ...rest) {
        if (key === 'inventory:hot#1') {
          thefts += 1;
          await thief.release(await thief.reserve('hot', 1));
        }
        return memory.put(key, ...rest);
      },
    });
    const inventory = new InventoryManager(slow, { random: () => 0.99, fair: false });
    await inventory.getAvailable('hot');
    await expect(inventory.reserve('hot', 1)).rejects.toMatchObject({
      code: 'CONTENTION',
      outcome: 'not-applied',
      retryable: true,
      attempts: 64,
    });
    expect(thefts).toBe(64);
    expect(await thief.get('hot')).toMatchObject({ onHand: 1, reserved: 0 });
  });
});
