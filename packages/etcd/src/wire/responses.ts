import { MessageReader } from './message-reader.js';

/** A key as etcd gives it. The value is a view of the answer. */
export interface StoredValue {
  readonly revision: bigint;
  readonly value: Buffer;
}

/** Who answered, and when. */
export interface AnswerHeader {
  readonly clusterId: bigint;
  /** The revision of the cluster: that of the write, if there was one. */
  readonly revision: bigint;
  /** Grows with each election. */
  readonly term: bigint;
}

/** What one operation of a transaction gave: what a range found, or an inner transaction's answer. */
export interface OperationAnswer {
  readonly found?: StoredValue | undefined;
  readonly inner?: TransactionAnswer | undefined;
}

/** The answer to a transaction. */
export interface TransactionAnswer {
  readonly header: AnswerHeader;
  /** Whether the comparisons held. */
  readonly succeeded: boolean;
  readonly answers: readonly OperationAnswer[];
}

/** What a member says of itself. */
export interface MemberStatus {
  readonly clusterId: bigint;
  readonly hasLeader: boolean;
  /** Grows with each election. */
  readonly term: bigint;
}

const noHeader: AnswerHeader = { clusterId: 0n, revision: 0n, term: 0n };

/** Reads the answer to a transaction. */
export function decodeTransaction(bytes: Buffer): TransactionAnswer {
  const reader = new MessageReader(bytes);
  let header = noHeader;
  let succeeded = false;
  const answers: OperationAnswer[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) header = decodeHeader(reader.bytes());
    else if (field === 2) succeeded = reader.number() !== 0n;
    else if (field === 3) answers.push(decodeOperation(reader.bytes()));
    else reader.skip();
  }
  return { header, succeeded, answers };
}

/** The key a range found, if it did, and the cluster that answered. */
export function decodeRange(bytes: Buffer): { header: AnswerHeader; found: StoredValue | undefined } {
  const reader = new MessageReader(bytes);
  let header = noHeader;
  let found: StoredValue | undefined;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) header = decodeHeader(reader.bytes());
    else if (field === 2) found = decodeStoredValue(reader.bytes());
    else reader.skip();
  }
  return { header, found };
}

/** The id of a new lease. */
export function decodeLeaseGrant(bytes: Buffer): bigint {
  const reader = new MessageReader(bytes);
  let id = 0n;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 2) id = reader.number();
    else reader.skip();
  }
  return id;
}

/** The token of a login. */
export function decodeAuthenticate(bytes: Buffer): string {
  const reader = new MessageReader(bytes);
  let token = '';
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 2) token = reader.bytes().toString();
    else reader.skip();
  }
  return token;
}

/** What a member says of itself. */
export function decodeStatus(bytes: Buffer): MemberStatus {
  const reader = new MessageReader(bytes);
  let clusterId = 0n;
  let hasLeader = false;
  let term = 0n;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) ({ clusterId } = decodeHeader(reader.bytes()));
    else if (field === 4) hasLeader = reader.number() !== 0n;
    else if (field === 6) term = reader.number();
    else reader.skip();
  }
  return { clusterId, hasLeader, term };
}

function decodeHeader(bytes: Buffer): AnswerHeader {
  const reader = new MessageReader(bytes);
  let clusterId = 0n;
  let revision = 0n;
  let term = 0n;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) clusterId = reader.number();
    else if (field === 3) revision = reader.number();
    else if (field === 4) term = reader.number();
    else reader.skip();
  }
  return { clusterId, revision, term };
}

function decodeOperation(bytes: Buffer): OperationAnswer {
  const reader = new MessageReader(bytes);
  const field = reader.next();
  if (field === 1) return { found: decodeRange(reader.bytes()).found };
  if (field === 4) return { inner: decodeTransaction(reader.bytes()) };
  return {};
}

function decodeStoredValue(bytes: Buffer): StoredValue {
  const reader = new MessageReader(bytes);
  let revision = 0n;
  let value: Buffer = Buffer.alloc(0);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 3) revision = reader.number();
    else if (field === 5) value = reader.bytes();
    else reader.skip();
  }
  return { revision, value };
}
