import { InvalidArgumentError, NoriKVError } from '@norikv/store';
import type { Settings } from './config.js';

/** A bearer token, or what gives one. */
export type Token = string | (() => string | Promise<string>);

/** Gives the metadata of a call to a method, such as `/norikv.v1.Kv/Put`. */
export type MetadataHook = (method: string) => Readonly<Record<string, string>>;

/** What travels beside a request. */
export type CallMetadata = Readonly<Record<string, string>>;

const noMetadata: CallMetadata = {};
/** What the wire says itself, and what HTTP/2 forbids or gives a meaning. */
const reserved =
  /^(?:grpc-.*|te|content-type|content-length|expect|http2-settings|connection|keep-alive|proxy-connection|transfer-encoding|upgrade|host)$/;

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
  const authorization = `Bearer ${token}`;
  if (isHeaderValue(authorization)) return { ...metadata, authorization };
  throw new InvalidArgumentError(
    'token is empty, or a text that no header can carry; use printable ASCII without a space at either end',
  );
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
  if (isHeaderValue(value)) return value;
  throw new InvalidArgumentError(
    `metadata ${name} has a value that no header can carry; use printable ASCII without a space at either end`,
  );
}

/** With a space at either end it would be dropped on its way without a word. */
function isHeaderValue(value: unknown): value is string {
  return typeof value === 'string' && /^(?! )[\x20-\x7e]*(?<! )$/.test(value);
}
