import { type Snapshot, sameVersion } from './snapshot.js';

/**
 * What a key held when last seen, and whether relying on that has paid lately.
 *
 * A right guess saves one of two round trips, a wrong one costs one more, so it pays above one half. The
 * score is kept up from plain reads too: each shows whether the guess would have been right.
 */
export interface Memo {
  /** The state to write on, if that is likely still the current one. */
  recall(): Snapshot | undefined;
  remember(snapshot: Snapshot): void;
  /** Scores the guess against what the key really held, and replaces it. */
  observe(snapshot: Snapshot): void;
  /** The guess was relied on and was right. */
  confirm(): void;
  forget(): void;
  bytes(): number;
}

export function createMemo(): Memo {
  let last: Snapshot | undefined;
  let score = 0.75;
  let isTrusted = true;
  const rate = (right: boolean): void => {
    score += (Number(right) - score) / 8;
    if (score < 0.5) isTrusted = false;
    if (score > 0.75) isTrusted = true;
  };
  return {
    recall: () => (isTrusted ? last : undefined),
    remember(snapshot) {
      last = snapshot;
    },
    observe(snapshot) {
      if (last) rate(sameVersion(last, snapshot));
      last = snapshot;
    },
    confirm: () => rate(true),
    forget() {
      last = undefined;
    },
    bytes: () => last?.bytes ?? 0,
  };
}
