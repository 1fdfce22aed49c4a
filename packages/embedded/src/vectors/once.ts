import type { VectorWriteOptions, Version } from '@norikv/store';
import type { IdempotencyMemory, Repeatable } from '../idempotency.js';
import { versionOf } from '../record.js';
import type { WriteTransaction } from '../write-transaction.js';

/** A vector call that may carry an idempotency key: what it does, the namespace, the id or nothing, its options. */
export type RepeatableCall = readonly [
  operation: 'vector create' | 'vector drop' | 'vector insert' | 'vector delete',
  namespace: string,
  id: string,
  options: VectorWriteOptions,
];

const noAnswer = new Uint8Array(0);
const noVersion = { term: 0, index: 0 };

/** Does a call that gives a version, or gives the version it gave before. */
export function versionOnce(
  memory: IdempotencyMemory,
  transaction: WriteTransaction,
  call: RepeatableCall,
  apply: (transaction: WriteTransaction) => Version,
): Version {
  const repeatable = repeatableOf(call);
  const answer = repeatable && memory.recall(transaction, repeatable);
  if (answer) return versionOf(answer.header);
  const version = apply(transaction);
  const header = { term: Number(version.term), index: Number(version.index) };
  if (repeatable) memory.remember(transaction, repeatable, header, noAnswer);
  return version;
}

/** Does a call that gives yes or no, or gives what it gave before. */
export function answerOnce(
  memory: IdempotencyMemory,
  transaction: WriteTransaction,
  call: RepeatableCall,
  apply: (transaction: WriteTransaction) => boolean,
): boolean {
  const repeatable = repeatableOf(call);
  const remembered = repeatable && memory.recall(transaction, repeatable);
  if (remembered) return remembered.value[0] === 1;
  const answer = apply(transaction);
  if (repeatable) memory.remember(transaction, repeatable, noVersion, Uint8Array.of(answer ? 1 : 0));
  return answer;
}

function repeatableOf([operation, namespace, id, { idempotencyKey }]: RepeatableCall):
  | Repeatable
  | undefined {
  if (idempotencyKey === undefined) return undefined;
  // The length keeps namespace and id apart.
  const keyBytes = Buffer.from(`${namespace.length} ${namespace}${id}`);
  return { operation, keyBytes, idempotencyKey };
}
