import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { exchangePath, status, timeoutMs } from '@norikv/client/wire';
import type { Call } from './call.js';
import { Decompressor } from './decompress.js';
import { Exchange } from './exchange.js';
import type { Guard } from './guard.js';
import { IncomingCall, type Reception } from './incoming-call.js';
import { linger } from './linger.js';
import { refusal } from './statuses.js';

const unsupportedMediaType = 415;
const defaultPatienceMs = 60_000;
/** A client needs one for each connection, and another one while an old one ends. */
const mostExchanges = 16;

/** Serves a call whose headers have arrived. */
export type Handler<Way extends Call = Call> = (call: Way) => void;

/** Gives each stream to the handler of its method. */
export class Router {
  readonly #handlers = new Map<string, Handler<IncomingCall>>();
  readonly #unaryHandlers = new Map<string, Handler>();
  readonly #reception: Reception;
  readonly #exchanges = new Set<Exchange>();
  readonly #exchangesOf = new WeakMap<Http2Session, number>();

  constructor(guard: Guard, patienceMs: number = defaultPatienceMs) {
    this.#reception = { guard, decompressor: new Decompressor(), patienceMs };
  }

  /** A method with one answer, which can be called on an exchange, too. */
  add(path: string, handler: Handler): void {
    this.#handlers.set(path, handler);
    this.#unaryHandlers.set(path, handler);
  }

  /** A method that answers more than once. */
  addStream(path: string, handler: Handler<IncomingCall>): void {
    this.#handlers.set(path, handler);
  }

  route(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    // A stream that breaks says so by its end, which may have come before anybody looked.
    stream.on('error', () => {});
    if (stream.destroyed || stream.closed) return;
    const { ':method': method, ':path': path = '', 'content-type': type = '' } = headers;
    if (method !== 'POST' || !/^application\/grpc(?:$|[+;])/.test(type)) {
      stream.respond({ ':status': unsupportedMediaType }, { endStream: true });
      linger(stream);
      return;
    }
    if (path === exchangePath) {
      this.#open(stream, headers);
      return;
    }
    const timeout = headers['grpc-timeout'];
    const ms = timeout === undefined ? Number.POSITIVE_INFINITY : timeoutMs(String(timeout));
    const call = new IncomingCall(stream, headers, ms ?? Number.POSITIVE_INFINITY, this.#reception);
    const handler = this.#handlers.get(path);
    if (ms === undefined) {
      call.refuse(refusal(status.INVALID_ARGUMENT, `grpc-timeout is ${timeout}, which is no time`));
    } else if (handler) handler(call);
    else call.refuse(refusal(status.UNIMPLEMENTED, `${path} is not served here`));
  }

  /** Lets the exchanges end. */
  close(): void {
    for (const exchange of this.#exchanges) exchange.close();
  }

  #open(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const { guard } = this.#reception;
    const { session } = stream;
    const count = (session && this.#exchangesOf.get(session)) ?? 0;
    const isFull = count >= mostExchanges;
    const stopping = guard.isClosed ? refusal(status.UNAVAILABLE, 'the server is stopping') : undefined;
    const excess = isFull ? refusal(status.RESOURCE_EXHAUSTED, 'too many exchanges') : undefined;
    const refused = guard.authenticate(headers) ?? stopping ?? excess;
    if (refused || !session) {
      const call = new IncomingCall(stream, headers, Number.POSITIVE_INFINITY, this.#reception);
      call.refuse(refused ?? refusal(status.UNAVAILABLE, 'the connection is gone'));
      return;
    }
    this.#exchangesOf.set(session, count + 1);
    const exchange = new Exchange(stream, headers, this.#unaryHandlers, this.#reception);
    this.#exchanges.add(exchange);
    stream.once('close', () => {
      this.#exchanges.delete(exchange);
      this.#exchangesOf.set(session, (this.#exchangesOf.get(session) ?? 1) - 1);
    });
  }
}
