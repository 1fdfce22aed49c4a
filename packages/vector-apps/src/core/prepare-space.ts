import type { CallBudget } from './call-budget.js';
import type { LimitedUpdater } from './limited-updater.js';
import { claimNamespace } from './namespace-owner.js';
import type { StoredVectors } from './stored-vectors.js';
import { claimSpace, type VectorSpace } from './vector-space.js';

/**
 * Prepares records under a prefix and, unless they have none, their vectors. Again does no harm.
 *
 * @throws ModelMismatchError when what is there is of another model.
 * @throws InvalidArgumentError when the namespace holds the vectors of another prefix.
 */
export async function prepareSpace(
  updater: LimitedUpdater,
  prefix: string,
  space: VectorSpace,
  vectors: StoredVectors | null,
  budget: CallBudget,
): Promise<void> {
  if (vectors) await claimNamespace(updater, space.namespace, prefix, budget);
  await claimSpace(updater, `${prefix}meta`, space, budget);
  await vectors?.createNamespace(budget);
}
