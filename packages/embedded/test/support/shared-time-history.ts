import { History, type HistoryAction, type HistoryOperation, type HistoryResult } from '@norikv/testkit';

/**
 * A history whose times can be compared with those of other processes of this machine: they come from the
 * machine's one monotonic clock, and no two operations have the same.
 */
export class SharedTimeHistory extends History {
  readonly #operations: HistoryOperation[] = [];
  readonly #process: number;

  /** @param process - a number from 0 to 9 that is this process's own. */
  constructor(process: number) {
    super();
    this.#process = process;
  }

  override begin(
    client: string,
    key: string,
    action: HistoryAction,
  ): (result: HistoryResult | undefined) => void {
    const open = { client, key, action, invokedAt: this.#now() };
    return (result) => {
      if (result) this.#operations.push({ ...open, result, returnedAt: this.#now() });
    };
  }

  override [Symbol.iterator](): Iterator<HistoryOperation> {
    return this.#operations.values();
  }

  #now(): number {
    const [seconds, nanoseconds] = process.hrtime();
    return ((seconds % 100_000) * 1e9 + nanoseconds) * 10 + this.#process;
  }
}

/** The operations of a history as one line of text. */
export function toLine(history: Iterable<HistoryOperation>): string {
  return JSON.stringify([...history], (_, value: unknown) =>
    typeof value === 'bigint' ? { bigint: String(value) } : value,
  );
}

/** What {@link toLine} wrote. */
export function fromLine(line: string): HistoryOperation[] {
  return JSON.parse(line, (_, value: unknown) => (isBigint(value) ? BigInt(value.bigint) : value));
}

function isBigint(value: unknown): value is { readonly bigint: string } {
  return typeof value === 'object' && value !== null && 'bigint' in value;
}
