export type { CounterBounds } from './bounds.js';
export {
  type BucketAddOptions,
  BucketedCounter,
  type BucketedCounterOptions,
  type BucketTotal,
} from './bucketed-counter.js';
export { BufferedCounter, type BufferedCounterOptions } from './buffered-counter.js';
export type { CounterFormat } from './counter-value.js';
export { DistributedCounter, type DistributedCounterOptions } from './distributed-counter.js';
export {
  BucketTimeError,
  CounterBoundError,
  type CounterBoundFacts,
  CounterRangeError,
} from './errors.js';
export type { AddOptions, CounterOptions, WriteOptions } from './options.js';
export { ShardedCounter, type Total, type TotalOptions } from './sharded-counter.js';
