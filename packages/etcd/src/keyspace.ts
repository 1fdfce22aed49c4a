import { createHash } from 'node:crypto';

const entryMark = 0x65; // e
const answerMark = 0x61; // a

/** What a repeated write is recognised by. */
export interface Repeatable {
  readonly operation: 'put' | 'delete';
  readonly keyBytes: Uint8Array;
  readonly idempotencyKey: string;
}

/**
 * Where a store keeps its keys in etcd: behind its prefix and a zero byte, which no prefix contains. So the
 * keys of one prefix are never those of another, whatever the two are.
 */
export class Keyspace {
  readonly #entries: Buffer;
  readonly #answers: Buffer;

  constructor(prefix: string) {
    this.#entries = Buffer.concat([Buffer.from(prefix), Uint8Array.of(0, entryMark)]);
    this.#answers = Buffer.concat([Buffer.from(prefix), Uint8Array.of(0, answerMark)]);
  }

  entryKey(keyBytes: Uint8Array): Buffer {
    return Buffer.concat([this.#entries, keyBytes]);
  }

  /** The key that remembers the answer of a write. */
  answerKey({ operation, keyBytes, idempotencyKey }: Repeatable): Buffer {
    const hash = createHash('sha256');
    hash.update(`${operation} ${keyBytes.length} `).update(keyBytes).update(idempotencyKey);
    return Buffer.concat([this.#answers, hash.digest()]);
  }
}
