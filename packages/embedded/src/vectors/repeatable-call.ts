import type { VectorWriteOptions } from '@norikv/store';
import type { Repeatable } from '../idempotency.js';

/** A vector call that may carry an idempotency key: what it does, the namespace, the id or nothing, its options. */
export type RepeatableCall = readonly [
  operation: 'vector create' | 'vector drop' | 'vector insert' | 'vector delete',
  namespace: string,
  id: string,
  options: VectorWriteOptions,
];

/** Undefined for a call without an idempotency key. */
export function repeatableOf([operation, namespace, id, { idempotencyKey }]: RepeatableCall):
  | Repeatable
  | undefined {
  if (idempotencyKey === undefined) return undefined;
  // The length keeps namespace and id apart.
  const keyBytes = Buffer.from(`${namespace.length} ${namespace}${id}`);
  return { operation, keyBytes, idempotencyKey };
}
