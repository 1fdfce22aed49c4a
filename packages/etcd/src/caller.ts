import { type Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { isNoriKVError, type NoriKVError } from '@norikv/store';
import { CallLimit } from './call-limit.js';
import type { Cluster } from './cluster.js';
import type { EtcdCredentials } from './credentials.js';
import type { Host } from './host.js';
import { anonymous, Login, withToken } from './login.js';
import type { Settings } from './options.js';
import { errorOfStatus, meaningOf } from './status-errors.js';
import { isOk } from './unary-call.js';
import { understood } from './understood.js';
import { type Method, methods } from './wire/methods.js';
import { encodeAuthenticate } from './wire/requests.js';

const longestPauseMs = 400;
const firstPauseMs = 25;
const mostLogins = 3;
// The member counts the same deadline, and may give up a little before.
const deadlineToleranceMs = 20;

/** A call to the cluster, whichever member answers. */
export interface ClusterCall {
  readonly method: Method;
  readonly bytes: Buffer;
  /** Whether an answer that is lost leaves something unknown. */
  readonly isWrite: boolean;
  /** Whether a second copy changes nothing, so that a lost answer can be asked for again. */
  readonly isRepeatable: boolean;
}

/**
 * Sends calls to the cluster, within their limits: the one place where anything is sent again.
 *
 * Sent again is what provably was not applied, and what may be applied twice without harm.
 */
export class Caller {
  readonly #cluster: Cluster;
  readonly #settings: Settings;
  readonly #login: Login;

  constructor(cluster: Cluster, settings: Settings) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#login = new Login(settings.credentials, (credentials) => this.#authenticate(credentials));
  }

  /** Gets a token where there are credentials. */
  async logIn(limit: CallLimit): Promise<void> {
    await limit.wait(Promise.resolve(this.#login.metadata()));
  }

  /** The bytes of the answer. */
  async call(call: ClusterCall, limit: CallLimit): Promise<Buffer> {
    let doubt: NoriKVError | undefined;
    let last: NoriKVError | undefined;
    let logins = 0;
    for (let attempt = 0; ; attempt++) {
      try {
        if (last) await limit.pause(this.#pauseMs(attempt), last);
        const known = this.#login.metadata();
        const metadata =
          known instanceof Promise ? await limit.waitShared(async () => this.#login.metadata(), last) : known;
        // After the login, which may take long: the host has to be usable at the moment of sending.
        const host = await this.#cluster.host(limit, last);
        const answer = await this.#send(host, call, metadata, limit);
        if (Buffer.isBuffer(answer)) return answer;
        last = this.#errorOf(answer, call, limit);
        if (isStaleLogin(answer) && logins++ < mostLogins) this.#login.forget(metadata);
        else if (!mayGoOn(last, call)) throw last;
        else host.rest();
        if (last.outcome === 'unknown') doubt = last;
      } catch (error) {
        throw settled(error, doubt, limit);
      }
    }
  }

  async #send(
    host: Host,
    { method, bytes }: ClusterCall,
    metadata: Metadata,
    limit: CallLimit,
  ): Promise<Buffer | StatusObject> {
    // It may have fired since the host was chosen, and calls back only those who listen by then.
    if (limit.isCancelled) throw limit.cancelled('not-applied');
    const running = host.send({ method, bytes, metadata, timeoutMs: limit.remainingMs });
    const removeListener = limit.onCancel(() => running.stop(status.CANCELLED, 'cancelled by the caller'));
    const end = await running.end;
    removeListener();
    return isOk(end) ? end.message : end.status;
  }

  #errorOf(ended: StatusObject, { isWrite }: ClusterCall, limit: CallLimit): NoriKVError {
    const outcome = isWrite ? 'unknown' : 'not-applied';
    if (ended.code === status.CANCELLED && limit.isCancelled) return limit.cancelled(outcome);
    const error = errorOfStatus(ended, isWrite, limit.key);
    if (error.code !== 'UNAVAILABLE' || limit.remainingMs > deadlineToleranceMs) return error;
    return limit.timedOut(error.outcome, error);
  }

  async #authenticate(credentials: EtcdCredentials): Promise<Metadata> {
    const { username, password } = credentials;
    const limit = new CallLimit({}, this.#settings.timeoutMs);
    const call = {
      method: methods.authenticate,
      bytes: encodeAuthenticate(username, password),
      isWrite: false,
      isRepeatable: true,
    };
    for (let attempt = 1; ; attempt++) {
      const host = await this.#cluster.host(limit);
      const answer = await this.#send(host, call, anonymous(), limit);
      if (Buffer.isBuffer(answer)) {
        this.#settings.credentials?.accepted();
        return understood(() => withToken(answer), 'not-applied');
      }
      this.#settings.credentials?.refused(credentials, answer);
      const error = this.#errorOf(answer, call, limit);
      if (!mayGoOn(error, call)) throw error;
      host.rest();
      await limit.pause(this.#pauseMs(attempt), error);
    }
  }

  #pauseMs(attempt: number): number {
    const bound = Math.min(firstPauseMs * 2 ** attempt, longestPauseMs);
    return bound * (0.5 + this.#settings.random() / 2);
  }
}

function isStaleLogin(ended: StatusObject): boolean {
  return meaningOf(ended) === 'stale-login';
}

function mayGoOn(error: NoriKVError, call: ClusterCall): boolean {
  const isTransient =
    error.code === 'UNAVAILABLE' || (error.code === 'RESOURCE_EXHAUSTED' && error.retryable);
  return isTransient && (error.outcome === 'not-applied' || call.isRepeatable);
}

/** The error a call ends with, if an earlier copy of it may have been applied: that is then what is known. */
function settled(error: unknown, doubt: NoriKVError | undefined, limit: CallLimit): unknown {
  if (doubt === undefined || !isNoriKVError(error) || error.outcome === 'unknown') return error;
  if (error.code === 'CANCELLED') return limit.cancelled('unknown');
  return error.code === 'DEADLINE_EXCEEDED' ? limit.timedOut('unknown', doubt) : doubt;
}
