import type { Capabilities } from '@norikv/store';

/** What a store on etcd has to declare. */
export const capabilities: Capabilities = {
  engine: 'etcd',
  atomicCas: true,
  createIfAbsent: true,
  deleteCas: true,
  linearizableReads: true,
  putVersionUsable: true,
  ttl: 'coarse',
  durableAck: true,
  idempotency: 'durable',
  maxKeyBytes: 1_024,
  maxValueBytes: 1_048_576,
  vector: false,
};
