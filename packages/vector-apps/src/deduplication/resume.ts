import { isCutOff } from '../core/after-write.js';
import type { CallBudget } from '../core/call-budget.js';
import type { Assembly } from './assembly.js';
import { contentOf, type SimilarDocument, unembeddedText } from './document-state.js';

/** What `resume` did with a document whose embedding was outstanding. */
export interface ResumedDocument {
  readonly id: string;
  /** The most similar document by meaning: this one stays and is marked for review. */
  readonly review: SimilarDocument | null;
}

/** Texts that the model does not take come one by one; when so many fail in turn, it is down. */
const mostFailedInTurn = 8;

/** Embeds what was stored while the embedder was down. What was done is kept when it throws. */
export async function resumeAll(parts: Assembly, budget: CallBudget): Promise<ResumedDocument[]> {
  const resumed: ResumedDocument[] = [];
  const failures: unknown[] = [];
  let failedInTurn = 0;
  for await (const id of parts.ledger.ids(budget)) {
    try {
      const review = await resumeOne(parts, id, budget);
      if (review === undefined) continue;
      resumed.push({ id, review });
      failedInTurn = 0;
    } catch (error) {
      failedInTurn += 1;
      if (isCutOff(error) || failedInTurn === mostFailedInTurn) throw error;
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return resumed;
}

/** Undefined if its embedding is not outstanding, or its content changed meanwhile. */
async function resumeOne(
  { table, embedding, admission, settlement }: Assembly,
  id: string,
  budget: CallBudget,
): Promise<ResumedDocument['review'] | undefined> {
  const state = await table.read(id, budget);
  const content = contentOf(state);
  const text = unembeddedText(state);
  if (!content || text === null) return undefined;
  const fingerprint = await embedding.addNow(content, text, budget);
  if (!state.standing) {
    const decided = await settlement.promote(id, budget, fingerprint);
    return decided && decided.action !== 'unchanged' ? null : undefined;
  }
  const petition = { id, fingerprint, policy: 'keep', basis: 'standing' } as const;
  const verdict = await admission.decide(petition, budget);
  await settlement.conclude(id, verdict, budget);
  return verdict.action === 'unchanged' ? undefined : (verdict.evidence[0] ?? null);
}
