import type { Condition, Version } from '@norikv/store';
import { isLive, putRecord } from './record.js';
import type { Comparison, Operation, Transaction } from './wire/requests.js';
import type { OperationAnswer, StoredValue, TransactionAnswer } from './wire/responses.js';

/** A write, checked, with keys and bytes as etcd gets them. */
export interface Write {
  readonly key: Uint8Array;
  readonly condition: Condition;
  /** The value to put; undefined: delete. */
  readonly put:
    | { readonly value: Uint8Array; readonly expiresAtMs: number; readonly leaseId: bigint }
    | undefined;
  /** Where the answer is remembered. */
  readonly memory:
    | { readonly key: Uint8Array; readonly expiresAtMs: number; readonly leaseId: bigint }
    | undefined;
  /** Records that expire before this time are expired. */
  readonly expiredBeforeMs: number;
  readonly clusterId: bigint;
}

/** What became of a write. */
export type WriteResult =
  | { readonly kind: 'done'; readonly revision: bigint; readonly existed: boolean }
  | { readonly kind: 'lost'; readonly found: StoredValue | undefined };

const existed = Uint8Array.of(1);
const didNotExist = Uint8Array.of(0);
const highestRevision = 2n ** 63n - 1n;

/** The one transaction of a write: it checks memory and condition, acts, and remembers, as one step. */
export function transactionOf(write: Write): Transaction {
  const { memory } = write;
  const act = actOf(write);
  if (memory === undefined) return act;
  return {
    compare: [isLive(memory.key, write.expiredBeforeMs)],
    success: [{ kind: 'range', key: memory.key }],
    failure: [{ kind: 'transaction', transaction: act }],
  };
}

/** What the answer to {@link transactionOf} says. */
export function resultOf(write: Write, answer: TransactionAnswer): WriteResult {
  const { revision } = answer.header;
  if (write.memory === undefined) return resultOfAct(write, answer, revision);
  const [first] = answer.answers;
  if (!answer.succeeded && first?.inner) return resultOfAct(write, first.inner, revision);
  if (answer.succeeded && first?.found) {
    const { revision: doneAt, value } = first.found;
    return { kind: 'done', revision: doneAt, existed: value.at(-1) === existed[0] };
  }
  throw unexpected();
}

function actOf(write: Write): Transaction {
  const { key, condition, memory, put } = write;
  const live = isLive(key, write.expiredBeforeMs);
  const look: Operation = { kind: 'range', key };
  const change: Operation = put
    ? putRecord(key, put.value, put.expiresAtMs, put.leaseId)
    : { kind: 'delete', key };
  const remember = (answer: Uint8Array): readonly Operation[] =>
    memory ? [putRecord(memory.key, answer, memory.expiresAtMs, memory.leaseId)] : [];
  const changeLive = [change, ...remember(existed)];
  const changeNothing = [change, ...remember(didNotExist)];
  if (condition.kind === 'absent') return { compare: [live], success: [look], failure: changeNothing };
  if (condition.kind === 'always') {
    if (put) return { compare: [], success: changeLive, failure: [] };
    return { compare: [live], success: changeLive, failure: changeNothing };
  }
  const compare: readonly Comparison[] = [
    { kind: 'revision', key, revision: revisionOf(condition.version, write.clusterId) },
    live,
  ];
  return { compare, success: changeLive, failure: [look] };
}

function resultOfAct(write: Write, answer: TransactionAnswer, revision: bigint): WriteResult {
  const { condition } = write;
  const isLost =
    condition.kind === 'version' ? !answer.succeeded : condition.kind === 'absent' && answer.succeeded;
  if (isLost) return { kind: 'lost', found: foundIn(answer.answers) };
  return { kind: 'done', revision, existed: answer.succeeded };
}

/** A revision no live key has stands for a version that cannot be one of this cluster. */
function revisionOf({ term, index }: Version, clusterId: bigint): bigint {
  return term === clusterId && index >= 0n && index <= highestRevision ? index : 0n;
}

function foundIn([answer]: readonly OperationAnswer[]): StoredValue | undefined {
  return answer?.found;
}

function unexpected(): Error {
  return new Error('the answer does not fit the transaction');
}
