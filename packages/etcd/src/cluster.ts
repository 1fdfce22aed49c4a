import { ClosedError, UnavailableError } from '@norikv/store';
import type { CallLimit } from './call-limit.js';
import { Host } from './host.js';
import { Inquiry } from './inquiry.js';
import { Keyspace } from './keyspace.js';
import type { Settings } from './options.js';
import { identities } from './tls.js';
import type { MemberStatus } from './wire/responses.js';

/** The members: stays with one as long as it serves, and goes on to the next when it does not. */
export class Cluster {
  readonly #hosts: readonly Host[];
  #current: number;
  #id: bigint | undefined;
  #isClosed = false;
  readonly #waiting = new Map<CallLimit, () => void>();

  constructor({ hosts, tls, credentials: login, prefix, random }: Settings) {
    const identify = identities(tls);
    const emptyKey = new Keyspace(prefix).entryKey(new Uint8Array(0));
    this.#current = Math.floor(random() * hosts.length);
    this.#hosts = hosts.map(
      (address) =>
        new Host(address, identify, new Inquiry(login, emptyKey), {
          refusal: (member) => this.#refusal(member),
          changed: () => this.#wake(),
        }),
    );
  }

  /** The id of the cluster; 0 until a member was reached. */
  get id(): bigint {
    return this.#id ?? 0n;
  }

  /**
   * The host to send to, as soon as one can be used.
   *
   * @param lastError - what went wrong before, for the message.
   * @throws DeadlineExceededError or CancelledError, outcome not-applied; the error of a login that is refused.
   */
  async host(limit: CallLimit, lastError?: Error): Promise<Host> {
    for (;;) {
      if (this.#isClosed) throw new ClosedError('The store is closed', { key: limit.key });
      limit.check(lastError);
      const host = this.#best();
      if (host) return host;
      const refusal = this.#hosts.find((each) => each.refusal)?.refusal;
      if (refusal) throw refusal;
      await this.#change(limit);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const host of this.#hosts) host.close();
    this.#wake();
  }

  #best(): Host | undefined {
    const inTurn = [...this.#hosts.slice(this.#current), ...this.#hosts.slice(0, this.#current)];
    const usable = inTurn.filter((host) => host.isUsable);
    const best = usable.find((host) => !host.isResting) ?? usable[0];
    if (best) this.#current = this.#hosts.indexOf(best);
    return best;
  }

  /** Versions of two clusters must never meet. */
  #refusal({ clusterId }: MemberStatus): string | undefined {
    this.#id ??= clusterId;
    if (clusterId === this.#id) return undefined;
    return `this etcd belongs to another cluster; name hosts of one cluster`;
  }

  #unreachable(): Error {
    const troubles = this.#hosts.map((host) => host.trouble).join('; ');
    return new UnavailableError(`no host can be used: ${troubles}`, { outcome: 'not-applied' });
  }

  /** Waits until a host changes. Who gives up is forgotten: an outage may last. */
  async #change(limit: CallLimit): Promise<void> {
    const change = new Promise<void>((wake) => this.#waiting.set(limit, wake));
    try {
      await limit.wait(change, () => this.#unreachable());
    } finally {
      this.#waiting.delete(limit);
    }
  }

  #wake(): void {
    for (const wake of this.#waiting.values()) wake();
  }
}
