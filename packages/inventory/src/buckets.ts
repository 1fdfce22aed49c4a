import { hash } from './persistent-map.js';

/** The numbers of all buckets but the first. */
export function otherBuckets(buckets: number): number[] {
  return Array.from({ length: buckets - 1 }, (_, number) => number + 1);
}

/** The bucket of a client-chosen id. It depends on nothing that can change once the SKU is split. */
export function homeOf(token: string, buckets: number): number {
  // The low bits choose the page within a bucket.
  return buckets === 1 ? 0 : (hash(token) >>> 7) % buckets;
}
