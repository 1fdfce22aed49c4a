import { type Change, keep, remove, type Transition, write } from '@norikv/cas-retry';
import type { Refusal } from './refusals.js';
import { type Rules, settle } from './rules.js';
import { onStock, type Step } from './step.js';
import { type AuditEntry, audited, emptyStock, type Stock, sellableIn } from './stock.js';

/** It worked. */
const done = 'done';
export type Done = typeof done;

/** What an item starts with, or is set to. */
export interface ItemStart {
  readonly quantity: number;
  /** Undefined: 0 for a new item, as it is for an old one. */
  readonly minAvailable: number | undefined;
  /** Whether an item that exists is set to this; its reservations stay. */
  readonly upsert: boolean;
}

/** Makes an item, and never replaces one unasked. */
export function create(
  { quantity, minAvailable, upsert }: ItemStart,
  rules: Rules,
): Transition<Stock, Done | Refusal> {
  const change = (stock: Stock, now: number, reason: string): Stock => {
    const delta = quantity - stock.onHand;
    return audited(
      { ...stock, minAvailable: minAvailable ?? stock.minAvailable },
      { at: now, delta, reason },
    );
  };
  const set: Step<Done | Refusal> = (stock, now) => {
    if (!upsert) return [stock, conflict('exists; pass upsert to set what is on hand, or use adjust()')];
    if (stock.buckets > 1) return [stock, conflict('is split; use adjust()')];
    const next = change(stock, now, 'set');
    return sellableIn(next) < 0
      ? [stock, conflict('has more reserved or kept back than that')]
      : [next, done];
  };
  return (stored, now) =>
    stored ? onStock(rules, set)(stored, now) : write(change(emptyStock(), now, 'created'), done);
}

/** Changes what is on hand, but never below what is reserved or has to stay. */
export function adjust(change: Omit<AuditEntry, 'at'>): Step<Done | Refusal> {
  return (stock, now) => {
    const have = sellableIn(stock);
    return change.delta < 0 && have + change.delta < 0
      ? [stock, { kind: 'short', have, buckets: stock.buckets }]
      : [audited(stock, { at: now, ...change }), done];
  };
}

/** Removes an item without live reservations, or with them if forced. */
export function removeItem(force: boolean, rules: Rules): Transition<Stock, boolean | Refusal> {
  return (stored, now): Change<Stock, boolean | Refusal> => {
    if (!stored) return keep(false);
    const { buckets, reservations } = settle(stored, now, rules);
    if (buckets > 1) return keep(conflict('is split, and its buckets cannot be removed; adjust() it to 0'));
    if (force || reservations.summary.heldCount === 0) return remove(true);
    return keep(conflict('has live reservations; release them, let them expire, or pass force'));
  };
}

/** What a sweep found. */
export interface Swept {
  readonly units: number;
  readonly buckets: number;
}

/** Ends what time has ended, and answers how many units that gave back. */
export function sweep(rules: Rules): Transition<Stock, Swept | Refusal> {
  return (stored, now) => {
    if (!stored) return keep({ kind: 'no-item' });
    const next = settle(stored, now, rules);
    const units = stored.reservations.summary.heldUnits - next.reservations.summary.heldUnits;
    const swept = { units, buckets: stored.buckets };
    return next === stored ? keep(swept) : write(next, swept);
  };
}

/** Creates a bucket without units, unless it is there. */
export const addBucket: Transition<Stock, Done> = (stored) =>
  stored ? keep(done) : write(emptyStock(), done);

/** Makes the buckets known: from here on they are used. */
export function split(buckets: number): Step<Done | Refusal> {
  return (stock) => {
    if (stock.buckets === buckets) return [stock, done];
    if (stock.buckets > 1) return [stock, conflict(`is split into ${stock.buckets} buckets already`)];
    return [{ ...stock, buckets }, done];
  };
}

function conflict(why: string): Refusal {
  return { kind: 'conflict', why };
}
