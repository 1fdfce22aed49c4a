import { MessageWriter } from './message-writer.js';

/** What a transaction asks about a key before it acts. */
export type Comparison =
  /** The key was last changed by this revision; 0: it is absent. */
  | { readonly kind: 'revision'; readonly key: Uint8Array; readonly revision: bigint }
  /** The key is present, and its value comes after these bytes in byte order. */
  | { readonly kind: 'value-after'; readonly key: Uint8Array; readonly bytes: Uint8Array };

/** What a transaction does. */
export type Operation =
  | { readonly kind: 'range'; readonly key: Uint8Array }
  | { readonly kind: 'put'; readonly key: Uint8Array; readonly value: Uint8Array; readonly leaseId: bigint }
  | { readonly kind: 'delete'; readonly key: Uint8Array }
  | { readonly kind: 'transaction'; readonly transaction: Transaction };

/** If all comparisons hold `success` is done, else `failure`, as one step. */
export interface Transaction {
  readonly compare: readonly Comparison[];
  readonly success: readonly Operation[];
  readonly failure: readonly Operation[];
}

const greater = 1;
const targetRevision = 2;
const targetValue = 3;

/** The bytes of a transaction. */
export function encodeTransaction(transaction: Transaction): Buffer {
  return transactionMessage(transaction).finish();
}

/** The bytes of a read of one key. */
export function encodeRange(key: Uint8Array, isSerializable: boolean): Buffer {
  return new MessageWriter().bytes(1, key).flag(7, isSerializable).finish();
}

/** The bytes of a request for a lease. */
export function encodeLeaseGrant(ttlSeconds: number): Buffer {
  return new MessageWriter().number(1, ttlSeconds).finish();
}

/** The bytes of a login. */
export function encodeAuthenticate(username: string, password: string): Buffer {
  return new MessageWriter().text(1, username).text(2, password).finish();
}

function transactionMessage({ compare, success, failure }: Transaction): MessageWriter {
  const message = new MessageWriter();
  for (const comparison of compare) message.message(1, comparisonMessage(comparison));
  for (const operation of success) message.message(2, operationMessage(operation));
  for (const operation of failure) message.message(3, operationMessage(operation));
  return message;
}

function comparisonMessage(comparison: Comparison): MessageWriter {
  const message = new MessageWriter();
  if (comparison.kind === 'revision') {
    return message.number(2, targetRevision).bytes(3, comparison.key).choice(6, comparison.revision);
  }
  return message
    .number(1, greater)
    .number(2, targetValue)
    .bytes(3, comparison.key)
    .bytes(7, comparison.bytes);
}

function operationMessage(operation: Operation): MessageWriter {
  const message = new MessageWriter();
  const inner = new MessageWriter();
  switch (operation.kind) {
    case 'range':
      return message.message(1, inner.bytes(1, operation.key));
    case 'put':
      inner.bytes(1, operation.key).bytes(2, operation.value).number(3, operation.leaseId);
      return message.message(2, inner);
    case 'delete':
      return message.message(3, inner.bytes(1, operation.key));
    case 'transaction':
      return message.message(4, transactionMessage(operation.transaction));
  }
}
