import { NoriKVError } from '@norikv/store';

/**
 * A key of this store's prefix holds something that this package did not write, or that a newer one wrote.
 *
 * Update the package, or write or delete the key without a condition.
 */
export class UnreadableRecordError extends NoriKVError {
  static override readonly code: string = 'UNREADABLE_RECORD';
}

/**
 * etcd gave up the leases that collect expired keys, twice in a row, before a key could be tied to one. The
 * write was not applied. Somebody revokes leases of this store, or the member's clock leaps.
 */
export class EtcdLeaseLostError extends NoriKVError {
  static override readonly code: string = 'ETCD_LEASE_LOST';
}
