import { ChannelCredentials } from '@grpc/grpc-js';
import { InvalidArgumentError } from '@norikv/store';
import { checkAtOnce, checkNames } from '@norikv/store/checks';

/** Keys and certificates, each as PEM text or bytes. */
export interface EtcdTlsOptions {
  /** Certificate authorities to trust instead of the machine's. */
  readonly ca?: string | Uint8Array | undefined;
  /** The client's certificate chain, for clusters that ask for one. Needs `key`. */
  readonly cert?: string | Uint8Array | undefined;
  /** The private key of `cert`. */
  readonly key?: string | Uint8Array | undefined;
  /** The name the members' certificates must carry, if it is not the host that is connected to. */
  readonly serverName?: string | undefined;
}

/** What gives the keys and certificates of a new connection, such as from files that are renewed. */
export type EtcdTlsSource = () => EtcdTlsOptions;

/** What a connection proves itself by, and asks for. */
export interface Identity {
  readonly credentials: ChannelCredentials;
  readonly serverName: string | undefined;
}

/** Gives each new connection its identity. */
export function identities(tls: EtcdTlsOptions | EtcdTlsSource | undefined): () => Identity {
  if (typeof tls === 'function')
    return () => identityOf(checkAtOnce('tls()', tls(), 'keys that are loaded already'));
  const identity = tls === undefined ? openly() : identityOf(tls);
  return () => identity;
}

function openly(): Identity {
  return { credentials: ChannelCredentials.createInsecure(), serverName: undefined };
}

function identityOf(tls: EtcdTlsOptions): Identity {
  checkShape(tls);
  const { ca, cert, key, serverName } = tls;
  if ((cert === undefined) !== (key === undefined)) {
    throw new InvalidArgumentError('tls has only one of cert and key; pass both, or neither');
  }
  try {
    return { credentials: ChannelCredentials.createSsl(authorities(ca), pem(key), pem(cert)), serverName };
  } catch (cause) {
    const why = (cause as Error).message;
    throw new InvalidArgumentError(`tls has a ca, cert or key that is no PEM text, or no pair: ${why}`, {
      cause,
    });
  }
}

/** Does not show what it refuses: its content may be a key. */
function checkShape(tls: unknown): void {
  if (typeof tls !== 'object' || tls === null || Array.isArray(tls)) {
    throw new InvalidArgumentError(
      `tls is ${tls === null ? 'null' : `of type ${typeof tls}`}; use an object, {} for the machine's authorities, or a function that gives one`,
    );
  }
  checkNames('an option of tls', tls, ['ca', 'cert', 'key', 'serverName']);
}

/** Node takes any text, such as the path of a file, and then trusts nobody. */
function authorities(ca: string | Uint8Array | undefined): Buffer | null {
  const bytes = pem(ca);
  if (bytes?.includes('CERTIFICATE-----') === false) throw new Error('ca has no certificate');
  return bytes;
}

function pem(input: string | Uint8Array | undefined): Buffer | null {
  return input === undefined ? null : Buffer.from(input);
}
