import { isIP, type Socket } from 'node:net';
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { InvalidArgumentError, NoriKVError } from '@norikv/store';
import { checkAtOnce, checkNames } from '@norikv/store/checks';
import { hostAndPort } from './address.js';
import type { Settings } from './config.js';

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

/** A bearer token, or what gives one. */
export type Token = string | (() => string | Promise<string>);

/** Gives the metadata of a call to a method, such as `/norikv.v1.Kv/Put`. */
export type MetadataHook = (method: string) => Readonly<Record<string, string>>;

/** What travels beside a request. */
export type CallMetadata = Readonly<Record<string, string>>;

const tlsNames: readonly (keyof TlsOptions)[] = ['ca', 'cert', 'key', 'serverName'];
const noMetadata: CallMetadata = {};
/** What the wire says itself, and what HTTP/2 forbids or gives a meaning. */
const reserved =
  /^(?:grpc-.*|te|content-type|content-length|expect|http2-settings|connection|keep-alive|proxy-connection|transfer-encoding|upgrade|host)$/;

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
    const context = createSecureContext({ ca: pem(ca), key: pem(key), cert: pem(cert) });
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

/** Makes the metadata of calls. */
export class MetadataSource {
  readonly #token: Token | undefined;
  readonly #hook: MetadataHook | undefined;
  readonly #fixed: CallMetadata | undefined;

  constructor({ token, metadata }: Pick<Settings, 'token' | 'metadata'>) {
    this.#token = token;
    this.#hook = metadata;
    const isFixed = metadata === undefined && typeof token !== 'function';
    this.#fixed = isFixed ? withToken(noMetadata, token) : undefined;
  }

  /** Whether it is the same for all calls. */
  get isFixed(): boolean {
    return this.#fixed !== undefined;
  }

  /** The metadata of a call: a promise only if the token is a function. */
  forCall(method: string): CallMetadata | Promise<CallMetadata> {
    if (this.#fixed) return this.#fixed;
    const metadata = checkedMetadata(this.#hook?.(method) ?? noMetadata);
    if (typeof this.#token !== 'function') return withToken(metadata, this.#token);
    return this.#askForToken(this.#token, metadata);
  }

  async #askForToken(ask: () => string | Promise<string>, metadata: CallMetadata): Promise<CallMetadata> {
    try {
      return withToken(metadata, await ask());
    } catch (cause) {
      throw new NoriKVError('The token function failed; nothing was sent', {
        code: 'UNAUTHENTICATED',
        cause,
      });
    }
  }
}

function withToken(metadata: CallMetadata, token: string | undefined): CallMetadata {
  if (token === undefined) return metadata;
  return { ...metadata, authorization: checkedValue('authorization', `Bearer ${token}`) };
}

function checkedMetadata(metadata: CallMetadata): CallMetadata {
  if (typeof metadata !== 'object' || 'then' in metadata) {
    const what = typeof metadata === 'object' ? 'a promise' : `of type ${typeof metadata}`;
    throw new InvalidArgumentError(
      `what the function metadata gives is ${what}; use an object of names and texts`,
    );
  }
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata))
    checked[checkedName(name)] = checkedValue(name, value);
  return checked;
}

function checkedName(given: string): string {
  const name = given.toLowerCase();
  if (name === 'authorization') {
    throw new InvalidArgumentError(
      'metadata has the name "authorization"; use token, which is kept from connections that anybody can read',
    );
  }
  if (/^[0-9a-z_.-]+$/.test(name) && !reserved.test(name)) return name;
  throw new InvalidArgumentError(
    `metadata has the name ${JSON.stringify(given)}; use letters, digits, "_", "-" and ".", ` +
      'and no name that gRPC or HTTP/2 uses itself',
  );
}

function checkedValue(name: string, value: unknown): string {
  if (typeof value === 'string' && /^[\x20-\x7e]*$/.test(value)) return value;
  throw new InvalidArgumentError(
    `metadata ${name} has a value that no header can carry; use printable ASCII`,
  );
}

function pem(input: string | Uint8Array | undefined): Buffer | undefined {
  return input === undefined ? undefined : Buffer.from(input);
}
