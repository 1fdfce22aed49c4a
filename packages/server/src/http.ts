import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { addressText } from './address-text.js';
import { listen, type Place } from './listen.js';

/** What the HTTP side shows. */
export interface Health {
  readonly isReady: boolean;
  /** Rejects if only a new start can help. */
  check?(): Promise<unknown>;
  metrics(): Promise<string>;
}

/** Alive, and not ready. */
const starting: Health = { isReady: false, metrics: async () => '' };

/** Health, readiness and metrics over HTTP, for whoever runs the server. */
export class HealthServer implements AsyncDisposable {
  /** What it shows. Until somebody says more: alive, and not ready. */
  health: Health = starting;
  readonly #server: Server;
  #port = 0;
  readonly #host: string;

  private constructor(host: string) {
    this.#host = host;
    this.#server = createServer((request, response) => void answer(this.health, request, response));
  }

  /** @throws NoriKVError with code UNAVAILABLE if the address cannot be listened on. */
  static async listen(place: Place): Promise<HealthServer> {
    const http = new HealthServer(place.host);
    http.#port = await listen(http.#server, place, ' for HTTP (health and metrics)');
    return http;
  }

  /** Where it listens: `host:port`. */
  get address(): string {
    return addressText(this.#host, this.#port);
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
      return (await isWhole(health)) ? send(200, 'ok\n') : send(503, 'the store cannot be read\n');
    case '/readyz':
      return health.isReady && (await isWhole(health)) ? send(200, 'ready\n') : send(503, 'not ready\n');
    case '/metrics':
      return send(200, await health.metrics(), 'text/plain; version=0.0.4; charset=utf-8');
    default:
      return send(404, 'only /healthz, /readyz and /metrics\n');
  }
}

async function isWhole(health: Health): Promise<boolean> {
  try {
    await health.check?.();
    return true;
  } catch {
    return false;
  }
}
