import type { StatusObject } from '@grpc/grpc-js';
import { InvalidArgumentError, NoriKVError, systemClock } from '@norikv/store';
import { checkNames } from '@norikv/store/checks';
import { CallLimit } from './call-limit.js';
import { errorOfStatus, meaningOf } from './status-errors.js';

const firstRestMs = 200;
const longestRestMs = 5_000;

/** A user of etcd's own. */
export interface EtcdCredentials {
  readonly username: string;
  readonly password: string;
}

/** What gives the credentials that hold now, such as from a file or a vault. */
export type EtcdCredentialsSource = () => EtcdCredentials | Promise<EtcdCredentials>;

/** Credentials that were refused, and until when they are not sent again. */
interface Refusal extends EtcdCredentials {
  readonly error: NoriKVError;
  readonly restMs: number;
  readonly untilMs: number;
}

/**
 * The credentials that hold now.
 *
 * Those that were refused are not sent again at once, by whichever call: etcd hashes each password it is told, which takes
 * some 0.1 s of its CPU, and processes that know only an old one would leave it no time for anybody else.
 */
export class Credentials {
  readonly #source: () => Promise<EtcdCredentials>;
  #refusal: Refusal | undefined;

  constructor(source: () => Promise<EtcdCredentials>) {
    this.#source = source;
  }

  /** @throws NoriKVError with the code `UNAUTHENTICATED` if there are none, or they were refused a moment ago. */
  async current(): Promise<EtcdCredentials> {
    const credentials = await this.#source();
    const refusal = this.#refusalOf(credentials);
    if (refusal && systemClock.monotonic() < refusal.untilMs) throw refusal.error;
    return credentials;
  }

  /** Notes what a login with them was answered. */
  refused(credentials: EtcdCredentials, answer: StatusObject): void {
    if (meaningOf(answer) !== 'wrong-password') return;
    const former = this.#refusalOf(credentials);
    const restMs = former ? Math.min(2 * former.restMs, longestRestMs) : firstRestMs;
    const untilMs = systemClock.monotonic() + restMs;
    this.#refusal = { ...credentials, error: errorOfStatus(answer, false), restMs, untilMs };
  }

  /** Forgets that credentials were refused: they hold. */
  accepted(): void {
    this.#refusal = undefined;
  }

  #refusalOf({ username, password }: EtcdCredentials): Refusal | undefined {
    const refusal = this.#refusal;
    return refusal?.username === username && refusal.password === password ? refusal : undefined;
  }
}

/** @throws InvalidArgumentError if they are given and wrong; nothing of them is shown. */
export function credentialsOf(
  given: EtcdCredentials | EtcdCredentialsSource | undefined,
  timeoutMs: number,
): Credentials | undefined {
  if (given === undefined) return undefined;
  // Half, so that a function that hangs is named by the error of the call that waits for it.
  if (typeof given === 'function') return new Credentials(() => ask(given, timeoutMs / 2));
  const credentials = checked(given);
  return new Credentials(async () => credentials);
}

async function ask(source: EtcdCredentialsSource, timeoutMs: number): Promise<EtcdCredentials> {
  try {
    return checked(await new CallLimit({}, timeoutMs).wait(Promise.resolve(source())));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new NoriKVError(`credentials() failed: ${why}`, { code: 'UNAUTHENTICATED', cause });
  }
}

function checked(credentials: EtcdCredentials): EtcdCredentials {
  if (typeof credentials?.username !== 'string' || typeof credentials.password !== 'string') {
    throw new InvalidArgumentError('credentials lacks username or password; pass both as strings');
  }
  checkNames('an option of credentials', credentials, ['username', 'password']);
  return credentials;
}
