import type { KvStore } from '@norikv/store';
import { type CountedStore, countCalls, createMemoryStore, FakeClock, withFaults } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { InventoryManager } from '../src/index.js';
import { onEveryEngine, stopped, wallClock } from './support/engines.js';

onEveryEngine('35: two lines of one SKU in one order', (open) => {
  it('are added up before they are checked', async () => {
    const { inventory } = await open();
    await inventory.createItem('shirt', 5);
    const order = [
      { sku: 'shirt', quantity: 3 },
      { sku: 'shirt', quantity: 3 },
    ];
    await expect(inventory.reserveAll(order)).rejects.toMatchObject({
      code: 'INSUFFICIENT_STOCK',
      need: 6,
      have: 5,
    });
    expect(await inventory.getAvailable('shirt')).toBe(5);
    await inventory.restock('shirt', 1);
    expect(await inventory.reserveAll(order)).toMatchObject([{ sku: 'shirt', quantity: 6 }]);
    expect(await inventory.getAvailable('shirt')).toBe(0);
  });

  it('at two locations are two stocks', async () => {
    const { inventory } = await open();
    await inventory.createItem('shirt', 3, { location: 'berlin' });
    await inventory.createItem('shirt', 3, { location: 'paris' });
    const lines = await inventory.reserveAll([
      { sku: 'shirt', quantity: 3, location: 'paris' },
      { sku: 'shirt', quantity: 3, location: 'berlin' },
    ]);
    expect(lines.map(({ location }) => location)).toEqual(['berlin', 'paris']);
  });
});

onEveryEngine('36: an order of three SKUs', (open) => {
  const order = [
    { sku: 'shoes', quantity: 1 },
    { sku: 'socks', quantity: 2 },
    { sku: 'belt', quantity: 1 },
  ];

  it('holds all of them', async () => {
    const { inventory } = await open();
    for (const { sku } of order) await inventory.createItem(sku, 5);
    const lines = await inventory.reserveAll(order, { id: 'order-1' });
    expect(lines.map(({ reservationId }) => reservationId)).toEqual([
      'belt:order-1',
      'shoes:order-1',
      'socks:order-1',
    ]);
    for (const { reservationId } of lines) await inventory.commit(reservationId);
    const left = await Promise.all(order.map(({ sku }) => inventory.getAvailable(sku)));
    expect(left).toEqual([4, 3, 4]);
  });

  it('holds nothing if the third is short', async () => {
    const { inventory } = await open();
    for (const { sku } of order) await inventory.createItem(sku, sku === 'socks' ? 1 : 5);
    expect(await inventory.tryReserveAll(order)).toEqual({
      ok: false,
      sku: 'socks',
      location: undefined,
      need: 2,
      have: 1,
    });
    await expect(inventory.reserveAll(order)).rejects.toMatchObject({ sku: 'socks', need: 2, have: 1 });
    const left = await Promise.all(order.map(({ sku }) => inventory.getAvailable(sku)));
    expect(left).toEqual([5, 1, 5]);
  });

  it('holds nothing if the third does not exist', async () => {
    const { inventory } = await open();
    await inventory.createItem('belt', 5);
    await inventory.createItem('shoes', 5);
    await expect(inventory.reserveAll(order)).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND' });
    expect(await inventory.getAvailable('belt')).toBe(5);
    expect(await inventory.getAvailable('shoes')).toBe(5);
  });

  it('can be repeated, and the repetition never takes away what the first call holds', async () => {
    const { inventory } = await open();
    for (const { sku } of order) await inventory.createItem(sku, 5);
    const first = await inventory.reserveAll(order, { id: 'order-1' });
    const again = await inventory.reserveAll(order, { id: 'order-1' });
    expect(again.map(({ reservationId }) => reservationId)).toEqual(
      first.map(({ reservationId }) => reservationId),
    );
    await inventory.commit('shoes:order-1');
    await expect(inventory.reserveAll(order, { id: 'order-1' })).rejects.toMatchObject({
      status: 'committed',
    });
    expect(await inventory.getAvailable('belt')).toBe(4);
    expect(await inventory.commit('belt:order-1')).toMatchObject({ repeated: false });
  });

  it('of nothing is nothing', async () => {
    const { inventory, store } = await open();
    expect(await inventory.reserveAll([])).toEqual([]);
    expect(store.calls.total).toBe(0);
  });
});

describe('36: an order whose process dies between two steps', () => {
  const order = ['a', 'b', 'c'].map((sku) => ({ sku, quantity: 1 }));

  it.each([1, 2, 3])('after %i lines: everything is free again after its time', async (lines) => {
    const memory = createMemoryStore();
    const clock = wallClock();
    const survivor = new InventoryManager(memory, { clock });
    for (const { sku } of order) await survivor.createItem(sku, 1);
    let writes = 0;
    const applied: Promise<unknown>[] = [];
    // Dead: no call of this process returns any more.
    const never = new Promise<never>(() => {});
    const store: CountedStore = countCalls({
      ...memory,
      put: (key, value, options) => {
        writes += 1;
        if (writes > lines) return never;
        const write = memory.put(key, value, options);
        applied.push(write);
        return write;
      },
    });
    void new InventoryManager(store, { clock: stopped(clock), fair: false }).reserveAll(order);
    while (writes < Math.min(lines + 1, 3)) await new Promise((resolve) => setImmediate(resolve));
    await Promise.all(applied);
    const held = await Promise.all(order.map(({ sku }) => survivor.getAvailable(sku)));
    expect(held.filter((available) => available === 0)).toHaveLength(lines);
    clock.advance(600_000 + 1_000);
    expect(await survivor.reserveAll(order)).toHaveLength(3);
  });

  it('gives back what it can when a line fails, and tells of the failure', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const healthy = new InventoryManager(memory, { clock });
    for (const { sku } of order) await healthy.createItem(sku, 1);
    const store = withFaults(memory, {
      clock,
      decide: ({ key }) => (String(key).endsWith(':c') ? 'lost-request' : undefined),
    });
    const failing = new InventoryManager(store, { clock });
    await expect(clock.run(failing.reserveAll(order))).rejects.toMatchObject({ outcome: 'not-applied' });
    const left = await clock.run(Promise.all(order.map(({ sku }) => healthy.getAvailable(sku))));
    expect(left).toEqual([1, 1, 1]);
  });

  it('waits for what it cannot give back no longer than for one write', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const many = Array.from({ length: 20 }, (_, line) => ({ sku: `line-${line + 10}`, quantity: 1 }));
    const healthy = new InventoryManager(memory, { clock });
    for (const { sku } of many) await healthy.createItem(sku, 1);
    const store = withFaults(memory, { clock });
    const failing = new InventoryManager(store, {
      clock,
      onEvent: ({ kind, key }) => {
        if (kind === 'read' && key === 'inventory:line-29') store.faults.outage();
      },
    });
    const ordered = failing.reserveAll(many, { deadlineMs: 500 });
    await expect(clock.run(ordered)).rejects.toMatchObject({ outcome: 'not-applied' });
    expect(clock.monotonic()).toBeLessThanOrEqual(1_000);
  });

  it('leaves to time what it cannot give back, and still says what was short', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const healthy = new InventoryManager(memory, { clock });
    for (const { sku } of order) await healthy.createItem(sku, sku === 'c' ? 0 : 1);
    const written = new Set<string>();
    const store = withFaults(memory, {
      clock,
      decide({ operation, key }) {
        if (operation !== 'put') return undefined;
        const isRelease = written.has(String(key));
        written.add(String(key));
        return isRelease ? 'lost-request' : undefined;
      },
    });
    const failing = new InventoryManager(store, { clock });
    const short = { ok: false, sku: 'c', need: 1, have: 0 };
    expect(await clock.run(failing.tryReserveAll(order))).toMatchObject(short);
    expect(await clock.run(healthy.getAvailable('a'))).toBe(0);
    await clock.advance(600_000 + 1_000);
    expect(await clock.run(healthy.getAvailable('a'))).toBe(1);
    expect(await clock.run(healthy.getAvailable('b'))).toBe(1);
  });
});

onEveryEngine('36: an order under its own id', (open) => {
  const order = ['b', 'c'].map((sku) => ({ sku, quantity: 1 }));
  const id = 'order-1';

  it('that was refused stays refused, also after a delivery, and holds nothing', async () => {
    const { inventory, another } = await open();
    await inventory.createItem('b', 5);
    await inventory.createItem('c', 0);
    expect(await inventory.tryReserveAll(order, { id })).toMatchObject({ ok: false, sku: 'c' });
    await inventory.restock('c', 5);
    for (const manager of [inventory, another()]) {
      await expect(manager.tryReserveAll(order, { id })).rejects.toMatchObject({ status: 'released' });
    }
    await expect(inventory.reserve('c', 1, { id })).rejects.toMatchObject({ status: 'released' });
    expect(await inventory.getAvailable('b')).toBe(5);
    expect(await inventory.getAvailable('c')).toBe(5);
    expect(await inventory.tryReserveAll(order, { id: 'order-2' })).toMatchObject({ ok: true });
  });

  it('gives back what a process that died left of it, once it is refused', async () => {
    const { inventory, another } = await open();
    await inventory.createItem('b', 5);
    await inventory.createItem('c', 0);
    await another().reserve('b', 1, { id });
    expect(await inventory.tryReserveAll(order, { id })).toMatchObject({ ok: false, sku: 'c' });
    expect(await inventory.getAvailable('b')).toBe(5);
  });

  it('keeps what it holds after a failure, for the repetition', async () => {
    const { inventory } = await open();
    await inventory.createItem('b', 5);
    await expect(inventory.tryReserveAll(order, { id })).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND' });
    expect(await inventory.getAvailable('b')).toBe(4);
    await inventory.createItem('c', 5);
    const again = await inventory.tryReserveAll(order, { id });
    expect(again).toMatchObject({ ok: true, lines: [{ repeated: true }, { repeated: false }] });
  });

  it.each(['a', 'b', 'c'])(
    'that was sold in part says so, though its other lines have expired: %s',
    async (sku) => {
      const { inventory, another, clock, store } = await open();
      const lines = ['a', 'b', 'c'].map((each) => ({ sku: each, quantity: 1 }));
      for (const line of lines) await inventory.createItem(line.sku, 5);
      await inventory.split('b', 4);
      await inventory.reserveAll(lines, { id });
      await inventory.commit(`${sku}:${id}`);
      clock.advance(600_000 + 1_000);
      const sold = { code: 'RESERVATION_RESOLVED', status: 'committed', sold: 1 };
      for (const manager of [inventory, another()]) {
        await expect(manager.tryReserveAll(lines, { id })).rejects.toMatchObject(sold);
      }
      store.reset();
      await expect(inventory.tryReserveAll(lines, { id })).rejects.toThrow(
        `${sku}:${id} is already committed`,
      );
      expect(store.calls.put).toBe(0);
      expect(await inventory.getAvailable(sku)).toBe(4);
    },
  );

  it('that ended unsold costs a look at each other line to say how', async () => {
    const { inventory, clock, store } = await open();
    const lines = ['a', 'b', 'c'].map((sku) => ({ sku, quantity: 1 }));
    for (const { sku } of lines) await inventory.createItem(sku, 5);
    await inventory.reserveAll(lines, { id });
    clock.advance(600_000 + 1_000);
    const expired = { code: 'RESERVATION_RESOLVED', status: 'expired' };
    await expect(inventory.tryReserveAll(lines, { id })).rejects.toMatchObject(expired);
    store.reset();
    await expect(inventory.tryReserveAll(lines, { id })).rejects.toMatchObject(expired);
    expect(store.calls.total).toBe(3);
    await inventory.removeItem('c', { force: true });
    await expect(inventory.tryReserveAll(lines, { id })).rejects.toMatchObject(expired);
  });

  it('is refused for good on a split SKU too', async () => {
    const { inventory } = await open();
    await inventory.createItem('b', 5);
    await inventory.createItem('c', 0);
    await inventory.split('c', 4);
    for (const number of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const own = { id: `order-${number}` };
      expect(await inventory.tryReserveAll(order, own)).toMatchObject({ ok: false, sku: 'c' });
      await expect(inventory.reserve('c', 1, own)).rejects.toMatchObject({ status: 'released' });
    }
    expect(await inventory.getAvailable('b')).toBe(5);
  });
});

describe('36: an order that has ended, with lines that cannot be looked at', () => {
  const order = ['a', 'b', 'c'].map((sku) => ({ sku, quantity: 1 }));
  const id = 'order-1';

  async function endedOrder(lost: string) {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const healthy = new InventoryManager(memory, { clock });
    for (const { sku } of order) await healthy.createItem(sku, 1);
    await healthy.reserveAll(order, { id });
    const store = withFaults(memory, {
      clock,
      decide: ({ key }) => (String(key).endsWith(lost) ? 'lost-request' : undefined),
    });
    const again = (): Promise<unknown> => new InventoryManager(store, { clock }).tryReserveAll(order, { id });
    return { clock, healthy, again };
  }

  it('is not called unsold: it may have been sold there', async () => {
    const { clock, again } = await endedOrder(':b');
    await clock.advance(600_000 + 1_000);
    await expect(clock.run(again())).rejects.toMatchObject({ outcome: 'not-applied', retryable: true });
  });

  it('is called sold if another line was', async () => {
    const { clock, healthy, again } = await endedOrder(':b');
    await healthy.commit(`c:${id}`);
    await clock.advance(600_000 + 1_000);
    await expect(clock.run(again())).rejects.toMatchObject({ status: 'committed' });
  });

  it('is called sold if the line before was sold meanwhile', async () => {
    const clock = wallClock();
    const memory = createMemoryStore();
    const healthy = new InventoryManager(memory, { clock });
    for (const { sku } of order) await healthy.createItem(sku, 1);
    await healthy.reserveAll(order, { id });
    await healthy.extend(`a:${id}`, 3_600_000);
    clock.advance(600_000 + 1_000);
    const slow = new InventoryManager(
      {
        ...memory,
        async put(key, value, options) {
          await healthy.commit(`a:${id}`);
          return memory.put(key, value, options);
        },
      },
      { clock },
    );
    await expect(slow.tryReserveAll(order, { id })).rejects.toMatchObject({ status: 'committed' });
  });
});

describe('36: two processes with one order', () => {
  const order = ['b', 'c'].map((sku) => ({ sku, quantity: 1 }));
  const id = 'order-1';

  /** Lets something happen right before the nth write of a process. */
  const interrupted = (memory: KvStore, write: number, meanwhile: () => Promise<unknown>): KvStore => {
    let writes = 0;
    return {
      ...memory,
      async put(key, value, options) {
        writes += 1;
        if (writes === write) await meanwhile();
        return memory.put(key, value, options);
      },
    };
  };

  it('both hold it if a delivery comes before the refusal is written', async () => {
    const memory = createMemoryStore();
    const other = new InventoryManager(memory);
    await other.createItem('b', 5);
    await other.createItem('c', 0);
    let theirs: unknown;
    const slow = interrupted(memory, 2, async () => {
      await other.restock('c', 10);
      theirs = await other.tryReserveAll(order, { id });
    });
    expect(await new InventoryManager(slow).tryReserveAll(order, { id })).toMatchObject({ ok: true });
    expect(theirs).toMatchObject({ ok: true });
    expect(await other.commit('b:order-1')).toMatchObject({ sold: 1 });
    expect(await other.commit('c:order-1')).toMatchObject({ sold: 1 });
  });

  it('neither holds it if the delivery comes after', async () => {
    const memory = createMemoryStore();
    const other = new InventoryManager(memory);
    await other.createItem('b', 5);
    await other.createItem('c', 0);
    let theirs: unknown;
    const slow = interrupted(memory, 3, async () => {
      await other.restock('c', 10);
      theirs = await other.tryReserveAll(order, { id }).catch((error: unknown) => error);
    });
    expect(await new InventoryManager(slow).tryReserveAll(order, { id })).toMatchObject({ ok: false });
    expect(theirs).toMatchObject({ code: 'RESERVATION_RESOLVED', status: 'released' });
    expect(await other.getAvailable('b')).toBe(5);
    expect(await other.getAvailable('c')).toBe(10);
  });
});
