import type { ExpiryIndex } from './expiry-index.js';
import { isExpired } from './record.js';
import type { RecordTable } from './record-table.js';
import type { WriteTransaction } from './write-transaction.js';

// Bounds one pass, so that other writes are not held up by a mass expiry.
const maxPassRecords = 500;

/** What one pass did. */
export interface SweepPass {
  readonly removed: number;
  /** Whether more may be due. */
  readonly isFull: boolean;
}

/** Removes some of the records that have expired. */
export function sweepPass(
  transaction: WriteTransaction,
  expiries: ExpiryIndex,
  tables: readonly RecordTable[],
): SweepPass {
  const due = expiries.due(transaction.nowMs, maxPassRecords);
  let removed = 0;
  for (const line of due) {
    expiries.remove(transaction, line);
    const table = tables.find(({ tag }) => tag === line.tag);
    const header = table?.look(transaction, line.key);
    if (table === undefined || typeof header !== 'object') continue;
    if (isExpired(header, transaction.nowMs)) {
      table.remove(transaction, line.key, header);
      removed += 1;
    } else table.rememberExpiry(transaction, line.key, header);
  }
  return { removed, isFull: due.length === maxPassRecords };
}

/** Calls back again and again, each time a pause after the last call has ended, and never keeps a process alive. */
export class Sweeper {
  readonly #sweep: () => Promise<unknown>;
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(sweep: () => Promise<unknown>, intervalMs: number) {
    this.#sweep = sweep;
    this.#intervalMs = Math.min(intervalMs, 2_147_483_647);
    this.#wait();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #wait(): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.#turn(), this.#intervalMs);
    this.#timer.unref();
  }

  async #turn(): Promise<void> {
    // Whoever writes next is told what is wrong; expired records are absent whether swept or not.
    await this.#sweep().catch(() => undefined);
    this.#wait();
  }
}
