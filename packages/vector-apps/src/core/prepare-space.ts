import type { CallBudget } from './call-budget.js';
import type { LimitedUpdater } from './limited-updater.js';
import { claimNamespace } from './namespace-owner.js';
import type { StoredVectors } from './stored-vectors.js';
import { claimSpace, isSpaceKnown, type VectorSpace } from './vector-space.js';

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
  const key = `${prefix}meta`;
  // Before anything is written: who is refused must not take the namespace from others.
  const isKnown = await isSpaceKnown(updater, key, space, budget);
  if (vectors) await claimNamespace(updater, space.namespace, prefix, budget);
  if (!isKnown) await claimSpace(updater, key, space, budget);
  await vectors?.createNamespace(budget);
}
