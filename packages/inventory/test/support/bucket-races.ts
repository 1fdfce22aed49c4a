import type { RaceProcess } from '@norikv/testkit';
import { expect } from 'vitest';
import { InsufficientStockError, ReservationResolvedError, reservationId } from '../../src/index.js';
import { booksOf } from './books.js';
import {
  checkBooks,
  checkNothingStays,
  holds,
  type Member,
  managerOf,
  type StockRace,
} from './race-world.js';

/** Order numbers that are at home in the first and in the second of two buckets. */
const near = ['order-1', 'order-3'] as const;
const far = 'order-2';

const hold = (id: string, quantity: number) => (process: RaceProcess) =>
  managerOf(process).tryReserve('shoes', quantity, { id });

export const splitWhileBuying: StockRace = async (world) => {
  await managerOf(world).createItem('shoes', 4);
  const buy = async (process: Member) => {
    const inventory = managerOf(process);
    await inventory.tryReserve('shoes', 3, { id: far }).catch(unlessResolved);
    return inventory.commit(reservationId('shoes', far));
  };
  const [bought] = await world.race(buy, (process) => managerOf(process).split('shoes', 2));
  const { sold } = await checkBooks(world, 'shoes', 4, 2);
  expect(bought.status === 'fulfilled' ? [3] : [0, 3]).toContain(sold);
  expect(await world.clock.run(buy(world))).toMatchObject({ status: 'committed', sold: 3 });
  await checkNothingStays(world, 'shoes', 4, 2);
};

export const unitsOnTheirWay: StockRace = async (world) => {
  await managerOf(world).createItem('shoes', 3);
  await managerOf(world).split('shoes', 2);
  const ends = await world.race(hold(far, 2), hold(near[0], 1));
  const [two, one] = ends;
  const { reserved } = await checkBooks(world, 'shoes', 3, 2);
  expect(reserved).toBeGreaterThanOrEqual(2 * Number(holds(two)) + Number(holds(one)));
  for (const end of ends) if (end.status === 'fulfilled') expect(end.value.ok).toBe(true);
  await checkNothingStays(world, 'shoes', 3, 2);
};

export const lastUnitsFarAway: StockRace = async (world) => {
  const inventory = managerOf(world);
  await inventory.createItem('shoes', 2);
  await inventory.split('shoes', 2);
  await inventory.release(await inventory.reserve('shoes', 2, { id: far }));
  const ends = await world.race(hold(near[0], 1), hold(near[1], 1));
  for (const end of ends) if (end.status === 'fulfilled') expect(end.value.ok).toBe(true);
  await checkBooks(world, 'shoes', 2, 2);
  await checkNothingStays(world, 'shoes', 2, 2);
};

/** Who finds no units may have come after a call under the same id that has them. */
export const orderOfTwoCalls: StockRace = async (world) => {
  await managerOf(world).createItem('shoes', 2);
  await managerOf(world).split('shoes', 2);
  const ends = await world.race(hold(far, 2), hold(far, 2));
  for (const end of ends) if (end.status === 'fulfilled') expect(end.value.ok).toBe(true);
  await checkBooks(world, 'shoes', 2, 2);
  await checkNothingStays(world, 'shoes', 2, 2);
};

export const changeOfTwoCalls: StockRace = async (world) => {
  const inventory = managerOf(world);
  await inventory.createItem('shoes', 2);
  await inventory.split('shoes', 2);
  await inventory.release(await inventory.reserve('shoes', 2, { id: far }));
  const breakTwo = (process: RaceProcess) => managerOf(process).adjust('shoes', -2, { opId: 'broken' });
  const ends = await world.race(breakTwo, breakTwo);
  for (const end of ends)
    if (end.status === 'rejected') expect(end.reason).not.toBeInstanceOf(InsufficientStockError);
  const isTold = ends.some(({ status }) => status === 'fulfilled');
  const { onHand } = await booksOf(world.store, 'shoes', 2);
  expect(isTold ? [0] : [0, 2]).toContain(onHand);
};

/** Everybody at once, for more schedules than there is time for. */
export const rushOnBuckets: StockRace = async (world) => {
  await managerOf(world).createItem('shoes', 3);
  await managerOf(world).split('shoes', 3);
  const buy =
    (...ids: readonly (string | undefined)[]) =>
    async (process: RaceProcess) => {
      const inventory = managerOf(process);
      let sold = 0;
      for (const id of ids) {
        const held = await inventory.tryReserve('shoes', 2, { id });
        if (held.ok) ({ sold } = await inventory.commit(held.reservationId, { quantity: 1 }));
      }
      return sold;
    };
  const ends = await world.race(buy(near[0], far), buy(undefined, undefined), buy(far), async (process) => {
    await managerOf(process).restock('shoes', 2, { opId: 'delivery' });
    await managerOf(process).adjust('shoes', -1, { opId: 'broken' });
    return 0;
  });
  const { onHand, sold, reserved } = await booksOf(world.store, 'shoes', 3);
  const isChanged = ends[3].status === 'fulfilled';
  expect(isChanged ? [4] : [2, 3, 4, 5]).toContain(onHand + sold);
  expect(reserved).toBeLessThanOrEqual(onHand);
  const told = ends.map((end) => (end.status === 'fulfilled' ? end.value : 0));
  expect(sold).toBeGreaterThanOrEqual(Math.max(...told));
  await checkNothingStays(world, 'shoes', onHand + sold, 3);
};

function unlessResolved(error: unknown): void {
  if (!(error instanceof ReservationResolvedError)) throw error;
}
