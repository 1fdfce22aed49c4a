import { once } from 'node:events';
import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2';
import type { Socket } from 'node:net';
import { frameOf } from '../../src/grpc/frames.js';
import { encode, methods } from '../../src/wire.js';

/** What a server of plain HTTP/2 does with a call whose request has arrived. */
export type Misbehaviour = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

export const head = { ':status': 200, 'content-type': 'application/grpc' };

/** A server made of HTTP/2 alone, for everything no gRPC library would do. It describes itself as a good one. */
export class PlainHttp2Server implements AsyncDisposable {
  readonly #server: Http2Server;
  readonly sessions: ServerHttp2Session[] = [];
  readonly sockets: Socket[] = [];
  /** Paths of the calls, in order, without those that ask for a description. */
  readonly calls: string[] = [];
  address = '';
  /** Whether a call is left without an answer, be it the first question. */
  isMute: (stream: ServerHttp2Stream) => boolean = () => false;

  private constructor(misbehave: Misbehaviour, options: ServerOptions) {
    this.#server = createServer({ maxSendHeaderBlockLength: 2 ** 20, ...options });
    this.#server.on('connection', (socket: Socket) => this.sockets.push(socket));
    this.#server.on('session', (session) => this.sessions.push(session));
    this.#server.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      stream.resume();
      if (this.isMute(stream)) return;
      stream.once('end', () => {
        if (headers[':path'] === methods.describe.path)
          answer(stream, encode(methods.describe.output, description));
        else {
          this.calls.push(headers[':path'] ?? '');
          misbehave(stream, headers);
        }
      });
    });
  }

  static async start(misbehave: Misbehaviour, options: ServerOptions = {}): Promise<PlainHttp2Server> {
    const server = new PlainHttp2Server(misbehave, options);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    const bound = server.#server.address();
    server.address = `127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`;
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.sessions) session.destroy();
    this.#server.close();
  }
}

/** Answers as a gRPC server does: a message, and a status after it. */
export function answer(
  stream: ServerHttp2Stream,
  message: Uint8Array,
  trailers: Record<string, string> = { 'grpc-status': '0' },
): void {
  answerBytes(stream, frameOf(message), trailers);
}

/** Answers with bytes that need not be a message. */
export function answerBytes(
  stream: ServerHttp2Stream,
  bytes: Buffer,
  trailers: Record<string, string> = { 'grpc-status': '0' },
): void {
  stream.respond(head, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end(bytes);
}

/** What a server says of itself that keeps every guarantee. */
export const description = {
  engine: 'a double',
  atomicCas: true,
  createIfAbsent: true,
  deleteCas: true,
  linearizableReads: true,
  putVersionUsable: true,
  ttl: 'exact',
  durableAck: true,
  idempotency: 'durable',
  maxKeyBytes: 1_024,
  maxValueBytes: 2 ** 20,
};
