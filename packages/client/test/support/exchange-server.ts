import { once } from 'node:events';
import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { FrameReader, frameOf } from '../../src/grpc/frames.js';
import type { CallFrame } from '../../src/wire/exchange.js';
import { encode, exchangePath, methods, readCall, watchCluster } from '../../src/wire.js';
import { answerBytes, description, head } from './http2-server.js';

/** An exchange as the server sees it, which a test answers by hand. */
export interface OpenExchange {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly calls: CallFrame[];
}

/** What a server does with an exchange when it is opened; by default it begins to answer. */
export type Welcome = (stream: ServerHttp2Stream) => void;

export const begin: Welcome = (stream) => stream.respond(head);

/** A server that offers an exchange, and does there what a test says. */
export class ExchangeServer implements AsyncDisposable {
  readonly #server: Http2Server = createServer();
  readonly sessions: ServerHttp2Session[] = [];
  readonly exchanges: OpenExchange[] = [];
  /** Paths of the calls that came on streams of their own. */
  readonly others: string[] = [];
  welcome: Welcome = begin;
  onCall: (call: CallFrame, exchange: OpenExchange) => void = () => {};
  address = '';

  static async start(): Promise<ExchangeServer> {
    const made = new ExchangeServer();
    const server = made.#server;
    server.on('session', (session) => made.sessions.push(session));
    server.on('stream', (stream, headers) => made.#take(stream, headers));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const bound = server.address();
    made.address = `127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`;
    return made;
  }

  #take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    stream.on('error', () => {});
    if (headers[':path'] !== exchangePath) {
      stream.resume().once('end', () => {
        if (headers[':path'] === methods.describe.path) return answerBytes(stream, frameOf(offering));
        if (headers[':path'] === watchCluster.path) return; // There is nothing to tell.
        this.others.push(headers[':path'] ?? '');
        answerBytes(stream, frameOf(encode(methods.put.output, { version: { term: 1n, index: 1n } })));
      });
      return;
    }
    const exchange: OpenExchange = { stream, headers, calls: [] };
    this.exchanges.push(exchange);
    this.welcome(stream);
    const reader = new FrameReader(2 ** 20);
    stream.on('data', (chunk: Buffer) => {
      for (const { message } of reader.take(chunk)) {
        const call = readCall(message);
        exchange.calls.push(call);
        this.onCall(call, exchange);
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.sessions) session.destroy();
    this.#server.close();
  }
}

const offering = encode(methods.describe.output, { ...description, exchange: true });
