import type { RaceProcess } from '@norikv/testkit';
import { expect } from 'vitest';
import {
  ItemNotFoundError,
  type OrderLine,
  ReservationResolvedError,
  reservationId,
} from '../../src/index.js';
import { booksOf } from './books.js';
import {
  checkBooks,
  checkNothingStays,
  holds,
  type Member,
  managerOf,
  overMs,
  pause,
  type StockRace,
  ttlMs,
} from './race-world.js';

export const lastUnit: StockRace = async (world) => {
  await managerOf(world).createItem('shoes', 1);
  const buy = (id: string) => async (process: RaceProcess) => {
    const inventory = managerOf(process);
    const held = await inventory.tryReserve('shoes', 1, { id });
    if (held.ok) await inventory.commit(held.reservationId);
    return held;
  };
  const ends = await world.race(buy('order-1'), buy('order-2'));
  const buyers = ends.filter(holds).length;
  expect(buyers).toBeLessThanOrEqual(1);
  expect((await checkBooks(world, 'shoes', 1)).sold).toBeGreaterThanOrEqual(buyers);
  await checkNothingStays(world, 'shoes', 1);
};

export const sameOrderNumber: StockRace = async (world) => {
  await managerOf(world).createItem('shoes', 5);
  const buy = async (process: RaceProcess) => {
    const inventory = managerOf(process);
    await inventory.tryReserve('shoes', 2, { id: 'order-1' });
    return inventory.commit(reservationId('shoes', 'order-1'));
  };
  const ends = await world.race(buy, buy);
  const told = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
  expect(told.filter(({ repeated }) => !repeated).length).toBeLessThanOrEqual(1);
  const { sold } = await checkBooks(world, 'shoes', 5);
  expect(told.length > 0 ? [2] : [0, 2]).toContain(sold);
};

/** How a reservation ended, for whoever asked for an end and was told of another one, too. */
async function endOf(asked: Promise<{ status: string; sold: number; repeated: boolean }>) {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof ReservationResolvedError)) throw error;
    return { status: error.status, sold: error.sold, repeated: true };
  }
}

export const oneEnd: StockRace = async (world) => {
  await managerOf(world).createItem('shoes', 1);
  const id = await managerOf(world).reserve('shoes', 1, { id: 'order-1' });
  const ends = await world.race(
    (process) => endOf(managerOf(process).commit(id)),
    (process) => endOf(managerOf(process).release(id)),
    async (process) => {
      await pause(process, overMs);
      return endOf(managerOf(process).release(id));
    },
  );
  const told = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
  expect(new Set(told.map(({ status }) => status)).size).toBeLessThanOrEqual(1);
  expect(told.filter(({ repeated }) => !repeated).length).toBeLessThanOrEqual(1);
  const { sold } = await checkBooks(world, 'shoes', 1);
  for (const end of told) expect(sold).toBe(end.sold);
  await checkNothingStays(world, 'shoes', 1);
};

export const lateHolder: StockRace = async (world) => {
  await managerOf(world).createItem('shoes', 1);
  const id = await managerOf(world).reserve('shoes', 1, { id: 'order-1' });
  const [holder, other] = await world.race(
    async (process) => {
      await pause(process, ttlMs - 1);
      await managerOf(process).extend(id, ttlMs);
      return managerOf(process).commit(id);
    },
    async (process) => {
      await pause(process, overMs);
      const held = await managerOf(process).tryReserve('shoes', 1, { id: 'order-2' });
      if (held.ok) await managerOf(process).commit(held.reservationId);
      return held;
    },
  );
  const buyers = Number(holder.status === 'fulfilled') + Number(holds(other));
  expect(buyers).toBeLessThanOrEqual(1);
  expect((await checkBooks(world, 'shoes', 1)).sold).toBeGreaterThanOrEqual(buyers);
  await checkNothingStays(world, 'shoes', 1);
};

const order: readonly OrderLine[] = [
  { sku: 'shirt', quantity: 1 },
  { sku: 'socks', quantity: 1 },
];

export const twoOrders: StockRace = async (world) => {
  await managerOf(world).createItem('shirt', 2);
  await managerOf(world).createItem('socks', 1);
  const hold = (id: string) => (process: RaceProcess) => managerOf(process).tryReserveAll(order, { id });
  const ends = await world.race(hold('order-1'), hold('order-2'));
  const held = ends.filter(holds).length;
  expect(held).toBeLessThanOrEqual(1);
  const shirts = await checkBooks(world, 'shirt', 2);
  const socks = await checkBooks(world, 'socks', 1);
  const isTold = ends.every(({ status }) => status === 'fulfilled');
  if (isTold) expect([held, shirts.reserved, socks.reserved]).toEqual([1, 1, 1]);
  else expect(Math.min(shirts.reserved, socks.reserved)).toBeGreaterThanOrEqual(held);
  await checkNothingStays(world, 'shirt', 2);
  await checkNothingStays(world, 'socks', 1);
};

/** What falls short for one may be there for the other, since somebody gives it back meanwhile. */
export const oneOrder: StockRace = async (world) => {
  await managerOf(world).createItem('shirt', 1);
  await managerOf(world).createItem('socks', 1);
  const taken = await managerOf(world).reserve('socks', 1, { id: 'order-0' });
  const hold = (process: RaceProcess) => managerOf(process).tryReserveAll(order, { id: 'order-1' });
  const ends = await world.race(hold, hold, (process) => managerOf(process).release(taken));
  const [first, second] = ends;
  const held = [first, second].filter(holds).length;
  const short = [first, second].filter((end) => end.status === 'fulfilled' && !end.value.ok).length;
  expect(Math.min(held, short)).toBe(0);
  const shirts = await checkBooks(world, 'shirt', 1);
  const socks = await checkBooks(world, 'socks', 1);
  if (held > 0) expect([shirts.reserved, socks.reserved]).toEqual([1, 1]);
  const hasGivenBack = short > 0 && ends.every(({ status }) => status !== 'crashed');
  if (hasGivenBack) expect(shirts.reserved).toBe(0);
  await checkNothingStays(world, 'shirt', 1);
  await checkNothingStays(world, 'socks', 1);
};

export const repeatedChange: StockRace = async (world) => {
  await managerOf(world).createItem('shoes', 2);
  const breakTwo = (process: Member) => managerOf(process).adjust('shoes', -2, { opId: 'broken' });
  const deliver = (process: Member) => managerOf(process).restock('shoes', 3, { opId: 'delivery' });
  const ends = await world.race(async (process) => {
    await breakTwo(process);
    await deliver(process);
  }, deliver);
  const { onHand } = await booksOf(world.store, 'shoes', 1);
  expect(ends.every(({ status }) => status === 'fulfilled') ? [3] : [2, 0, 5, 3]).toContain(onHand);
  await breakTwo(world);
  await deliver(world);
  expect(await managerOf(world).getAvailable('shoes')).toBe(3);
};

export const removal: StockRace = async (world) => {
  await managerOf(world).createItem('shoes', 2);
  const [bought, removed] = await world.race(
    async (process) => {
      const id = await managerOf(process).reserve('shoes', 1, { id: 'order-1' });
      return managerOf(process).commit(id);
    },
    async (process) => {
      expect(await managerOf(process).removeItem('shoes')).toBe(true);
      await managerOf(process).createItem('shoes', 5);
    },
  );
  const found = await managerOf(world).get('shoes').catch(unlessRemoved);
  const books = found && (await booksOf(world.store, 'shoes', 1));
  const came = books && books.onHand + books.sold;
  expect(removed.status === 'fulfilled' ? [5] : [2, 5, undefined]).toContain(came);
  // What is sold is gone only with the item, which nobody removes while it is held.
  if (bought.status === 'fulfilled' && removed.status === 'rejected') expect(books?.sold).toBe(1);
};

function unlessRemoved(error: unknown): undefined {
  if (!(error instanceof ItemNotFoundError)) throw error;
}
