import { type Channel, type Metadata, type StatusObject, status } from '@grpc/grpc-js';

/** How a call ended: with a message, or with a status that says why not. */
export interface CallEnd {
  readonly status: StatusObject;
  readonly message: Buffer | undefined;
}

/** A call under way. */
export interface RunningCall {
  readonly end: Promise<CallEnd>;
  cancel(): void;
}

/** A request, ready to be sent. */
export interface RawRequest {
  readonly path: string;
  readonly bytes: Buffer;
  readonly metadata: Metadata;
  /** Infinity: none. */
  readonly timeoutMs: number;
}

/**
 * Sends a request on a channel. Below the library's client class, whose interceptors nobody needs here.
 *
 * @param onMessage - called for each message; without it the one message comes with the end.
 */
export function startCall(
  channel: Channel,
  request: RawRequest,
  onMessage?: (message: Buffer) => void,
): RunningCall {
  const deadline = request.timeoutMs === Infinity ? Infinity : Date.now() + Math.max(1, request.timeoutMs);
  const call = channel.createCall(request.path, deadline, null, null, null);
  const end = new Promise<CallEnd>((resolve) => {
    let message: Buffer | undefined;
    call.start(request.metadata, {
      onReceiveMetadata: () => {},
      onReceiveMessage: (received: Buffer) => {
        if (onMessage === undefined) {
          message = received;
          return;
        }
        onMessage(received);
        call.startRead();
      },
      onReceiveStatus: (ended) => resolve({ status: ended, message }),
    });
  });
  call.startRead();
  call.sendMessageWithContext({}, request.bytes);
  call.halfClose();
  return { end, cancel: () => call.cancelWithStatus(status.CANCELLED, 'cancelled by the caller') };
}
