import { type Channel, type Metadata, type StatusObject, status } from '@grpc/grpc-js';
import type { Method } from './wire/methods.js';

/** How a call ended: with a message, or with a status that says why not. */
export interface CallEnd {
  readonly status: StatusObject;
  readonly message: Buffer | undefined;
}

/** A call under way. */
export interface RunningCall {
  readonly end: Promise<CallEnd>;
  /** Ends the call here, whatever the server does with it. */
  stop(code: status, why: string): void;
}

/** A request, ready to be sent. */
export interface Request {
  readonly method: Method;
  readonly bytes: Buffer;
  readonly metadata: Metadata;
  readonly timeoutMs: number;
}

/** The library fails, and not the call, where a deadline is too far away to be written down. */
const longestTimeoutMs = 2 ** 31 - 1;

/** Sends a request on a channel: below the library's client class, whose interceptors nobody needs here. */
export function startCall(channel: Channel, request: Request): RunningCall {
  const { method, bytes, metadata, timeoutMs } = request;
  const endsAtMs = Date.now() + Math.min(Math.max(1, timeoutMs), longestTimeoutMs);
  const call = channel.createCall(method, endsAtMs, null, null, null);
  const end = new Promise<CallEnd>((resolve) => {
    let message: Buffer | undefined;
    call.start(metadata, {
      onReceiveMetadata: () => {},
      onReceiveMessage: (received: Buffer) => {
        message = received;
      },
      onReceiveStatus: (ended) => resolve({ status: ended, message }),
    });
  });
  call.startRead();
  call.sendMessageWithContext({}, bytes);
  call.halfClose();
  return { end, stop: (code, why) => call.cancelWithStatus(code, why) };
}

/** Whether a call ended well. */
export function isOk(end: CallEnd): end is CallEnd & { readonly message: Buffer } {
  return end.status.code === status.OK && end.message !== undefined;
}
