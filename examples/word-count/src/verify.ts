import type { KvStore } from '@norikv/store';
import type { Plan } from './plan.js';
import { wordCounter } from './word-counter.js';

/** A word whose count in the store is not what a plain count gives. */
export interface Difference {
  readonly word: string;
  readonly expected: number;
  readonly stored: bigint;
}

/** Reads the counter of every word and compares it with the plain count. */
export async function differences(
  store: KvStore,
  plan: Plan,
  expected: ReadonlyMap<string, number>,
): Promise<Difference[]> {
  const found: Difference[] = [];
  for (const [word, count] of expected) {
    const stored = await wordCounter(store, word, plan).value();
    if (stored !== BigInt(count)) found.push({ word, expected: count, stored });
  }
  return found;
}
