import { DistributedCounter } from '@norikv/counter';
import type { KvStore } from '@norikv/store';
import type { Plan } from './plan.js';

/**
 * The counter of one word.
 *
 * A chunk adds to it at most once under one operation id, `operationOf(chunk)`. So in the whole life of a
 * job at most as many ids as there are chunks ever reach one counter. The window holds that many: none is
 * ever forgotten, and a chunk may be counted again by anybody, at any time, and as often as they like.
 */
export function wordCounter(store: KvStore, word: string, { chunks }: Plan): DistributedCounter {
  return new DistributedCounter(store, `word:${word}`, {
    operationWindow: chunks.length,
    deadlineMs: 60_000,
  });
}

/** The id under which a chunk adds its words. */
export function operationOf(chunk: number): string {
  return `chunk-${chunk}`;
}
