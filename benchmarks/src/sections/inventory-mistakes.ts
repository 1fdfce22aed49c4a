import { InventoryManager } from '@norikv/inventory';
import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { seedCommit, seedCreateItem, seedItem, seedReserve } from '../contenders/seed-inventory.js';
import { mistakes, type Row } from '../row.js';

const units = 100;
const customers = 50;

/** Units that are lost or sold twice, on a store that does nothing wrong. */
export async function inventoryMistakes(): Promise<Row[]> {
  const clock = new FakeClock();
  const store = createMemoryStore({ clock });
  const inventory = new InventoryManager(store, { clock });
  for (const sku of ['left', 'repeated']) {
    await inventory.createItem(`ours-${sku}`, units);
    await seedCreateItem(store, `seed-${sku}`, units);
  }
  for (let customer = 0; customer < customers; customer += 1) {
    await inventory.reserve('ours-left', 1);
    await seedReserve(store, 'seed-left', 1);
    // A client that got no reply in time asks once more.
    const ours = await inventory.reserve('ours-repeated', 1);
    await Promise.all([inventory.commit(ours), inventory.commit(ours)]);
    const seed = await seedReserve(store, 'seed-repeated', 1);
    await Promise.all([seedCommit(store, seed), seedCommit(store, seed)]);
  }
  await clock.advance(60 * 60_000);
  const seedLeft = await seedItem(store, 'seed-left');
  const soldTwice = (onHand: number): number => units - customers - onHand;
  return [
    ...mistakes(`Units lost after ${customers} of ${units} customers walked away`, 'units lost', [
      { contender: 'ours: InventoryManager', value: units - (await inventory.getAvailable('ours-left')) },
      {
        contender: 'the documentation’s InventoryManager',
        value: units - (seedLeft.quantity - seedLeft.reserved),
      },
    ]),
    ...mistakes(`Units sold twice when each of ${customers} commits is repeated`, 'sold twice', [
      {
        contender: 'ours: InventoryManager',
        value: soldTwice((await inventory.get('ours-repeated')).onHand),
      },
      {
        contender: 'the documentation’s InventoryManager',
        value: soldTwice((await seedItem(store, 'seed-repeated')).quantity),
      },
    ]),
  ];
}
