import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NoriKVError } from '@norikv/store';
import { addressText } from './address-text.js';

/** What the HTTP side shows. */
export interface Health {
  readonly isReady: boolean;
  metrics(): Promise<string>;
}

/** Health, readiness and metrics over HTTP, for whoever runs the server. */
export class HealthServer implements AsyncDisposable {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @throws NoriKVError with code UNAVAILABLE if the address cannot be listened on. */
  static async listen(health: Health, host: string, port: number): Promise<HealthServer> {
    const server = createServer((request, response) => void answer(health, request, response));
    try {
      server.listen(port, host);
      await once(server, 'listening');
    } catch (cause) {
      const why = (cause as Error).message;
      const text = `Cannot listen on ${addressText(host, port)} for HTTP (health and metrics): ${why}`;
      throw new NoriKVError(text, { code: 'UNAVAILABLE', cause });
    }
    // What goes wrong later, such as too many open files, must not end the process.
    server.on('error', () => {});
    return new HealthServer(server);
  }

  get address(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return addressText(address, port);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function answer(
  health: Health,
  { url, method }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const send = (code: number, text: string, type = 'text/plain; charset=utf-8'): void => {
    response.writeHead(code, { 'content-type': type }).end(text);
  };
  if (method !== 'GET' && method !== 'HEAD') return send(405, 'only GET\n');
  switch (url?.split('?')[0]) {
    case '/health':
    case '/healthz':
      return send(200, 'ok\n');
    case '/readyz':
      return health.isReady ? send(200, 'ready\n') : send(503, 'not ready\n');
    case '/metrics':
      return send(200, await health.metrics(), 'text/plain; version=0.0.4; charset=utf-8');
    default:
      return send(404, 'only /healthz, /readyz and /metrics\n');
  }
}
