import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { frameOf, percentEncoded, startDeadline, status } from '@norikv/client/wire';
import { peerOf } from './address-text.js';
import type { Call } from './call.js';
import type { Decompressor } from './decompress.js';
import type { Guard } from './guard.js';
import { HeldBytes } from './held-bytes.js';
import { linger } from './linger.js';
import { longestRequest, readMessage } from './request-body.js';
import { head, respond } from './response.js';
import { type Refusal, refusal } from './statuses.js';

/** What all calls of a server share. */
export interface Reception {
  readonly guard: Guard;
  readonly decompressor: Decompressor;
  /** How long a request may take to arrive, and an answer to be taken. */
  readonly patienceMs: number;
}

/** A call with a stream of its own. */
export class IncomingCall implements Call {
  readonly headers: IncomingHttpHeaders;
  readonly held: HeldBytes;
  readonly #stream: ServerHttp2Stream;
  readonly #reception: Reception;
  readonly #timeoutMs: number;
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #trailers: Readonly<Record<string, string>> = { 'grpc-status': `${status.OK}` };
  /** Takes what comes of the request, until that is known. */
  #awaited: ((result: Buffer | Refusal) => void) | undefined;
  #isAnswered = false;
  #isLate = false;

  /** @param timeoutMs - after which nobody waits any more; Infinity: none. */
  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    timeoutMs: number,
    reception: Reception,
  ) {
    this.#stream = stream;
    this.headers = headers;
    this.#timeoutMs = timeoutMs;
    this.#reception = reception;
    this.held = new HeldBytes(reception.guard);
    this.#endAfter(Math.min(timeoutMs, reception.patienceMs));
    stream.once('close', () => this.#over());
  }

  /** Fires when nobody waits for the answer any more. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isLate(): boolean {
    return this.#isLate;
  }

  /** Where the call comes from: `host:port`; `unknown` if its connection is gone. */
  get peer(): string {
    return peerOf(this.#stream);
  }

  authenticate(): Refusal | undefined {
    return this.#reception.guard.authenticate(this.headers);
  }

  /** Reads the request, and calls back once: with its message, or with why it is refused. */
  read(done: (result: Buffer | Refusal) => void): void {
    this.#awaited = done;
    const hold = (bytes: number): Refusal | undefined => this.held.hold(bytes);
    const unpack = (bytes: Buffer): Promise<Buffer | Refusal> => this.#unpack(bytes);
    readMessage(this.#stream, { hold, unpack }, (result) => {
      if (this.#isAnswered || !this.#awaited) return;
      this.#awaited = undefined;
      if (this.#timeoutMs > this.#reception.patienceMs) this.#endAfter(this.#timeoutMs);
      done(result);
    });
  }

  /** Sends a frame that more may follow, and that has to be taken in time. */
  write(frame: Buffer): void {
    if (!this.#begin()) return;
    const late = (): void => this.#stream.close(constants.NGHTTP2_CANCEL);
    const patience = setTimeout(late, this.#reception.patienceMs).unref();
    this.#stream.write(frame, () => clearTimeout(patience));
  }

  /** Ends the call well, with a last message if there is one. */
  end(message?: Buffer): void {
    if (this.#isAnswered || !this.#begin()) return;
    this.#isAnswered = true;
    if (this.#timeoutMs > this.#reception.patienceMs) this.#endAfter(this.#reception.patienceMs);
    if (message) this.#stream.end(frameOf(message));
    else this.#stream.end();
  }

  /** Ends the call with another status than OK. */
  refuse({ code, details, trailers }: Refusal): void {
    const stream = this.#stream;
    if (this.#isAnswered || stream.destroyed || stream.closed) return;
    this.#isAnswered = true;
    const ending = { ...trailers, 'grpc-status': `${code}`, 'grpc-message': percentEncoded(details) };
    if (stream.headersSent) {
      this.#trailers = ending;
      this.#endAfter(this.#reception.patienceMs);
      stream.end();
      return;
    }
    stream.respond({ ...head, ...ending }, { endStream: true });
    if (stream.readableEnded) return;
    clearTimeout(this.#timer);
    // Of what has not arrived whole nothing is kept.
    this.held.letGo();
    linger(stream);
  }

  /** The bytes are kept until it is their turn, whether somebody waits by then or not. */
  #unpack(bytes: Buffer): Promise<Buffer | Refusal> {
    const unpacked = this.#reception.decompressor.decompress({
      bytes,
      encoding: this.headers['grpc-encoding'],
      longest: longestRequest,
      from: this.#stream.session,
      isWanted: () => !this.#isAnswered,
    });
    this.held.holdUntil(unpacked);
    return unpacked;
  }

  /** False if nobody is there to be answered. */
  #begin(): boolean {
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return false;
    if (stream.headersSent) return true;
    respond(stream, () => this.#trailers);
    return true;
  }

  #endAfter(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = startDeadline(ms, () => this.#late())?.unref();
  }

  #late(): void {
    if (this.#isAnswered) {
      // The caller does not take its answer.
      this.#stream.close(constants.NGHTTP2_CANCEL);
      return;
    }
    this.#isLate = true;
    const refuseUnread = this.#awaited;
    this.#awaited = undefined;
    if (refuseUnread) refuseUnread(refusal(status.DEADLINE_EXCEEDED, 'the request did not arrive in time'));
    else
      this.refuse({ ...refusal(status.DEADLINE_EXCEEDED, 'the deadline of the call is over'), trailers: {} });
    this.#controller.abort();
  }

  #over(): void {
    clearTimeout(this.#timer);
    this.held.release();
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#controller.abort();
  }
}
