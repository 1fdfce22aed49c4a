import { InventoryManager } from '@norikv/inventory';
import { type CountedStore, countCalls, createMemoryStore } from '@norikv/testkit';
import { seedCreateItem, seedReserve } from '../contenders/seed-inventory.js';
import { compare, type Figure, type Row } from '../row.js';

const buyers = 100;
const units = 50;

/** Store calls that 100 buyers of 50 units need, 2 ms away from the store. */
export async function inventoryBurst(): Promise<Row[]> {
  const measure = async (
    contender: string,
    open: (store: CountedStore) => Promise<() => Promise<string>>,
  ): Promise<Figure> => {
    const store = countCalls(createMemoryStore({ latencyMs: 2 }));
    const reserve = await open(store);
    store.reset();
    const results = await Promise.allSettled(Array.from({ length: buyers }, reserve));
    const served = results.filter(({ status }) => status === 'fulfilled').length;
    const refused = results.filter(
      (result) => result.status === 'rejected' && /Insufficient/.test(String(result.reason)),
    ).length;
    const note = `${served} served, ${refused} refused, ${buyers - served - refused} gave up`;
    return { contender, value: store.calls.total, note };
  };
  return compare(`${buyers} buyers of ${units} units at once`, 'store calls', 'less', [
    await measure('ours: InventoryManager.reserve', async (store) => {
      await new InventoryManager(store).createItem('hot', units);
      // Another store object, as in another process: it does not know the record yet.
      const inventory = new InventoryManager({ ...store });
      return () => inventory.reserve('hot', 1);
    }),
    await measure('the documentation’s InventoryManager', async (store) => {
      await seedCreateItem(store, 'hot', units);
      return () => seedReserve(store, 'hot', 1);
    }),
  ]);
}
