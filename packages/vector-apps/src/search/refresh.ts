import type { CallBudget } from '../core/call-budget.js';
import type { VectorRecords } from '../core/vector-records.js';
import type { StoredDocument } from './document.js';
import type { LexicalLeg } from './lexical-leg.js';

const readAtATime = 64;

/** Reads all records into the lexical index, and what it knows of those that are gone out of it. */
export async function refreshed<Metadata extends object>(
  leg: LexicalLeg,
  records: VectorRecords<StoredDocument<Metadata>>,
  budget: CallBudget,
): Promise<void> {
  let batch: string[] = [];
  const read = async (): Promise<void> => {
    const since = leg.latest;
    const found = await records.getMany(batch, budget.next());
    for (const [place, record] of found.entries()) leg.note(batch[place] ?? '', record, since);
    batch = [];
  };
  for await (const id of thereAndGone(leg, records, budget)) {
    if (batch.push(id) === readAtATime) await read();
  }
  await read();
}

/** The ids of all records, and then those that only the index knows. */
async function* thereAndGone<Metadata extends object>(
  leg: LexicalLeg,
  records: VectorRecords<StoredDocument<Metadata>>,
  budget: CallBudget,
): AsyncGenerator<string> {
  const gone = new Set(leg.ids);
  for await (const id of records.ids(budget.next())) {
    gone.delete(id);
    yield id;
  }
  yield* gone;
}
