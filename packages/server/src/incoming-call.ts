import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { frameOf, percentEncoded, status } from '@norikv/client/wire';
import { addressText } from './address-text.js';
import { type Refusal, refusal } from './statuses.js';

const longestTimerMs = 2 ** 31 - 1;
const head = { ':status': 200, 'content-type': 'application/grpc' };

/** A call under way: who makes it, until when, and the ways to answer it. */
export class IncomingCall {
  readonly headers: IncomingHttpHeaders;
  readonly #stream: ServerHttp2Stream;
  readonly #controller = new AbortController();
  readonly #deadline: NodeJS.Timeout | undefined;
  #trailers: Readonly<Record<string, string>> = { 'grpc-status': `${status.OK}` };
  #isAnswered = false;

  /** @param timeoutMs - after which nobody waits any more; Infinity: none. */
  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, timeoutMs: number) {
    this.#stream = stream;
    this.headers = headers;
    if (timeoutMs !== Number.POSITIVE_INFINITY) {
      const ms = Math.min(longestTimerMs, Math.ceil(timeoutMs));
      this.#deadline = setTimeout(() => this.#late(), ms).unref();
    }
    stream.once('close', () => this.#over());
  }

  /** Fires when nobody waits for the answer any more. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Where the call comes from: `host:port`; `unknown` if its connection is gone. */
  get peer(): string {
    const { remoteAddress, remotePort } = this.#stream.session?.socket ?? {};
    return remoteAddress && remotePort ? addressText(remoteAddress, remotePort) : 'unknown';
  }

  /** Sends a message that more may follow. */
  write(message: Buffer): void {
    if (this.#begin()) this.#stream.write(frameOf(message));
  }

  /** Ends the call well, with a last message if there is one. */
  end(message?: Buffer): void {
    if (this.#isAnswered || !this.#begin()) return;
    this.#isAnswered = true;
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
      stream.end();
      return;
    }
    stream.respond({ ...head, ...ending }, { endStream: true });
    // Whatever of the request has not arrived is of no use.
    if (!stream.readableEnded) stream.close();
  }

  /** False if nobody is there to be answered. */
  #begin(): boolean {
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return false;
    if (stream.headersSent) return true;
    stream.respond(head, { waitForTrailers: true });
    stream.once('wantTrailers', () => stream.closed || stream.sendTrailers(this.#trailers));
    return true;
  }

  #late(): void {
    this.refuse({ ...refusal(status.DEADLINE_EXCEEDED, 'the deadline of the call is over'), trailers: {} });
    this.#controller.abort();
  }

  #over(): void {
    clearTimeout(this.#deadline);
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#controller.abort();
  }
}
