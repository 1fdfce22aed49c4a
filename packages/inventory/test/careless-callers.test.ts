import { InvalidArgumentError, systemClock } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { InventoryManager } from '../src/index.js';

const later = async (): Promise<never> => {
  throw new Error('later');
};

describe('an inventory', () => {
  it('refuses newId that gives a promise, and ends no process', async () => {
    const inventory = new InventoryManager(createMemoryStore(), { newId: later as unknown as () => string });
    await inventory.createItem('SKU-1', 1);
    await expect(inventory.reserve('SKU-1', 1)).rejects.toThrow('newId() is [object Promise]');
  });

  it.each([() => Number.NaN, () => 1.5, () => -0.1, later as unknown as () => number])(
    'refuses random that gives no share: its reservations would have ids that nobody takes',
    (random) => {
      expect(() => new InventoryManager(createMemoryStore(), { random })).toThrow(InvalidArgumentError);
    },
  );

  it('writes nothing by a clock that gives no time', async () => {
    const store = createMemoryStore();
    const inventory = new InventoryManager(store);
    await inventory.createItem('SKU-1', 5);
    const clock = { ...systemClock, now: () => Number.NaN };
    const broken = new InventoryManager(store, { clock });
    await expect(broken.reserve('SKU-1', 1)).rejects.toThrow('clock.now() is NaN');
    expect(await inventory.getAvailable('SKU-1')).toBe(5);
  });
});
