import { errorCode } from '@norikv/store';
import type { CallLimit } from './call-limit.js';
import type { Connection } from './connection.js';

/**
 * Waits until one of some connections is ready: a load balancer may have tied any of them to a server that is gone. What
 * speaks against a call is what speaks against it on the first. Nothing of the caller has been sent when this fails.
 */
export async function whenReady(
  [first, ...others]: readonly [Connection, ...Connection[]],
  limit: CallLimit,
): Promise<void> {
  while (![first, ...others].some(({ description }) => description)) {
    const elsewhere = others.map((other) => other.nextStep().catch(() => first.nextStep()));
    try {
      await limit.wait(Promise.race([first.nextStep(), ...elsewhere]));
    } catch (error) {
      if (errorCode(error) !== 'DEADLINE_EXCEEDED') throw error;
      first.late();
      throw first.failure ? limit.timedOut('not-applied', first.failure) : error;
    }
  }
}
