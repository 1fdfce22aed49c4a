import { jsonCodec, keep, write } from '@norikv/cas-retry';
import { refuse } from '@norikv/store/checks';
import type { CallBudget } from './call-budget.js';
import type { LimitedUpdater } from './limited-updater.js';

/** Whose vectors a namespace holds: of those whose keys begin with this. */
interface NamespaceOwner {
  readonly prefix: string;
}

const ownerCodec = jsonCodec((data): NamespaceOwner => {
  const { prefix } = data as NamespaceOwner;
  if (typeof prefix !== 'string') throw new TypeError('not the owner of a vector namespace');
  return { prefix };
});

/**
 * Records whose vectors a namespace holds. Those of two owners would overwrite each other, and be found for each other.
 *
 * @throws InvalidArgumentError when it holds those of another prefix.
 */
export function claimNamespace(
  updater: LimitedUpdater,
  namespace: string,
  prefix: string,
  budget: CallBudget,
): Promise<null> {
  return updater.update(
    `vector-namespace:${namespace}`,
    ownerCodec,
    (owner?: NamespaceOwner) => {
      if (owner === undefined) return write({ prefix }, null);
      if (owner.prefix === prefix) return keep(null);
      return refuse('namespace', namespace, `another: its vectors are those of the keys ${owner.prefix}…`);
    },
    budget,
  );
}
