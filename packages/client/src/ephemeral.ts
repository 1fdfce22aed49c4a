import { UnsupportedError } from '@norikv/store';
import { NoriKVClient } from './client.js';
import { type EphemeralServerOptions, startServer } from './ephemeral-server.js';
import { LocalBackend, type LocalStore } from './local-backend.js';

/** Options of {@link createEphemeral}. */
export interface EphemeralOptions extends EphemeralServerOptions {
  /** A `norikv-server` binary to start. Default: `NORIKV_SERVER_PATH`, and without that a store in this process. */
  readonly serverBinary?: string | undefined;
}

/** A store that is gone when it is stopped, and a client for it. */
export class EphemeralNoriKV implements AsyncDisposable {
  readonly #client: NoriKVClient;
  readonly #address: string | undefined;
  readonly #stop: () => Promise<void>;
  #stopping: Promise<void> | undefined;

  /** Use {@link createEphemeral}. */
  constructor(client: NoriKVClient, address: string | undefined, stop: () => Promise<void>) {
    this.#client = client;
    this.#address = address;
    this.#stop = stop;
  }

  /** Address of the server; undefined if the store is in this process. */
  get address(): string | undefined {
    return this.#address;
  }

  /** The client; always the same one. */
  getClient(): NoriKVClient {
    return this.#client;
  }

  /** Closes the client and removes the store. Calling it again is fine. */
  stop(): Promise<void> {
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  /** As {@link stop}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #end(): Promise<void> {
    await this.#client.close();
    await this.#stop();
  }
}

/**
 * Starts a store for a test or a first look: in this process through `@norikv/embedded`, or a `norikv-server`
 * binary if `serverBinary` or the environment variable `NORIKV_SERVER_PATH` names one.
 *
 * @throws UnsupportedError if there is neither a binary nor `@norikv/embedded`.
 * @throws EphemeralServerError if the binary does not start; the message has the end of its log.
 *
 * @example
 * ```ts
 * await using cluster = await createEphemeral();
 * const client = cluster.getClient();
 * await client.connect();
 * ```
 */
export async function createEphemeral(options: EphemeralOptions = {}): Promise<EphemeralNoriKV> {
  const binary = options.serverBinary ?? process.env.NORIKV_SERVER_PATH;
  if (binary !== undefined && binary !== '') {
    const server = await startServer(binary, options);
    const { address, totalShards } = server;
    const client = new NoriKVClient({ nodes: [address], totalShards });
    return new EphemeralNoriKV(client, address, () => server.stop());
  }
  const store = await openLocal();
  const client = new NoriKVClient({ nodes: [] }, new LocalBackend(store));
  return new EphemeralNoriKV(client, undefined, () => store.close());
}

async function openLocal(): Promise<LocalStore> {
  let embedded: typeof import('@norikv/embedded');
  try {
    embedded = await import('@norikv/embedded');
  } catch (cause) {
    throw new UnsupportedError(
      `createEphemeral needs @norikv/embedded, which cannot be loaded (${String(cause)}): npm install @norikv/embedded, ` +
        'and leave it and lmdb out of bundles; or set NORIKV_SERVER_PATH to the path of a norikv-server',
      { cause },
    );
  }
  return embedded.createEphemeral();
}
