import { withFaults } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { type AuditEntry, InventoryManager } from '../src/index.js';
import { onEveryEngine, times } from './support/engines.js';

onEveryEngine('37: stock is changed under reservations', (open) => {
  it('adds what is delivered', async () => {
    const { inventory } = await open();
    await inventory.createItem('SKU-1', 2);
    await inventory.reserve('SKU-1', 2);
    await inventory.restock('SKU-1', 3, { ref: 'delivery-1', reason: undefined });
    const { audit, ...item } = await inventory.get('SKU-1');
    expect(item).toMatchObject({ onHand: 5, reserved: 2, available: 3 });
    expect(audit.at(-1)).toMatchObject({ delta: 3, reason: 'restock', ref: 'delivery-1' });
  });

  it('never takes away what is reserved', async () => {
    const { inventory } = await open();
    await inventory.createItem('SKU-1', 10);
    const id = await inventory.reserve('SKU-1', 8);
    await expect(inventory.adjust('SKU-1', -3, { reason: 'damaged' })).rejects.toMatchObject({
      code: 'INSUFFICIENT_STOCK',
      need: 3,
      have: 2,
    });
    await inventory.adjust('SKU-1', -2, { reason: 'damaged' });
    expect(await inventory.commit(id)).toMatchObject({ sold: 8 });
    expect(await inventory.get('SKU-1')).toMatchObject({ onHand: 0, reserved: 0 });
  });

  it('applies a named change once, from any process, and a refused one never', async () => {
    const { inventory, another } = await open();
    await inventory.createItem('SKU-1', 1);
    await expect(inventory.adjust('SKU-1', -5, { opId: 'count-1' })).rejects.toMatchObject({ have: 1 });
    await inventory.restock('SKU-1', 9, { opId: 'delivery-1' });
    await another().restock('SKU-1', 9, { opId: 'delivery-1' });
    await inventory.adjust('SKU-1', -5, { opId: 'count-1' });
    await expect(inventory.adjust('SKU-1', 1, { opId: 'count-1' })).rejects.toMatchObject({
      code: 'OPERATION_ID_REUSED',
    });
    expect(await inventory.getAvailable('SKU-1')).toBe(5);
  });

  it('a refused change is not remembered, even if other things ended in the same moment', async () => {
    const { inventory, clock } = await open();
    await inventory.createItem('SKU-1', 5);
    await inventory.reserve('SKU-1', 2, { ttlMs: 1_000 });
    clock.advance(10_000);
    await expect(inventory.adjust('SKU-1', -6, { opId: 'count-1' })).rejects.toMatchObject({ have: 5 });
    await inventory.restock('SKU-1', 1);
    await inventory.adjust('SKU-1', -6, { opId: 'count-1' });
    expect(await inventory.getAvailable('SKU-1')).toBe(0);
  });

  it('keeps the last 16 changes', async () => {
    const { inventory } = await open();
    await inventory.createItem('SKU-1', 0);
    for (let number = 1; number <= 20; number += 1) {
      await inventory.adjust('SKU-1', number, { reason: 'count', ref: `r${number}` });
    }
    const { audit, onHand } = await inventory.get('SKU-1');
    expect(onHand).toBe(210);
    expect(audit.map(({ ref }) => ref)).toEqual(Array.from({ length: 16 }, (_, number) => `r${number + 5}`));
  });

  it('stays as it is, whatever is done to an answer', async () => {
    const { inventory, stored } = await open();
    await inventory.createItem('SKU-1', 1);
    await inventory.restock('SKU-1', 2);
    const { audit } = await inventory.get('SKU-1');
    for (const entry of audit) Object.assign(entry, { delta: 1_000 });
    (audit as AuditEntry[]).reverse();
    await inventory.restock('SKU-1', 3);
    const kept = (await stored('inventory:SKU-1')).audit as readonly AuditEntry[];
    expect(kept.map(({ delta }) => delta)).toEqual([1, 2, 3]);
  });
});

onEveryEngine('38: an item that exists', (open) => {
  it('is not overwritten by createItem, and keeps its reservations', async () => {
    const { inventory, another } = await open();
    await inventory.createItem('SKU-1', 10);
    const id = await inventory.reserve('SKU-1', 4);
    for (const manager of [inventory, another()]) {
      await expect(manager.createItem('SKU-1', 100)).rejects.toMatchObject({
        code: 'ITEM_CONFLICT',
        message: expect.stringContaining('SKU-1 exists'),
      });
    }
    expect(await inventory.get('SKU-1')).toMatchObject({ onHand: 10, reserved: 4 });
    expect(await inventory.commit(id)).toMatchObject({ sold: 4 });
  });

  it('is no conflict for the one who made it, when the reply was lost', async () => {
    const { store } = await open();
    const faulty = withFaults(store);
    faulty.faults.next('put', 'lost-reply');
    const inventory = new InventoryManager(faulty);
    await inventory.createItem('SKU-1', 10);
    expect(faulty.faults.injected['lost-reply']).toBe(1);
    expect(await inventory.get('SKU-1')).toMatchObject({ onHand: 10, audit: [{ reason: 'created' }] });
  });

  it('is made by exactly one of many at once', async () => {
    const { inventory, another } = await open();
    const other = another();
    const results = await Promise.allSettled(
      [...Array(20)].map((_, number) => (number % 2 ? inventory : other).createItem('SKU-1', number + 1)),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is set by an upsert, reservations and all', async () => {
    const { inventory } = await open();
    await inventory.createItem('SKU-1', 3, { upsert: true, minAvailable: 1 });
    const id = await inventory.reserve('SKU-1', 2);
    await inventory.createItem('SKU-1', 8, { upsert: true });
    expect(await inventory.get('SKU-1')).toMatchObject({
      onHand: 8,
      reserved: 2,
      minAvailable: 1,
      audit: [{ delta: 3 }, { delta: 5, reason: 'set' }],
    });
    for (const [quantity, minAvailable] of [
      [2, 1],
      [8, 7],
    ] as const) {
      await expect(
        inventory.createItem('SKU-1', quantity, { upsert: true, minAvailable }),
      ).rejects.toMatchObject({
        code: 'ITEM_CONFLICT',
        message: expect.stringContaining('reserved or kept back'),
      });
    }
    await inventory.createItem('SKU-1', 3, { upsert: true, minAvailable: 1 });
    expect(await inventory.tryReserve('SKU-1', 1)).toMatchObject({ ok: false, have: 0 });
    expect(await inventory.commit(id)).toMatchObject({ sold: 2 });
  });
});

onEveryEngine('what must stay available', (open) => {
  it('is a reserve above 0', async () => {
    const { inventory } = await open();
    await inventory.createItem('SKU-1', 10, { minAvailable: 3 });
    const results = await times(10, () => inventory.tryReserve('SKU-1', 1));
    expect(results.filter(({ ok }) => ok)).toHaveLength(7);
    expect(results.at(-1)).toMatchObject({ ok: false, have: 0 });
    expect(await inventory.getAvailable('SKU-1')).toBe(3);
    await expect(inventory.adjust('SKU-1', -1)).rejects.toMatchObject({ have: 0 });
  });

  it('is a number of backorders below 0', async () => {
    const { inventory } = await open();
    await inventory.createItem('SKU-1', 2, { minAvailable: -3 });
    const id = await inventory.reserve('SKU-1', 5);
    expect(await inventory.tryReserve('SKU-1', 1)).toMatchObject({ ok: false, have: 0 });
    await inventory.commit(id);
    expect(await inventory.get('SKU-1')).toMatchObject({ onHand: -3, available: -3 });
    await inventory.restock('SKU-1', 10);
    expect(await inventory.getAvailable('SKU-1')).toBe(7);
  });

  it('can be more than there is, and then nothing is sold', async () => {
    const { inventory } = await open();
    await inventory.createItem('SKU-1', 2, { minAvailable: 5 });
    expect(await inventory.tryReserve('SKU-1', 1)).toMatchObject({ ok: false, have: 0 });
    await expect(inventory.adjust('SKU-1', -1)).rejects.toMatchObject({ have: 0 });
    await inventory.restock('SKU-1', 2);
    await inventory.adjust('SKU-1', 0, { reason: 'counted' });
    expect(await inventory.get('SKU-1')).toMatchObject({ onHand: 4, minAvailable: 5 });
  });
});

onEveryEngine('an opId', (open) => {
  it('counts once within the window of the record, and again after it', async () => {
    const { inventory } = await open();
    await inventory.createItem('SKU-1', 0);
    const restock = (opId: string): Promise<void> => inventory.restock('SKU-1', 1, { opId });
    for (let number = 0; number < 256; number += 1) await restock(`delivery-${number}`);
    await restock('delivery-0');
    expect(await inventory.getAvailable('SKU-1')).toBe(256);
    await restock('delivery-256');
    await restock('delivery-0');
    expect(await inventory.getAvailable('SKU-1')).toBe(258);
  });
});
