import type { Consistency } from '@norikv/store';
import { refuse } from '@norikv/store/checks';

/** Words for how fresh a read must be: those of the public wire and those of this project. */
const consistencies: Readonly<Record<string, Consistency>> = {
  '': 'lease',
  lease: 'lease',
  strong: 'linearizable',
  linearizable: 'linearizable',
  eventual: 'stale_ok',
  bounded_staleness: 'stale_ok',
  stale_ok: 'stale_ok',
};

/** How fresh a read must be. @throws InvalidArgumentError for a word nobody knows. */
export function consistencyOf(word: string): Consistency {
  const consistency = Object.hasOwn(consistencies, word) ? consistencies[word] : undefined;
  if (consistency !== undefined) return consistency;
  const known = Object.keys(consistencies).filter(Boolean).join(', ');
  return refuse('consistency', word, `one of ${known}`);
}
