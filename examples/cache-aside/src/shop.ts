import type { Cache } from '@norikv/cache';
import { bytesToString, find, type KvStore } from '@norikv/store';

/** How long the price service takes to answer, in milliseconds. */
export const priceServiceMs = 300;
/** How long other processes may show an old price after a change, in milliseconds. */
export const boundMs = 400;

/** Asks the price service: slow, and each question is counted. */
async function askPriceService(source: KvStore, questions: string, product: string): Promise<number> {
  await source.put(`questions/${questions}`, 'asked');
  const price = await find(source, `price/${product}`);
  await new Promise((resolve) => {
    setTimeout(resolve, priceServiceMs);
  });
  return Number(bytesToString(price?.value ?? new Uint8Array()));
}

/** The price as a shop shows it. */
export function priceOf(
  cache: Cache<number>,
  source: KvStore,
  questions: string,
  product: string,
): Promise<number> {
  return cache.getOrSet(product, () => askPriceService(source, questions, product));
}
