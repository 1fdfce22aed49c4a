import type { Condition, Version } from '@norikv/store';

/** A write a client asked for. Values are text with one character a byte. */
export type HistoryWrite =
  | { readonly kind: 'put'; readonly value: string; readonly condition: Condition }
  | { readonly kind: 'delete'; readonly condition: Condition };

/** What a client asked for. */
export type HistoryAction = { readonly kind: 'get' } | HistoryWrite;

/** What a key held according to an answer. */
export interface HistoryEntry {
  readonly value: string;
  readonly version: Version;
}

/**
 * What a client was told. `refused`: the condition did not hold; `actual` is what the key held (null: absent),
 * if the store said. `unknown`: no answer; the write may take effect at any later time, once, or never.
 */
export type HistoryResult =
  | { readonly kind: 'found'; readonly entry: HistoryEntry }
  | { readonly kind: 'missing' }
  | { readonly kind: 'written'; readonly version: Version }
  | { readonly kind: 'deleted'; readonly existed: boolean }
  | { readonly kind: 'refused'; readonly actual?: HistoryEntry | null | undefined }
  | { readonly kind: 'unknown' };

/** One call of one client. Times are places in one logical order of all calls and returns. */
export interface HistoryOperation {
  readonly client: string;
  readonly key: string;
  readonly action: HistoryAction;
  readonly result: HistoryResult;
  readonly invokedAt: number;
  /** Infinity for an unknown result. */
  readonly returnedAt: number;
}

/** The calls of several clients of one store, in the order they began. */
export class History implements Iterable<HistoryOperation> {
  readonly #operations = new Map<number, HistoryOperation>();
  #time = 0;

  /** How many operations are recorded. */
  get size(): number {
    return this.#operations.size;
  }

  /**
   * Records that a call begins. Call what this returns with the answer; until then, and for `unknown`, the
   * operation stays open. Call it with undefined to drop a call that cannot have had an effect.
   */
  begin(client: string, key: string, action: HistoryAction): (result: HistoryResult | undefined) => void {
    const invokedAt = this.#time++;
    const open = { client, key, action, invokedAt };
    this.#operations.set(invokedAt, {
      ...open,
      result: { kind: 'unknown' },
      returnedAt: Number.POSITIVE_INFINITY,
    });
    return (result) => {
      if (result === undefined) this.#operations.delete(invokedAt);
      else if (result.kind !== 'unknown') {
        this.#operations.set(invokedAt, { ...open, result, returnedAt: this.#time++ });
      }
    };
  }

  /** The operations in the order in which they were asked for. */
  [Symbol.iterator](): Iterator<HistoryOperation> {
    return this.#operations.values();
  }
}
