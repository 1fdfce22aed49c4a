import type { NoriKVError } from '@norikv/store';
import type { Settings } from './config.js';

/**
 * Whether a call may be sent again when nobody knows what became of it.
 * - `always`: a read, or a write the server remembers by its id for good.
 * - `version`: a write that needs a version. At most one copy can win, and no late copy can win after that. A
 *   copy that loses proves nothing, though: the one before it may have won.
 * - `never`: a second copy could undo what others did in between.
 */
export type Resend = 'always' | 'version' | 'never';

/** What two servers allow together, each of which may have got a copy. */
export function weakerOf(one: Resend, other: Resend): Resend {
  if (one === 'always') return other;
  return other === 'never' ? other : one;
}

/** What to do after a failed attempt. */
export type Verdict = 'send-again' | 'give-up' | 'unknown';

/**
 * Judges a failed attempt.
 *
 * @param doubt - the error of an earlier attempt whose outcome is unknown.
 */
export function judge(error: NoriKVError, doubt: NoriKVError | undefined, resend: Resend): Verdict {
  const isTransient = error.code === 'UNAVAILABLE' || error.code === 'NOT_LEADER';
  if (isTransient && (error.outcome === 'not-applied' || resend !== 'never')) return 'send-again';
  if (doubt === undefined || error.outcome === 'unknown') return 'give-up';
  // A repetition that an id makes exact would have answered with the success of the first copy.
  return resend === 'always' && error.code === 'VERSION_MISMATCH' ? 'give-up' : 'unknown';
}

/** The pause before an attempt, 1 being the first that is a repetition: random, below a growing bound. */
export function pauseMs({ retry, random }: Pick<Settings, 'retry' | 'random'>, repetition: number): number {
  const bound = retry.initialDelayMs * retry.backoffMultiplier ** (repetition - 1);
  return random() * Math.min(bound, retry.maxDelayMs);
}
