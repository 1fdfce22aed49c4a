import { ChannelCredentials, Metadata } from '@grpc/grpc-js';
import { InvalidArgumentError, NoriKVError } from '@norikv/store';
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

/** A bearer token, or what gives one. */
export type Token = string | (() => string | Promise<string>);

/** Gives the metadata of a call to a method, such as `/norikv.v1.Kv/Put`. */
export type MetadataHook = (method: string) => Readonly<Record<string, string>>;

/** What a channel needs to prove who is at either end. */
export function channelCredentials(tls: TlsOptions | undefined): ChannelCredentials {
  if (tls === undefined) return ChannelCredentials.createInsecure();
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    throw new InvalidArgumentError('tls has only one of cert and key; pass both, or neither');
  }
  try {
    return ChannelCredentials.createSsl(pem(tls.ca), pem(tls.key), pem(tls.cert));
  } catch (cause) {
    throw new InvalidArgumentError('tls has a ca, cert or key that is no PEM text', { cause });
  }
}

/** Makes the metadata of calls. */
export class MetadataSource {
  readonly #token: Token | undefined;
  readonly #hook: MetadataHook | undefined;
  readonly #fixed: Metadata | undefined;

  constructor({ token, metadata }: Pick<Settings, 'token' | 'metadata'>) {
    this.#token = token;
    this.#hook = metadata;
    const isFixed = metadata === undefined && typeof token !== 'function';
    this.#fixed = isFixed ? withToken(new Metadata(), token) : undefined;
  }

  /** The metadata of a call: a promise only if the token is a function. */
  forCall(method: string): Metadata | Promise<Metadata> {
    if (this.#fixed) return this.#fixed;
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(this.#hook?.(method) ?? {})) metadata.set(name, value);
    if (typeof this.#token !== 'function') return withToken(metadata, this.#token);
    return this.#askForToken(this.#token, metadata);
  }

  async #askForToken(ask: () => string | Promise<string>, metadata: Metadata): Promise<Metadata> {
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

function withToken(metadata: Metadata, token: string | undefined): Metadata {
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

function pem(input: string | Uint8Array | undefined): Buffer | null {
  return input === undefined ? null : Buffer.from(input);
}
