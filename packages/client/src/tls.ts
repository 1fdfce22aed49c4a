import { isIP, type Socket } from 'node:net';
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { InvalidArgumentError } from '@norikv/store';
import { checkAtOnce, checkNames } from '@norikv/store/checks';
import { hostAndPort } from './address.js';

/** Keys and certificates, each as PEM text or bytes. */
export interface TlsOptions {
  /** Certificate authorities to trust instead of the machine's. */
  readonly ca?: string | Uint8Array | undefined;
  /** The client's certificate chain, for servers that ask for one. Needs `key`. */
  readonly cert?: string | Uint8Array | undefined;
  /** The private key of `cert`. */
  readonly key?: string | Uint8Array | undefined;
  /** The name the server's certificate must carry, if it is not the host that is connected to. */
  readonly serverName?: string | undefined;
}

/** What gives the keys and certificates of a new connection, such as from files that are renewed. */
export type TlsSource = () => TlsOptions;

const tlsNames: readonly (keyof TlsOptions)[] = ['ca', 'cert', 'key', 'serverName'];

/** What a connection needs to prove who is at either end. */
export interface Identity {
  readonly context: SecureContext;
  readonly serverName: string | undefined;
}

/** Gives each new connection its identity; undefined without TLS. */
export function identities(tls: TlsOptions | TlsSource | undefined): (() => Identity) | undefined {
  if (typeof tls === 'function')
    return () => identityOf(checkedTls(checkAtOnce('tls()', tls(), 'keys that are loaded already')));
  const identity = tls && identityOf(tls);
  return identity && (() => identity);
}

/** Does not show what it refuses: its content may be a key. */
export function checkedTls(tls: unknown): TlsOptions {
  if (typeof tls !== 'object' || tls === null || Array.isArray(tls)) {
    throw new InvalidArgumentError(
      `tls is ${tls === null ? 'null' : `of type ${typeof tls}`}; use true, an object with ca, cert, key or serverName, or a function that gives one`,
    );
  }
  checkNames('an option of tls', tls, tlsNames);
  return tls;
}

function identityOf({ ca, cert, key, serverName }: TlsOptions): Identity {
  if ((cert === undefined) !== (key === undefined)) {
    throw new InvalidArgumentError('tls has only one of cert and key; pass both, or neither');
  }
  try {
    const context = createSecureContext({ ca: authorities(ca), key: pem(key), cert: pem(cert) });
    return { context, serverName };
  } catch (cause) {
    const why = (cause as Error).message;
    throw new InvalidArgumentError(`tls has a ca, cert or key that is no PEM text, or no pair: ${why}`, {
      cause,
    });
  }
}

/** TLS over a connection to a server, which has to show a certificate for its name or address. */
export function secured(socket: Socket, address: string, { context, serverName }: Identity): TLSSocket {
  const { host } = hostAndPort(address);
  // An address is no server name (RFC 6066, section 3).
  const servername = serverName ?? (isIP(host) === 0 ? host : '');
  const way = connect({ socket, host, servername, secureContext: context, ALPNProtocols: ['h2'] });
  // HTTP/2 would hold on for ever to a socket on which TLS fails after the handshake.
  return way.once('error', () => way.destroy());
}

/** Node takes any text, such as the path of a file, and then trusts nobody. */
function authorities(ca: string | Uint8Array | undefined): Buffer | undefined {
  const bytes = pem(ca);
  if (bytes?.includes('CERTIFICATE-----') === false) throw new Error('ca has no certificate');
  return bytes;
}

function pem(input: string | Uint8Array | undefined): Buffer | undefined {
  return input === undefined ? undefined : Buffer.from(input);
}
