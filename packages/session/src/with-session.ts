import type { Found } from './session-ledger.js';
import type { OwnedSession } from './session-shape.js';

/** A session of a user, and the key it is under now. */
export interface FoundOfUser extends Found {
  readonly session: OwnedSession;
}

/**
 * Does something with a session. Where it is over by then (false, undefined), it may have got another id, which its old
 * one leads to: then it is done there.
 */
export async function withSession<Result>(
  find: () => Promise<FoundOfUser | undefined>,
  work: (found: FoundOfUser) => Promise<Result>,
): Promise<Result | undefined> {
  let result: Result | undefined;
  let former: string | undefined;
  for (;;) {
    const found = await find();
    if (!found || found.key === former) return result;
    result = await work(found);
    if (result !== false && result !== undefined) return result;
    former = found.key;
  }
}
