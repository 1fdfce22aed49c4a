import type { ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { nothing } from './call-limit.js';
import type { CallMetadata } from './call-metadata.js';
import { type CallStatus, statusIn, statusOfReset, tooLate } from './call-status.js';
import { FrameReader, frameOf } from './grpc/frames.js';
import { status } from './grpc/status.js';
import { startPatience, timeoutText } from './grpc/timeouts.js';
import type { Session } from './session.js';
import { longestAnswer } from './wire/limits.js';

/** How a call ended: with a message, or with a status that says why not. */
export interface CallEnd {
  readonly status: CallStatus;
  readonly message: Buffer | undefined;
}

/** A call under way. */
export interface RunningCall {
  readonly end: Promise<CallEnd>;
  cancel(): void;
}

/** A call that has ended before it began. */
export function endedCall(end: CallEnd): RunningCall {
  return { end: Promise.resolve(end), cancel: nothing };
}

/** A request, ready to be sent. */
export interface RawRequest {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly metadata: CallMetadata;
  /** Infinity: none. */
  readonly timeoutMs: number;
}

/** A request that was sent, on the stream that is its own. */
export class UnaryCall implements RunningCall {
  readonly end: Promise<CallEnd>;
  readonly #session: Session;
  readonly #stream: ClientHttp2Stream;
  readonly #path: string;
  readonly #onMessage: ((message: Buffer) => void) | undefined;
  readonly #reader = new FrameReader(longestAnswer);
  readonly #deadline: NodeJS.Timeout | undefined;
  #settle: (end: CallEnd) => void = nothing;
  #message: Buffer | undefined;
  #status: CallStatus | undefined;
  #hasBegun = false;

  /**
   * Sends it.
   *
   * @param session - one that is up.
   * @param onMessage - called for each message; without it the one message comes with the end.
   */
  constructor(session: Session, request: RawRequest, onMessage?: (message: Buffer) => void) {
    this.#session = session;
    this.#path = request.path;
    this.#onMessage = onMessage;
    this.end = new Promise((resolve) => {
      this.#settle = resolve;
    });
    const stream = session.request(headersOf(session, request), () => this.#closed());
    this.#stream = stream;
    this.#deadline = startPatience(request.timeoutMs, () => this.#late());
    stream.on('response', (headers) => this.#learn(headers));
    stream.on('trailers', (headers) => this.#learn(headers));
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    stream.end(frameOf(request.bytes));
  }

  cancel(): void {
    clearTimeout(this.#deadline);
    this.#session.cut(this.#stream);
  }

  #learn(headers: IncomingHttpHeaders): void {
    this.#hasBegun = true;
    this.#status ??= statusIn(headers);
    if (!this.#status) return;
    if (this.#status.code === status.OK && !this.#reader.isAtEnd) this.#refuse('it ends within a message');
    // The stream need not be over when the answer is.
    else if (this.#message || this.#status.code !== status.OK) this.#finish(this.#status);
  }

  #take(chunk: Buffer): void {
    // Beside a status of HTTP comes what a proxy has to say to people.
    if (this.#status) return;
    try {
      for (const { isCompressed, message } of this.#reader.take(chunk)) {
        if (isCompressed) throw new Error('it is compressed, which nobody asked for');
        if (this.#message) throw new Error('it has two messages');
        if (this.#onMessage) this.#onMessage(message);
        else this.#message = message;
      }
    } catch (error) {
      this.#refuse((error as Error).message);
    }
  }

  #refuse(why: string): void {
    const details = `The answer to ${this.#path} makes no sense: ${why}`;
    this.#leave({ code: status.INTERNAL, details, trailers: {} });
  }

  /** Also of a stream the server leaves open beyond its answer. */
  #late(): void {
    this.#leave(tooLate());
  }

  /** Ends the call before the server does. */
  #leave(ended: CallStatus): void {
    this.#status = ended;
    this.#finish(ended);
    this.cancel();
  }

  #closed(): void {
    clearTimeout(this.#deadline);
    this.#finish(this.#status ?? statusOfReset(this.#stream, this.#hasBegun));
  }

  #finish(ended: CallStatus): void {
    this.#settle({ status: ended, message: this.#message });
    // A server that has answered need not read the rest of the request.
    if (!this.#stream.writableFinished) this.cancel();
  }
}

/** The headers a request begins with. */
export function headersOf(
  { address }: Session,
  { path, metadata, timeoutMs }: Omit<RawRequest, 'bytes'>,
): Record<string, string> {
  const headers: Record<string, string> = {
    ':method': 'POST',
    ':authority': address,
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  };
  if (timeoutMs !== Number.POSITIVE_INFINITY) headers['grpc-timeout'] = timeoutText(timeoutMs);
  return Object.assign(headers, metadata);
}
