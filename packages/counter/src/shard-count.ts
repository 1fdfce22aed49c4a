import { type Codec, keep, type Transition, write } from '@norikv/cas-retry';
import { checkWhole } from '@norikv/store/checks';
import { decode, encode } from './counter-value.js';

/** The most shards a counter can have. */
export const shardLimit = 1_024;

/** How many shards a counter has so far. Absent: one, or those another program wrote. */
export const shardCountCodec: Codec<number> = {
  encode,
  decode: (bytes) => checkWhole('shards', Number(decode(bytes)), 1, shardLimit),
};

/**
 * Doubles the shard count up to `max`, unless another process has changed it from what this one knew.
 * It never shrinks: a reader would miss what the last shards hold. Answers the count.
 *
 * @param inUse - how many shards hold something although nobody wrote a count.
 */
export function grow(known: number, max: number, inUse: number): Transition<number, number> {
  return (current) => {
    const shards = current ?? Math.max(known, inUse);
    const next = shards > known ? shards : Math.min(max, shards * 2);
    return next === current ? keep(next) : write(next, next);
  };
}
