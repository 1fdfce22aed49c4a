import type { RaceProcess } from '@norikv/testkit';
import { expect } from 'vitest';
import { ReservationResolvedError, reservationId } from '../../src/index.js';
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

function unlessResolved(error: unknown): void {
  if (!(error instanceof ReservationResolvedError)) throw error;
}
