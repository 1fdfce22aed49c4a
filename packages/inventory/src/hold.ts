import { keep, type UpdateOptions } from '@norikv/cas-retry';
import type { NoriKVError } from '@norikv/store';
import { homeOf } from './buckets.js';
import { formatReservation, parseReservation, type StockName } from './names.js';
import { take } from './rebalance.js';
import { isRefusal, type Refusal, refusalError } from './refusals.js';
import { type Reserved, refuse, reserve } from './reserve.js';
import type { ReserveResult } from './results.js';
import type { Rules } from './rules.js';
import type { Step } from './step.js';
import type { Stock } from './stock.js';
import type { StockRecords } from './stock-records.js';

/** What is to be held. */
export interface Wish {
  readonly name: StockName;
  readonly quantity: number;
  readonly token: string;
  /** The token is the caller's own, so another call may have used it. */
  readonly isChosen: boolean;
  /** Too few units settle that the token never gets any. */
  readonly isDecidedOnce: boolean;
  readonly ttlMs: number;
}

/** Reserves in the bucket where it belongs: the home of a chosen id, and for a new one wherever this process likes. */
export async function hold(
  records: StockRecords,
  rules: Rules,
  wish: Wish,
  limits: UpdateOptions,
): Promise<ReserveResult> {
  const { name, quantity, token, isChosen, isDecidedOnce, ttlMs } = wish;
  const options = isChosen ? limits : { ...limits, onConflict: () => records.moveOn() };
  const reserveIn = (bucket: number, isPinned: boolean): Promise<Reserved | Refusal> => {
    const step = reserve({ token, quantity, ttlMs, isPinned }, rules);
    return take(records, { name, bucket, need: quantity, step, options });
  };
  let bucket = isChosen ? 0 : records.preferred(name);
  let answer = await reserveIn(bucket, !isChosen);
  if (isRefusal(answer) && answer.kind === 'elsewhere') {
    bucket = homeOf(token, answer.buckets);
    answer = await reserveIn(bucket, true);
  }
  for (let full = 1; !isChosen && isRefusal(answer) && answer.kind === 'full'; full += 1) {
    records.learn(name, answer.buckets);
    if (full >= records.bucketCount(name)) break;
    records.moveOn();
    bucket = (bucket + 1) % records.bucketCount(name);
    answer = await reserveIn(bucket, true);
  }
  const { sku } = name;
  const location = name.location || undefined;
  if (!isRefusal(answer)) {
    const { expiresAt, repeated, buckets } = answer;
    records.learn(name, buckets);
    const isFindable = isChosen || (bucket === 0 && buckets === 1);
    const reservationId = formatReservation({ ...name, token, bucket: isFindable ? undefined : bucket });
    return { ok: true, sku, location, quantity, reservationId, expiresAt, repeated };
  }
  if (answer.kind === 'short') {
    const isSettled =
      !isDecidedOnce ||
      (await records.step(name, bucket, refuse({ token, quantity, ttlMs }, rules), limits)) === true;
    // Another call under the token came first, or the SKU was split: what holds now has to be looked up.
    if (!isSettled) return hold(records, rules, wish, limits);
    return { ok: false, sku, location, need: quantity, have: Math.max(0, answer.have) };
  }
  const reservationId = formatReservation({ ...name, token, bucket: undefined });
  throw refusalError(answer, { name, need: quantity, reservationId });
}

/** Runs a step on the record a reservation is in. An id without a bucket is in the first one or in its home. */
export async function onHold<Answer>(
  records: StockRecords,
  reservationId: string,
  step: (token: string) => Step<Answer | Refusal>,
  options?: UpdateOptions,
  need?: number,
): Promise<Answer> {
  const { token, bucket, ...name } = parseReservation(reservationId);
  const run = (where: number): Promise<Answer | Refusal> => records.step(name, where, step(token), options);
  let answer = await run(bucket ?? 0);
  if (bucket === undefined && isRefusal(answer) && answer.kind === 'elsewhere') {
    const home = homeOf(token, answer.buckets);
    if (home !== 0) answer = await run(home);
  }
  if (isRefusal(answer)) throw refusalError(answer, { name, need, reservationId });
  return answer;
}

/** The error that tells of a reservation under a chosen id that it was sold; undefined of any other. Writes nothing. */
export async function saleOf(
  records: StockRecords,
  name: StockName,
  token: string,
  limits: UpdateOptions,
): Promise<NoriKVError | undefined> {
  const look = (bucket: number): Promise<Stock | undefined> => records.update(name, bucket, keep, limits);
  const first = await look(0);
  if (!first) return undefined;
  const home = homeOf(token, first.buckets);
  const stock = first.reservations.get(token) || home === 0 ? first : await look(home);
  const { status, sold = 0 } = stock?.reservations.get(token) ?? {};
  if (status !== 'committed') return undefined;
  const reservationId = formatReservation({ ...name, token, bucket: undefined });
  return refusalError({ kind: 'resolved', status, sold }, { name, reservationId });
}
