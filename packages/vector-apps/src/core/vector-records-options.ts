import type { Clock, DistanceFunction } from '@norikv/store';

/** Options of {@link VectorRecords}. */
export interface VectorRecordsOptions<T> {
  /** Of all keys: `<prefix>meta`, `<prefix>doc/<id>`, `<prefix>led/<shard>`. */
  readonly prefix: string;
  /** Of the vectors. One namespace belongs to one prefix. */
  readonly namespace: string;
  readonly dimensions: number;
  /** Names the model the vectors come from; empty if unknown. */
  readonly fingerprint: string;
  /** Default `cosine`. */
  readonly distance?: DistanceFunction | undefined;
  /** Turns stored JSON into the data, or throws a `CorruptRecordError`. */
  readonly decode: (json: unknown, key: string) => T;
  /** Store calls at a time. Default 16. */
  readonly concurrency?: number | undefined;
  /** Accepts a store that does not declare the guarantees. Writes may then be lost. */
  readonly unsafeAllowNonAtomicCas?: boolean | undefined;
  readonly clock?: Clock | undefined;
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}
