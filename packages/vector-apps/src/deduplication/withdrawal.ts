import type { CallBudget } from '../core/call-budget.js';
import type { DocumentState, Revision } from './document-state.js';
import type { DocumentTable } from './document-table.js';
import type { FingerprintIndex } from './fingerprint-index.js';

/**
 * Removes the traces of a content that is gone, and of whichever inherited its claim and went too.
 *
 * @param known - the record, if it was just read.
 */
export async function withdrawContent(
  { table, index }: { readonly table: DocumentTable; readonly index: FingerprintIndex },
  id: string,
  revision: Revision,
  budget: CallBudget,
  known?: DocumentState,
): Promise<void> {
  let state = known;
  for (let gone: Revision | null = revision; gone; state = undefined) {
    gone = await index.withdraw(id, gone, state ?? (await table.read(id, budget)), budget);
  }
}
