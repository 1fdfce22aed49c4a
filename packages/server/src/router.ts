import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { status, timeoutMs } from '@norikv/client/wire';
import { IncomingCall } from './incoming-call.js';
import { readMessage } from './request-body.js';
import { refusal } from './statuses.js';

const unsupportedMediaType = 415;

/** Serves a call whose request has arrived. */
export type Handler = (call: IncomingCall, request: Buffer) => void;

/** Leads streams to the handlers of their methods. */
export class Router {
  readonly #handlers = new Map<string, Handler>();

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
    const call = new IncomingCall(stream, headers, ms ?? Number.POSITIVE_INFINITY);
    if (ms === undefined) {
      call.refuse(refusal(status.INVALID_ARGUMENT, `grpc-timeout is ${timeout}, which is no time`));
      return;
    }
    const handler = this.#handlers.get(path);
    if (!handler) {
      call.refuse(refusal(status.UNIMPLEMENTED, `${path} is not served here`));
      return;
    }
    readMessage(stream, headers['grpc-encoding'], (result) => {
      if (Buffer.isBuffer(result)) handler(call, result);
      else call.refuse(result);
    });
  }
}
