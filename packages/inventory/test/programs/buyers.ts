import { openEmbedded } from '@norikv/embedded';
import { countCalls } from '@norikv/testkit';
import { InventoryManager } from '../../src/index.js';

/** What the buyers of one process came to. */
export interface BuyersReport {
  /** Store calls until the last of them had units or was refused, what others did meanwhile included. */
  readonly callsToReserve: number;
  /** `sold`, `released` or the code of an error, for each buyer. */
  readonly outcomes: readonly string[];
}

/** One process of buyers, told where to buy, how many they are, and which of them change their mind. */
const [path, buyers, returnEvery] = process.argv.slice(2);
await using engine = await openEmbedded({ path: String(path), durability: 'os' });
const store = countCalls(engine);
// How long a machine that is busy with other tests takes must not matter.
const patience = { maxFoldMs: 60_000, deadlineMs: 120_000, attemptTimeoutMs: 120_000 };
const inventory = new InventoryManager(store, patience);

process.stdout.write('ready\n');
// All processes begin at the same time: when their input ends.
for await (const _ of process.stdin);

const reservations = Array.from({ length: Number(buyers) }, () => inventory.reserve('hot', 1));
const callsToReserve = Promise.allSettled(reservations).then(() => store.calls.total);
const outcomes = reservations.map(async (reservation, buyer) => {
  try {
    const reservationId = await reservation;
    const isReturned = buyer % Number(returnEvery) === 0;
    await (isReturned ? inventory.release(reservationId) : inventory.commit(reservationId));
    return isReturned ? 'released' : 'sold';
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
});
const report: BuyersReport = {
  callsToReserve: await callsToReserve,
  outcomes: await Promise.all(outcomes),
};
process.stdout.write(`${JSON.stringify(report)}\n`);
