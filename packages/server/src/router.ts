import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { status, timeoutMs } from '@norikv/client/wire';
import { Decompressor } from './decompress.js';
import type { Guard } from './guard.js';
import { IncomingCall, type Reception } from './incoming-call.js';
import { refusal } from './statuses.js';

const unsupportedMediaType = 415;
const defaultPatienceMs = 60_000;

/** Serves a call whose headers have arrived. */
export type Handler = (call: IncomingCall) => void;

/** Leads streams to the handlers of their methods. */
export class Router {
  readonly #handlers = new Map<string, Handler>();
  readonly #reception: Reception;

  constructor(guard: Guard, patienceMs: number = defaultPatienceMs) {
    this.#reception = { guard, decompressor: new Decompressor(), patienceMs };
  }

  add(path: string, handler: Handler): void {
    this.#handlers.set(path, handler);
  }

  route(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    // A stream that breaks says so by its end, which may have come before anybody looked.
    stream.on('error', () => {});
    if (stream.destroyed || stream.closed) return;
    const { ':method': method, ':path': path = '', 'content-type': type = '' } = headers;
    if (method !== 'POST' || !/^application\/grpc(?:$|[+;])/.test(type)) {
      stream.respond({ ':status': unsupportedMediaType }, { endStream: true });
      stream.close();
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
}
