import { Metadata } from '@grpc/grpc-js';
import type { Credentials, EtcdCredentials } from './credentials.js';
import { decodeAuthenticate } from './wire/responses.js';

/** Keeps the metadata of calls, with the token of a login where there are credentials. */
export class Login {
  readonly #credentials: Credentials | undefined;
  readonly #authenticate: (credentials: EtcdCredentials) => Promise<Metadata>;
  #current: Promise<Metadata> | undefined;
  #known: Metadata | undefined;

  constructor(
    credentials: Credentials | undefined,
    authenticate: (credentials: EtcdCredentials) => Promise<Metadata>,
  ) {
    this.#credentials = credentials;
    this.#authenticate = authenticate;
    if (credentials === undefined) this.#known = anonymous();
  }

  /** The metadata of a call: a promise only if there is no token yet. */
  metadata(): Metadata | Promise<Metadata> {
    return this.#known ?? this.#logIn();
  }

  /** Forgets a token that the cluster no longer accepts. */
  forget(refused: Metadata): void {
    if (this.#known === refused) this.#known = undefined;
  }

  #logIn(): Promise<Metadata> {
    this.#current ??= this.#withToken().finally(() => {
      this.#current = undefined;
    });
    return this.#current;
  }

  async #withToken(): Promise<Metadata> {
    const metadata = this.#credentials
      ? await this.#authenticate(await this.#credentials.current())
      : anonymous();
    this.#known = metadata;
    return metadata;
  }
}

/** Asks each member to refuse at once what it cannot serve because it knows no leader. */
export function anonymous(): Metadata {
  const metadata = new Metadata();
  metadata.set('hasleader', 'true');
  return metadata;
}

/** Likewise, with the token that a login was answered with. Throws if that is no answer, or no token. */
export function withToken(answer: Buffer): Metadata {
  const metadata = anonymous();
  metadata.set('token', decodeAuthenticate(answer));
  return metadata;
}
