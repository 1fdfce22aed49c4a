import { InvalidArgumentError, NoriKVError } from '@norikv/store';
import { checkNames } from '@norikv/store/checks';
import { CallLimit } from './call-limit.js';

/** A user of etcd's own. */
export interface EtcdCredentials {
  readonly username: string;
  readonly password: string;
}

/** What gives the credentials that hold now, such as from a file or a vault. */
export type EtcdCredentialsSource = () => EtcdCredentials | Promise<EtcdCredentials>;

/** Gives the credentials for a login, or rejects with the code `UNAUTHENTICATED`. */
export type CurrentCredentials = () => Promise<EtcdCredentials>;

/** @throws InvalidArgumentError if they are given and wrong; nothing of them is shown. */
export function currentCredentials(
  given: EtcdCredentials | EtcdCredentialsSource | undefined,
  timeoutMs: number,
): CurrentCredentials | undefined {
  if (given === undefined) return undefined;
  // Half, so that a function that hangs is named by the error of the call that waits for it.
  if (typeof given === 'function') return () => ask(given, timeoutMs / 2);
  const credentials = checked(given);
  return async () => credentials;
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
