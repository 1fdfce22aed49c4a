import { KeyNotFoundError } from '@norikv/store';
import { expect, it } from 'vitest';
import { InsufficientStockError, type InventoryManager, ItemNotFoundError } from '../src/index.js';
import { onEveryEngine } from './support/engines.js';

onEveryEngine('the usage example of the documentation', (open) => {
  async function purchaseItem(
    inventory: InventoryManager,
    sku: string,
    quantity: number,
    processPayment: () => Promise<void>,
  ): Promise<void> {
    const reservationId = await inventory.reserve(sku, quantity);
    try {
      await processPayment();
      await inventory.commit(reservationId);
    } catch (err) {
      await inventory.release(reservationId);
      throw err;
    }
  }
  const paid = async (): Promise<void> => {};
  const declined = async (): Promise<void> => {
    throw new Error('card declined');
  };

  it('sells what was paid for, and keeps the rest', async () => {
    const { inventory } = await open();
    await inventory.createItem('SKU-12345', 100);
    await purchaseItem(inventory, 'SKU-12345', 3, paid);
    await expect(purchaseItem(inventory, 'SKU-12345', 5, declined)).rejects.toThrow('card declined');
    expect(await inventory.getAvailable('SKU-12345')).toBe(97);
  });

  it('sets reserved units aside', async () => {
    const { inventory } = await open();
    await inventory.createItem('SKU-12345', 100);
    const reservationId = await inventory.reserve('SKU-12345', 30);
    expect(reservationId).toMatch(/^SKU-12345:[\w-]{16}$/);
    expect(await inventory.getAvailable('SKU-12345')).toBe(70);
    await inventory.release(reservationId);
    expect(await inventory.getAvailable('SKU-12345')).toBe(100);
  });

  it('refuses what is not there, in the words of the documentation', async () => {
    const { inventory } = await open();
    await inventory.createItem('SKU-12345', 2);
    const refused = await inventory.reserve('SKU-12345', 3).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(InsufficientStockError);
    expect(refused).toMatchObject({
      message: expect.stringContaining('Insufficient inventory: need 3, have 2'),
      code: 'INSUFFICIENT_STOCK',
      outcome: 'not-applied',
      sku: 'SKU-12345',
      location: undefined,
      need: 3,
      have: 2,
    });
    expect(await inventory.tryReserve('SKU-12345', 3)).toEqual({
      ok: false,
      sku: 'SKU-12345',
      location: undefined,
      need: 3,
      have: 2,
    });
  });

  it('says that an item is missing, as a missing key', async () => {
    const { inventory } = await open();
    for (const call of [
      inventory.reserve('SKU-0', 1),
      inventory.getAvailable('SKU-0'),
      inventory.get('SKU-0'),
      inventory.adjust('SKU-0', 1),
      inventory.sweep('SKU-0'),
      inventory.split('SKU-0', 2),
      inventory.commit('SKU-0:order-1'),
    ]) {
      const missing = await call.catch((error: unknown) => error);
      expect(missing).toBeInstanceOf(ItemNotFoundError);
      expect(missing).toBeInstanceOf(KeyNotFoundError);
      expect(missing).toMatchObject({
        code: 'ITEM_NOT_FOUND',
        message: expect.stringContaining('SKU-0'),
        sku: 'SKU-0',
        location: undefined,
      });
    }
    const order = [{ sku: 'SKU-0', quantity: 1, location: 'berlin' }];
    const facts = { sku: 'SKU-0', location: 'berlin' };
    await expect(inventory.reserveAll(order)).rejects.toMatchObject(facts);
  });

  it('keeps everything in one key, the one the documentation uses', async () => {
    const { inventory, store, stored } = await open();
    await inventory.createItem('SKU-12345', 10);
    const id = await inventory.reserve('SKU-12345', 4);
    await inventory.commit(id, { quantity: 1 });
    expect(store.callsTo('inventory:SKU-12345').total).toBe(store.calls.total);
    expect(await stored('inventory:SKU-12345')).toMatchObject({ inventory: 1, onHand: 9 });
    expect(JSON.stringify(await stored('inventory:SKU-12345'))).not.toContain('"reserved"');
  });
});

onEveryEngine('an item', (open) => {
  it('can be looked at', async () => {
    const { inventory, clock } = await open();
    await inventory.createItem('SKU-1', 10, { minAvailable: 2, location: 'berlin' });
    clock.advance(1_000);
    await inventory.restock('SKU-1', 5, { ref: 'delivery-7', location: 'berlin' });
    const held = await inventory.tryReserve('SKU-1', 4, { location: 'berlin', id: 'order:17', ttlMs: 5_000 });
    expect(held).toEqual({
      ok: true,
      sku: 'SKU-1',
      location: 'berlin',
      quantity: 4,
      reservationId: 'SKU-1@berlin:order%3A17',
      expiresAt: clock.now() + 5_000,
      repeated: false,
    });
    expect(await inventory.get('SKU-1', { location: 'berlin' })).toEqual({
      sku: 'SKU-1',
      location: 'berlin',
      onHand: 15,
      reserved: 4,
      available: 11,
      minAvailable: 2,
      buckets: 1,
      reservations: [
        { reservationId: 'SKU-1@berlin:order%3A17', quantity: 4, expiresAt: clock.now() + 5_000 },
      ],
      audit: [
        { at: clock.now() - 1_000, delta: 10, reason: 'created' },
        { at: clock.now(), delta: 5, reason: 'restock', ref: 'delivery-7' },
      ],
    });
  });

  it('is counted at each location on its own', async () => {
    const { inventory } = await open();
    await inventory.createItem('SKU-1', 1);
    await inventory.createItem('SKU-1', 2, { location: 'berlin' });
    await inventory.createItem('SKU-1', 3, { location: 'paris' });
    await inventory.commit(await inventory.reserve('SKU-1', 2, { location: 'berlin' }));
    await expect(inventory.reserve('SKU-1', 1, { location: 'berlin' })).rejects.toMatchObject({
      code: 'INSUFFICIENT_STOCK',
      location: 'berlin',
      message: expect.stringContaining('SKU-1 at berlin'),
    });
    expect(await inventory.getAvailable('SKU-1')).toBe(1);
    expect(await inventory.getAvailable('SKU-1', { location: 'paris' })).toBe(3);
  });

  it('can be removed when nothing is reserved, and made anew', async () => {
    const { inventory } = await open();
    await inventory.createItem('SKU-1', 5);
    const id = await inventory.reserve('SKU-1', 1);
    await expect(inventory.removeItem('SKU-1')).rejects.toMatchObject({ code: 'ITEM_CONFLICT' });
    expect(await inventory.getAvailable('SKU-1')).toBe(4);
    expect(await inventory.removeItem('SKU-1', { force: true })).toBe(true);
    expect(await inventory.removeItem('SKU-1')).toBe(false);
    await expect(inventory.commit(id)).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND' });
    await inventory.createItem('SKU-1', 7);
    await expect(inventory.commit(id)).rejects.toMatchObject({ code: 'RESERVATION_NOT_FOUND' });
    await expect(inventory.release(id)).rejects.toThrow('forgotten, as when its item is removed');
    expect(await inventory.getAvailable('SKU-1')).toBe(7);
  });

  it('that is made anew takes an order number it has sold under for a new one', async () => {
    const { inventory } = await open();
    await inventory.createItem('SKU-1', 5);
    await inventory.commit(await inventory.reserve('SKU-1', 2, { id: 'order-17' }));
    await inventory.removeItem('SKU-1');
    await inventory.createItem('SKU-1', 5);
    await expect(inventory.commit('SKU-1:order-17')).rejects.toMatchObject({ code: 'RESERVATION_NOT_FOUND' });
    expect(await inventory.tryReserve('SKU-1', 2, { id: 'order-17' })).toMatchObject({ repeated: false });
  });

  it('that is made anew at once still knows the opIds it has changed under', async () => {
    const { inventory } = await open();
    await inventory.createItem('SKU-1', 0);
    await inventory.restock('SKU-1', 5, { opId: 'delivery-1' });
    await inventory.removeItem('SKU-1');
    await inventory.createItem('SKU-1', 1);
    await inventory.restock('SKU-1', 5, { opId: 'delivery-1' });
    expect(await inventory.getAvailable('SKU-1')).toBe(1);
  });
});
