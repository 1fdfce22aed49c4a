import type { Clock } from '@norikv/store';

/**
 * What happens to a duplicate.
 * - `reject`: nothing is kept of it.
 * - `link`: it is kept as an alias, and decided upon anew when the document it duplicates is removed.
 * - `merge`: like `link`, and later texts are compared with it too, so a chain of edits stays one group.
 * - `replace`: it stands, and what it duplicates becomes its alias.
 */
export type DeduplicationPolicy = 'reject' | 'link' | 'merge' | 'replace';

/** The comparison of words, which finds near copies. */
export interface NearCopyOptions {
  /** From which share of common words (Jaccard) on two texts are near copies. Above 0, up to 1. Default 0.4. */
  readonly threshold?: number | undefined;
  /** Texts with fewer different words are not compared in this way: one word is too much of them. Default 16. */
  readonly minWords?: number | undefined;
}

/** Options of `DocumentDeduplicator`. All processes that share a prefix should agree on them. */
export interface DeduplicatorOptions {
  /** The vector namespace, of no other class or prefix. Default `doc_fingerprints`, after `prefix` if there is one. */
  readonly namespace?: string | undefined;
  /** What all keys begin with. Default `dedup:<namespace>:`. */
  readonly prefix?: string | undefined;
  /** What happens to a duplicate. Default `reject`. */
  readonly policy?: DeduplicationPolicy | undefined;
  /** The near-copy stage; false turns it off. */
  readonly near?: NearCopyOptions | false | undefined;
  /**
   * From which cosine similarity on a text that is admitted is marked for review. Default: the threshold less
   * 0.05.
   */
  readonly reviewThreshold?: number | undefined;
  /**
   * What happens when the embedding model fails: the call fails (`reject`, the default), or the text goes
   * through the other stages and is marked, to be looked at by `resume` (`admit`). Until then the text is in its
   * record: one that has no room there, with the one it replaces, fails with a `RecordTooLargeError`.
   */
  readonly embedderFailure?: 'reject' | 'admit' | undefined;
  /** How long a text may be, in UTF-16 units, up to 16,777,216. Default 1,048,576. */
  readonly maxContentLength?: number | undefined;
  /** How many aliases one document keeps, up to 10,000; further duplicates are rejected. Default 1,000. */
  readonly maxAliases?: number | undefined;
  /**
   * How many documents one band lists, up to 4,096. A full band takes no more in: near copies among those left
   * out are then found by other bands only. Default 256.
   */
  readonly bandLimit?: number | undefined;
  /**
   * How long an undecided call may stand in the way of others before it is taken for dead, in milliseconds. Default 10,000.
   */
  readonly leaseMs?: number | undefined;
  /** The first pause between two looks at an undecided call, in milliseconds. Default 20. */
  readonly pollMs?: number | undefined;
  /** Accepts a store that does not declare atomic conditions. Racing copies may then both be admitted. */
  readonly unsafeAllowNonAtomicCas?: boolean | undefined;
  readonly clock?: Clock | undefined;
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}
