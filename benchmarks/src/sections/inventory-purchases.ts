import { openEmbedded } from '@norikv/embedded';
import { InventoryManager } from '@norikv/inventory';
import { seedCommit, seedCreateItem, seedReserve } from '../contenders/seed-inventory.js';
import { type Contenders, loopFigures } from '../loop-figures.js';
import { compare, type Row } from '../row.js';
import { temporaryFolder } from '../temporary-folder.js';

const units = 1_000_000_000;

/** Durable purchases of one SKU, reserved and committed, from one process. */
export async function inventoryPurchases(inFlight: number, durationMs: number): Promise<Row[]> {
  await using folder = await temporaryFolder();
  await using store = await openEmbedded({ path: folder.path });
  const inventory = new InventoryManager(store);
  await inventory.createItem('ours', units);
  await seedCreateItem(store, 'seed', units);
  const contenders: Contenders = {
    'ours: InventoryManager, repeatable 11 minutes': async () =>
      inventory.commit(await inventory.reserve('ours', 1)),
    'the documentation’s InventoryManager': async () =>
      seedCommit(store, await seedReserve(store, 'seed', 1)),
  };
  return compare(
    `Purchases of one SKU, ${inFlight} in flight, one process`,
    'purchases/s',
    'more',
    await loopFigures(contenders, inFlight, durationMs),
  );
}
