import type { KvStore } from '@norikv/store';
import { checkFunction, checkObject, checkText, refuse } from '@norikv/store/checks';
import type { Election } from './election.js';
import type { Lease } from './lease.js';
import { checkName, type OpenLeases, openLeases } from './leases.js';
import { mayPass } from './may-pass.js';
import type { LeasesOptions } from './options.js';
import { checkTime, longestOwner } from './settings.js';
import { settle } from './work.js';

/**
 * Leader election with two callbacks, under the names of the documentation of NoriKV.
 *
 * @example
 * ```ts
 * const election = new LeaderElection(client, 'my-service', 'node-1', 10_000);
 * await election.start(
 *   () => startBackgroundJobs(),
 *   () => stopBackgroundJobs(),
 * );
 * if (election.getIsLeader()) console.log('I am the leader');
 * process.on('SIGTERM', () => election.stop());
 * ```
 */
export class LeaderElection {
  readonly #name: string;
  readonly #leases: OpenLeases;
  #election: Election | undefined;
  #lease: Lease | undefined;
  /** The callbacks of the latest leadership, which may outlast the election they belong to. */
  #callbacks: Promise<unknown> = Promise.resolve();

  /**
   * @param nodeId - for people: two nodes of one name are still two.
   * @param leaseTtlMs - how long a leader that died keeps others out, in milliseconds. Default 10,000.
   * @throws UnsupportedError if the store does not guarantee what a lease needs.
   * @throws InvalidArgumentError for a bad argument, which it names.
   */
  constructor(
    client: KvStore,
    electionName: string,
    nodeId: string,
    leaseTtlMs = 10_000,
    options: Omit<LeasesOptions, 'owner' | 'ttlMs'> = {},
  ) {
    checkText('nodeId', nodeId, longestOwner);
    checkTime('leaseTtlMs', leaseTtlMs);
    checkObject('options', options);
    for (const name of ['owner', 'ttlMs']) {
      if (name in options) refuse('an option', name, 'the arguments nodeId and leaseTtlMs');
    }
    const leasesOptions = { ...options, owner: nodeId, ttlMs: leaseTtlMs };
    this.#leases = openLeases(client, leasesOptions, 'LeaderElection', 'leader:');
    checkName('electionName', electionName, client);
    this.#name = electionName;
  }

  /**
   * Takes part until `stop`. Resolves after the first try: `getIsLeader()` then has an answer, and the
   * election goes on in the background. Calling it again meanwhile waits for the same, with the callbacks of the
   * first call. After a `stop` that gave up on a callback it waits for that one first: two leaderships of one
   * object are never at work at once.
   *
   * @param onBecameLeader - called once for each time this node is elected. Throwing resigns.
   * @param onLostLeadership - called once after each of those, when it is lost, or on `stop` before it is
   * given back. Awaited: another leadership of this node begins only after that.
   * @throws what makes campaigning impossible, such as `CorruptRecordError` where the key holds something
   * else. The election is then stopped. An outage is waited out instead.
   */
  async start(
    onBecameLeader: (lease: Lease) => unknown = () => {},
    onLostLeadership: () => unknown = () => {},
  ): Promise<void> {
    checkFunction('onBecameLeader', onBecameLeader);
    checkFunction('onLostLeadership', onLostLeadership);
    const lead = (lease: Lease): Promise<void> => {
      const callbacks = this.#lead(lease, onBecameLeader, onLostLeadership);
      this.#callbacks = settle(() => callbacks);
      return callbacks;
    };
    this.#election ??= this.#leases.elect(this.#name, { lead }, this.#callbacks);
    const election = this.#election;
    await election.ready;
    const { error } = election.health();
    if (error === undefined || mayPass(error)) return;
    await this.stop();
    throw error;
  }

  /**
   * Leaves: calls `onLostLeadership` if this node leads, waits for the callbacks, gives the lease back.
   * Inside a callback call it without awaiting it: it waits for that callback, at most `leaseTtlMs`.
   */
  async stop(): Promise<void> {
    const election = this.#election;
    this.#election = undefined;
    await election?.stop();
  }

  /** Whether this node leads now. Reads the clock: it turns false on time, whatever the event loop does. */
  getIsLeader(): boolean {
    return this.#lease?.isHeld() ?? false;
  }

  async #lead(
    lease: Lease,
    onBecameLeader: (lease: Lease) => unknown,
    onLostLeadership: () => unknown,
  ): Promise<void> {
    this.#lease = lease;
    const work = (async () => onBecameLeader(lease))();
    try {
      await Promise.race([lease.lost, work.then(() => lease.lost)]);
    } finally {
      // The lease is given back when this ends, so the first callback is waited for whatever the second one does.
      await (async () => onLostLeadership())().finally(() => work);
    }
  }
}
