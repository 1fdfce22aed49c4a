import { expect, it } from 'vitest';
import { reservationId } from '../src/index.js';
import { onEveryEngine, times } from './support/engines.js';

onEveryEngine('34: a partial commit', (open) => {
  it('sells a part and gives the rest back', async () => {
    const { inventory } = await open();
    await inventory.createItem('SKU-1', 10);
    const id = await inventory.reserve('SKU-1', 4);
    const first = { status: 'committed', sold: 3, returned: 1, repeated: false };
    expect(await inventory.commit(id, { quantity: 3 })).toEqual(first);
    expect(await inventory.commit(id, { quantity: 3 })).toEqual({ ...first, repeated: true });
    expect(await inventory.get('SKU-1')).toMatchObject({ onHand: 7, reserved: 0 });
  });

  it('of what has ended is told how it ended, whatever is asked for', async () => {
    const { inventory } = await open();
    await inventory.createItem('SKU-1', 10);
    const [sold, released] = [await inventory.reserve('SKU-1', 4), await inventory.reserve('SKU-1', 4)];
    await inventory.commit(sold, { quantity: 3 });
    await inventory.release(released);
    for (const [id, how] of [
      [sold, 'committed with 3 sold'],
      [released, 'released'],
    ] as const) {
      await expect(inventory.commit(id, { quantity: 9 })).rejects.toMatchObject({
        code: 'RESERVATION_RESOLVED',
        message: expect.stringMatching(new RegExp(`is already ${how}$`)),
      });
    }
  });

  it('of more than is held is refused by name, and the reservation stays', async () => {
    const { inventory } = await open();
    await inventory.createItem('SKU-1', 10);
    const id = await inventory.reserve('SKU-1', 4);
    await expect(inventory.commit(id, { quantity: 5 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/quantity is 5; .* holds 4/),
    });
    expect(await inventory.get('SKU-1')).toMatchObject({ onHand: 10, reserved: 4 });
    expect(await inventory.commit(id)).toMatchObject({ sold: 4 });
  });
});

onEveryEngine("a reservation under the caller's own id", (open) => {
  it('is made once, from whichever process and however often', async () => {
    const { inventory, another } = await open();
    await inventory.createItem('SKU-1', 10);
    const other = another();
    const results = await Promise.all([
      times(3, () => inventory.tryReserve('SKU-1', 2, { id: 'order-17' })),
      times(3, () => other.tryReserve('SKU-1', 2, { id: 'order-17' })),
    ]);
    expect(results.flat().filter((result) => result.ok && !result.repeated)).toHaveLength(1);
    expect(new Set(results.flat().map((result) => result.ok && result.reservationId))).toEqual(
      new Set(['SKU-1:order-17']),
    );
    expect(await inventory.getAvailable('SKU-1')).toBe(8);
  });

  it('is found by whoever knows the order number', async () => {
    const { inventory, another } = await open();
    await inventory.createItem('SKU-1', 10, { location: 'berlin' });
    await inventory.reserve('SKU-1', 2, { id: 'order/17', location: 'berlin' });
    expect(await another().commit(reservationId('SKU-1', 'order/17', 'berlin'))).toMatchObject({ sold: 2 });
  });

  it('is refused for another quantity', async () => {
    const { inventory } = await open();
    await inventory.createItem('SKU-1', 10);
    await inventory.reserve('SKU-1', 2, { id: 'order-17' });
    await expect(inventory.reserve('SKU-1', 3, { id: 'order-17' })).rejects.toMatchObject({
      code: 'OPERATION_ID_REUSED',
      message: expect.stringContaining('one of 2, not of 3'),
    });
    expect(await inventory.getAvailable('SKU-1')).toBe(8);
  });

  it('is remembered for its time and the grace, however many end after it', async () => {
    const { inventory, clock } = await open({ graceMs: 60_000 });
    await inventory.createItem('SKU-1', 1_000);
    const id = await inventory.reserve('SKU-1', 1, { id: 'order-17' });
    const sale = await inventory.commit(id);
    for (const laterMs of [0, 325_000, 325_000]) {
      clock.advance(laterMs);
      const short = await Promise.all(
        Array.from({ length: 300 }, () => inventory.reserve('SKU-1', 1, { ttlMs: 1 })),
      );
      expect(short).toHaveLength(300);
      clock.advance(2_000);
      await inventory.sweep('SKU-1');
      expect(await inventory.commit(id)).toEqual({ ...sale, repeated: true });
    }
    clock.advance(20_000);
    await expect(inventory.commit(id)).rejects.toMatchObject({ code: 'RESERVATION_NOT_FOUND' });
  });

  it.each(['committed', 'released', 'expired'] as const)(
    'is not made again once it is %s',
    async (status) => {
      const { inventory, clock } = await open();
      await inventory.createItem('SKU-1', 10);
      const id = await inventory.reserve('SKU-1', 2, { id: 'order-17' });
      if (status === 'committed') await inventory.commit(id);
      if (status === 'released') await inventory.release(id);
      if (status === 'expired') clock.advance(600_000);
      for (let repetition = 0; repetition < 2; repetition += 1) {
        await expect(inventory.reserve('SKU-1', 2, { id: 'order-17' })).rejects.toMatchObject({
          code: 'RESERVATION_RESOLVED',
          status,
        });
      }
      expect(await inventory.getAvailable('SKU-1')).toBe(status === 'committed' ? 8 : 10);
    },
  );
});
