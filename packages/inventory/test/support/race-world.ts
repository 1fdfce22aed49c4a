import type { RaceEnd, RaceProcess, ScheduleWorld } from '@norikv/testkit';
import { expect } from 'vitest';
import { InventoryManager } from '../../src/index.js';
import { booksOf } from './books.js';

/** A race, and what must be so after it, whatever its schedule was. */
export type StockRace = (world: ScheduleWorld) => Promise<void>;

/** What a manager gets of a process, or of the world before and after a race. */
export type Member = Pick<RaceProcess, 'store' | 'clock'> & { readonly random?: () => number };

/** How long a reservation lasts. */
export const ttlMs = 1_000;
/** When others may have what it held. */
export const overMs = 1_100;

export function managerOf({ store, clock, random = () => 0.5 }: Member): InventoryManager {
  return new InventoryManager(store, { clock, random, ttlMs, clockSkewMs: overMs - ttlMs });
}

export function pause({ clock }: RaceProcess, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.startTimer(resolve, ms);
  });
}

/** Whether a process was told that it holds what it wanted. */
export function holds(end: RaceEnd<{ readonly ok: boolean }>): boolean {
  return end.status === 'fulfilled' && end.value.ok;
}

/** `sold + held + available` is what came in, in all buckets together. */
export async function checkBooks(
  { store }: ScheduleWorld,
  sku: string,
  came: number,
  buckets = 1,
): Promise<{ readonly sold: number; readonly reserved: number }> {
  const { onHand, sold, reserved } = await booksOf(store, sku, buckets);
  expect(onHand + sold).toBe(came);
  expect(reserved).toBeLessThanOrEqual(onHand);
  return { sold, reserved };
}

/** What is held ends with its time, and then every unit can be had. */
export async function checkNothingStays(
  world: ScheduleWorld,
  sku: string,
  came: number,
  buckets = 1,
): Promise<void> {
  await world.clock.advance(overMs);
  const { sold } = await checkBooks(world, sku, came, buckets);
  if (sold === came) return;
  const rest = managerOf(world).tryReserve(sku, came - sold, { id: 'the rest' });
  expect(await world.clock.run(rest)).toMatchObject({ ok: true });
}
