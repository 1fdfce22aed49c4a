import { type StockName, stockKey, stockName } from './names.js';
import type { HeldUnits, OrderLine, ReserveAllResult, ReserveResult } from './results.js';
import { checkWhole, mostUnits } from './settings.js';

/** Reserves units of one stock. */
export type Holder = (name: StockName, quantity: number) => Promise<ReserveResult>;

/** One stock, and what an order wants of it in all. */
interface Demand {
  readonly name: StockName;
  readonly quantity: number;
}

/**
 * Reserves the lines of an order one after the other, in an order that is the same for everybody, and gives
 * back what it holds if one falls short or fails. Should it die in between, the rest ends with its time.
 *
 * Only what this call made is given back: a repetition must not take away what the first call holds.
 */
export async function reserveInTurn(
  lines: readonly OrderLine[],
  reserve: Holder,
  release: (reservationId: string) => Promise<unknown>,
): Promise<ReserveAllResult> {
  const demands = demandsOf(lines);
  const held: HeldUnits[] = [];
  const giveBack = async (): Promise<void> => {
    for (const { reservationId, repeated } of held.reverse()) {
      if (!repeated) await release(reservationId).catch(() => {});
    }
  };
  try {
    for (const { name, quantity } of demands) {
      const result = await reserve(name, quantity);
      if (!result.ok) {
        await giveBack();
        return result;
      }
      held.push(result);
    }
  } catch (error) {
    await giveBack();
    throw error;
  }
  return { ok: true, lines: held };
}

/** What the lines want of each stock: two lines of one SKU are one demand, checked as a whole. */
function demandsOf(lines: readonly OrderLine[]): readonly Demand[] {
  const demands = new Map<string, Demand>();
  for (const { sku, quantity, location } of lines) {
    checkWhole(`quantity of ${sku}`, quantity, 1, mostUnits);
    const name = stockName(sku, location);
    const key = stockKey('', name, 0);
    const sum = quantity + (demands.get(key)?.quantity ?? 0);
    checkWhole(`quantity of ${sku}, summed`, sum, 1, mostUnits);
    demands.set(key, { name, quantity: sum });
  }
  return [...demands].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, demand]) => demand);
}
