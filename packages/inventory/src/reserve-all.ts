import { checkWhole, refuse } from '@norikv/store/checks';
import { ReservationResolvedError } from './errors.js';
import { onHold, saleOf } from './hold.js';
import { type StockName, stockKey, stockName, tokenOf } from './names.js';
import type { ReserveAllOptions } from './options.js';
import { release } from './resolve.js';
import type { HeldUnits, OrderLine, ReserveAllResult, ReserveResult } from './results.js';
import { mostUnits } from './settings.js';
import type { StockRecords } from './stock-records.js';

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
 * Calls under one chosen id must not take away what another one holds. They agree in the record of the line
 * that falls short: there the id is either held or refused for good. Refused, all lines are given back,
 * whoever held them. A failure decides nothing, so what is held then stays for the repetition.
 */
export async function reserveInTurn(
  records: StockRecords,
  lines: readonly OrderLine[],
  reserve: Holder,
  options: ReserveAllOptions,
): Promise<ReserveAllResult> {
  const { id, deadlineMs } = options;
  const demands = demandsOf(lines);
  const held: HeldUnits[] = [];
  const giveBack = async (): Promise<void> => {
    await Promise.allSettled(
      held.map(({ reservationId }) => onHold(records, reservationId, release, { deadlineMs })),
    );
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
    if (id === undefined) {
      await giveBack();
      throw error;
    }
    const others = demands.filter((_, line) => line !== held.length);
    throw await endOf(records, others, error, options);
  }
  return { ok: true, lines: held };
}

/**
 * What to tell of an order under a chosen id with a line that has failed. The lines of one that has ended may have
 * ended in different ways, and then that one was sold goes first: whoever hears that it expired gives the money back.
 * What cannot be looked at may have been sold.
 */
async function endOf(
  records: StockRecords,
  others: readonly Demand[],
  error: unknown,
  { id = '', signal, deadlineMs }: ReserveAllOptions,
): Promise<unknown> {
  if (!(error instanceof ReservationResolvedError) || error.status === 'committed') return error;
  const token = tokenOf('id', id);
  const looks = await Promise.allSettled(
    others.map(({ name }) => saleOf(records, name, token, { signal, deadlineMs })),
  );
  const sales = looks.flatMap((look) => (look.status === 'fulfilled' && look.value ? [look.value] : []));
  const failures = looks.flatMap((look): unknown[] => (look.status === 'rejected' ? [look.reason] : []));
  return [...sales, ...failures, error][0];
}

/** What the lines want of each stock: two lines of one SKU are one demand, checked as a whole. */
function demandsOf(lines: readonly OrderLine[]): readonly Demand[] {
  if (!Array.isArray(lines)) {
    refuse('lines', lines, 'an array of { sku, quantity }');
  }
  const demands = new Map<string, Demand>();
  for (const line of lines) {
    const { sku, quantity, location } = checkedLine(line);
    checkWhole(`quantity of ${sku}`, quantity, 1, mostUnits);
    const name = stockName(sku, location);
    const key = stockKey('', name, 0);
    const sum = quantity + (demands.get(key)?.quantity ?? 0);
    checkWhole(`quantity of ${sku}, summed`, sum, 1, mostUnits);
    demands.set(key, { name, quantity: sum });
  }
  return [...demands].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, demand]) => demand);
}

function checkedLine(line: OrderLine | null | undefined): OrderLine {
  if (typeof line === 'object' && line !== null) return line;
  return refuse('a line', line, '{ sku, quantity }');
}
