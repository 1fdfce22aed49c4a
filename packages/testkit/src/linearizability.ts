import { explainVersions } from './explain-history.js';
import type { HistoryOperation } from './history.js';
import { OrderSearch } from './order-search.js';

/** The verdict of {@link checkLinearizability}. */
export type LinearizabilityResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly key: string; readonly explanation: string };

/**
 * Whether the answers of all clients can be explained by one order of their operations that respects real
 * time, key by key: a store that acts atomically at some moment between call and return, and whose
 * versions never repeat. A write without an answer may take effect at any time after its call, or never.
 *
 * Record every client: where a condition names a version before any recorded answer shows it, and is refused without
 * the entry, nothing is concluded from that about the version of a write whose reply was lost.
 *
 * Every key starts absent. Checking is exponential in the worst case, and fast for histories of some hundred
 * operations a key by some ten clients.
 *
 * @example
 * ```ts
 * const history = new History();
 * const clients = ['a', 'b'].map((name) => recordHistory(store, history, name));
 * // ... let the clients race ...
 * const verdict = checkLinearizability(history);
 * if (!verdict.ok) throw new Error(verdict.explanation);
 * ```
 */
export function checkLinearizability(history: Iterable<HistoryOperation>): LinearizabilityResult {
  const byKey = new Map<string, HistoryOperation[]>();
  for (const operation of history) {
    const operations = byKey.get(operation.key);
    if (operations) operations.push(operation);
    else byKey.set(operation.key, [operation]);
  }
  for (const [key, operations] of byKey) {
    const explanation = explainVersions(operations) ?? searchOrder(operations);
    if (explanation !== undefined) return { ok: false, key, explanation: `Key "${key}": ${explanation}` };
  }
  return { ok: true };
}

/** Undefined if there is an order, else why there is none. */
function searchOrder(operations: readonly HistoryOperation[]): string | undefined {
  const search = new OrderSearch(operations);
  return search.canFinish(null) ? undefined : search.explain();
}
