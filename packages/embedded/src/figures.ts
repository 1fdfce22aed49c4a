import type { EmbeddedStats } from './embedded-store.js';
import type { Bytes, Environment } from './environment.js';

interface DatabaseFigures {
  readonly entryCount: number;
  readonly pageSize: number;
  readonly lastPageNumber: number;
}

/** What LMDB counts. */
export function figuresOf({
  entries,
  idempotency,
  expiries,
}: Environment): Omit<EmbeddedStats, 'waitingWrites' | 'vectors'> {
  const { entryCount, pageSize, lastPageNumber } = ofDatabase(entries);
  return {
    keys: entryCount,
    idempotencyKeys: ofDatabase(idempotency).entryCount,
    expiring: ofDatabase(expiries).entryCount,
    fileBytes: pageSize * (lastPageNumber + 1),
  };
}

function ofDatabase(database: Bytes): DatabaseFigures {
  return database.getStats() as DatabaseFigures;
}
