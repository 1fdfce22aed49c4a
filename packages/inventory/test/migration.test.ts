import { expect, it } from 'vitest';
import { json, onEveryEngine } from './support/engines.js';

onEveryEngine("a record of the documentation's own code", (open) => {
  const lastUpdated = Date.UTC(2025, 0, 1) - 60_000;
  const seed = { sku: 'SKU-1', quantity: 10, reserved: 4, lastUpdated };

  it('is read as it is, and its reservations end when the last of them must have', async () => {
    const { inventory, store, clock } = await open();
    await store.put('inventory:SKU-1', json(seed));
    expect(await inventory.getAvailable('SKU-1')).toBe(6);
    expect((await store.get('inventory:SKU-1')).value).toEqual(json(seed));
    await expect(inventory.reserve('SKU-1', 7)).rejects.toMatchObject({ need: 7, have: 6 });
    await inventory.commit(await inventory.reserve('SKU-1', 6));
    expect(await inventory.get('SKU-1')).toMatchObject({
      onHand: 4,
      reserved: 4,
      reservations: [{ quantity: 4, expiresAt: lastUpdated + 600_000 }],
    });
    clock.advance(540_000 + 1_000);
    expect(await inventory.getAvailable('SKU-1')).toBe(4);
  });

  it('keeps its header once it has one', async () => {
    const { inventory, store, stored } = await open();
    await store.put('inventory:SKU-1', json(seed));
    await inventory.restock('SKU-1', 1);
    expect(await stored('inventory:SKU-1')).toMatchObject({ inventory: 1, onHand: 11 });
  });

  it.each([
    { reserved: -3, available: 10 },
    { reserved: 0, available: 10 },
    { reserved: 12, available: 0 },
  ])('whose sum drifted to $reserved is brought back into bounds', async ({ reserved, available }) => {
    const { inventory, store } = await open();
    await store.put('inventory:SKU-1', json({ ...seed, reserved }));
    expect(await inventory.getAvailable('SKU-1')).toBe(available);
  });

  it('that went below zero has nothing to sell', async () => {
    const { inventory, store } = await open();
    await store.put('inventory:SKU-1', json({ ...seed, quantity: -2, reserved: 1 }));
    expect(await inventory.tryReserve('SKU-1', 1)).toMatchObject({ ok: false, have: 0 });
    await inventory.restock('SKU-1', 3);
    expect(await inventory.getAvailable('SKU-1')).toBe(1);
  });
});
