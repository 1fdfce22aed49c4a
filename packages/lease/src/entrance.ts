import { checkFunction } from '@norikv/store/checks';
import type { Campaigns, Place } from './campaigns.js';
import { AcquireTimeoutError, LeaseLostError } from './errors.js';
import { HeldLease } from './held-lease.js';
import { leaderOf } from './leader.js';
import type { Lease } from './lease.js';
import type { AcquireOptions, RenewalOptions } from './options.js';
import { checkRenewal, checkSpan } from './settings.js';

/** The three ways to get a lease. */
export class Entrance {
  readonly #campaigns: Campaigns;
  readonly #place: Place;

  constructor(campaigns: Campaigns, place: Place) {
    this.#campaigns = campaigns;
    this.#place = place;
  }

  async tryAcquire(options: RenewalOptions = {}): Promise<Lease | null> {
    checkRenewal(options);
    const { autoRenew, renewWhile } = options;
    const ending = await this.#campaigns.run(this.#place, { autoRenew, renewWhile, waitMs: 0 });
    if (ending instanceof HeldLease) return ending;
    if (ending.error !== undefined) throw ending.error;
    return null;
  }

  async acquire(options: AcquireOptions = {}): Promise<Lease> {
    checkRenewal(options, 'waitMs', 'signal');
    const { waitMs = Number.POSITIVE_INFINITY } = options;
    checkSpan('waitMs', waitMs);
    const ending = await this.#campaigns.run(this.#place, { ...options, waitMs });
    if (ending instanceof HeldLease) return ending;
    const { standing, error: cause, outcome } = ending;
    const leader = leaderOf(standing) ?? undefined;
    const why = leader ? `"${leader.owner}" holds it (token ${leader.token})` : 'the last try failed';
    const { ttlMs = -1 } = standing ?? {};
    const hint = waitMs <= ttlMs ? ` If its holder has died, wait for more than its ${ttlMs} ms.` : '';
    const message = `"${this.#place.name}" was not free within ${waitMs} ms: ${why}.${hint}`;
    throw new AcquireTimeoutError(message, { leader, cause, outcome });
  }

  async work<Result>(
    options: AcquireOptions,
    body: (lease: Lease) => Promise<Result> | Result,
  ): Promise<Result> {
    checkFunction('body', body);
    const lease = await this.acquire(options);
    const work = (async () => body(lease))();
    const [ending] = await Promise.allSettled([work]);
    const reason = lease.isHeld() ? 'released' : await lease.lost;
    await lease[Symbol.asyncDispose]();
    if (reason === 'released') return work;
    throw new LeaseLostError(
      `The lease "${lease.name}" was lost before its work had ended: ${reason}. ` +
        'What the work did since may overlap with that of another holder.',
      { reason, cause: ending.status === 'rejected' ? ending.reason : lease.signal.reason },
    );
  }
}
