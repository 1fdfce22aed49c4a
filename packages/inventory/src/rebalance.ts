import { ContentionError, type UpdateOptions } from '@norikv/cas-retry';
import type { StockName } from './names.js';
import { isRefusal, type Refusal } from './refusals.js';
import type { Step } from './step.js';
import { emptyStock, type Stock, sellableIn, type Transfer } from './stock.js';
import type { StockRecords } from './stock-records.js';
import { tallyOf } from './tally.js';
import { confirm, receive, send } from './transfer.js';

const mostRounds = 64;

/** A step that takes units from one bucket. */
export interface Taking<Answer> {
  readonly name: StockName;
  readonly bucket: number;
  readonly need: number;
  readonly step: Step<Answer | Refusal>;
  readonly options?: UpdateOptions | undefined;
}

/**
 * Runs a step that takes units. Where its bucket has too few and the item has enough, they are moved in from
 * the other buckets first.
 *
 * Buckets are read one by one, and units that moved meanwhile can be missed. So "too few" is only said after
 * two equal looks with no move in between.
 *
 * @throws ContentionError if other buyers moved the units away again and again.
 */
export async function take<Answer>(records: StockRecords, taking: Taking<Answer>): Promise<Answer | Refusal> {
  const { name, bucket, need, step, options } = taking;
  let answer = await records.step(name, bucket, step, options);
  let stamp: string | undefined;
  for (let round = 0; round < mostRounds; round += 1) {
    if (!isShort(answer)) return answer;
    if (bucket === 0 && answer.buckets === 1) return answer;
    const stocks = await records.read(name, { signal: options?.signal, deadlineMs: options?.deadlineMs });
    const { sellable, stamp: current } = tallyOf(stocks);
    if (sellable < need && current === stamp) {
      // Those who have the units may be another call under the same id: that one is this one's answer, too.
      const last = await records.step(name, bucket, step, options);
      return isShort(last) ? { ...last, have: sellable } : last;
    }
    stamp = current;
    if (sellable >= need) answer = await gather(records, taking, stocks);
  }
  throw new ContentionError(
    `Other buyers took the units ${mostRounds} times while they were being gathered; nothing was written.`,
    { attempts: mostRounds },
  );
}

function isShort(answer: unknown): answer is Extract<Refusal, { readonly kind: 'short' }> {
  return isRefusal(answer) && answer.kind === 'short';
}

/** Moves in what is missing, richest bucket first, and runs the step. */
async function gather<Answer>(
  records: StockRecords,
  { name, bucket: home, need, step, options = {} }: Taking<Answer>,
  stocks: readonly Stock[],
): Promise<Answer | Refusal> {
  const route: Route = {
    records,
    name,
    home,
    limits: { signal: options.signal, deadlineMs: options.deadlineMs },
  };
  const sources = stocks
    .map((stock, from) => ({ from, sellable: sellableIn(stock) }))
    .filter(({ from }) => from !== home)
    .sort((left, right) => right.sellable - left.sellable);
  // What a process left on its way when it died can be had again.
  await Promise.all(
    stocks.flatMap(({ outgoing }, from) => (outgoing ? [finish(route, { from, transfer: outgoing })] : [])),
  );
  const shipments: Shipment[] = [];
  let missing = need - sellableIn(stocks[home] ?? emptyStock());
  for (const { from } of sources) {
    const transfer = missing > 0 ? await order(route, from, missing) : undefined;
    if (!transfer) continue;
    shipments.push({ from, transfer });
    missing -= transfer.amount;
  }
  // Not awaited one by one: units and the step that takes them share a write, so nobody can come in between.
  const arrivals = shipments.map((shipment) => finish(route, shipment));
  const answer = await records.step(name, home, step, options);
  await Promise.all(arrivals);
  return answer;
}

interface Route {
  readonly records: StockRecords;
  readonly name: StockName;
  readonly home: number;
  readonly limits: UpdateOptions;
}

interface Shipment {
  readonly from: number;
  readonly transfer: Transfer;
}

/**
 * Takes a transfer in and strikes out its note. What goes wrong here is nobody's loss: the note stays, and
 * the next to find it finishes the transfer. It must not be reported for a step that was applied.
 */
async function finish({ records, name, limits }: Route, { from, transfer }: Shipment): Promise<void> {
  try {
    const arrival = await records.step(name, transfer.to, receive(from, transfer), limits);
    if (!isRefusal(arrival)) await records.step(name, from, confirm(transfer), limits);
  } catch {}
}

/** Asks a bucket for units; none if another transfer has not left it yet. */
async function order(
  { records, name, home, limits }: Route,
  from: number,
  missing: number,
): Promise<Transfer | undefined> {
  const transfer = await records.step(name, from, send(home, missing), limits);
  return isRefusal(transfer) || transfer?.to !== home ? undefined : transfer;
}
