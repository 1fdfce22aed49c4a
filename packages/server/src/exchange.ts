import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { type CallFrame, FrameReader, readCall, status } from '@norikv/client/wire';
import { peerOf } from './address-text.js';
import { type Carrier, ExchangedCall } from './exchanged-call.js';
import type { Guard } from './guard.js';
import type { Reception } from './incoming-call.js';
import { longestRequest } from './request-body.js';
import { respond } from './response.js';
import type { Handler } from './router.js';
import { type Refusal, refusal } from './statuses.js';

// Taken at load, so that a test runner that fakes the globals does not hold calls back.
const { nextTick } = process;
/** After a server has begun to stop, how long calls that were sent before their callers knew are still answered. */
const farewellMs = 200;
/** Clients send longer calls on streams of their own. With some room for what each piece of them costs. */
const shortCall = 80 * 2 ** 10;
/** Answers beyond this are sent one at a time, so that others wait for one of them and not for all. */
const longAnswer = 64 * 2 ** 10;

/** On its way out, and what to call when it was taken. */
interface Answer {
  readonly bytes: Buffer;
  readonly taken: () => void;
}

/**
 * A stream on which the calls of a connection share their way in, and their answers the way out.
 *
 * Each call is guarded, served and measured like one on a stream of its own. What is under way is bounded by the
 * same guard; a caller that does not take its answers is not read from either.
 */
export class Exchange implements Carrier {
  readonly guard: Guard;
  readonly peer: string;
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #reception: Reception;
  readonly #handlers: ReadonlyMap<string, Handler>;
  readonly #reader = new FrameReader(longestRequest);
  readonly #calls = new Map<number, ExchangedCall>();
  #outgoing: Answer[] = [];
  #isLongOut = false;
  /** Long answers, by the numbers of their calls, that go out later. */
  readonly #waiting = new Map<number, Answer>();
  #heldBytes = 0;
  #isLast = false;
  #arriving: NodeJS.Timeout | undefined;
  #leaving: NodeJS.Timeout | undefined;

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    handlers: ReadonlyMap<string, Handler>,
    reception: Reception,
  ) {
    this.guard = reception.guard;
    this.#headers = headers;
    this.peer = peerOf(stream);
    this.#stream = stream;
    this.#reception = reception;
    this.#handlers = handlers;
    respond(stream, () => ({ 'grpc-status': `${status.OK}` }));
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    stream.once('end', () => this.#lastCall());
    stream.once('close', () => this.#closed());
    stream.on('drain', () => stream.resume());
  }

  /** Ends it when the calls under way have ended, and those that are on their way have been refused. */
  close(): void {
    this.#leaving ??= setTimeout(() => this.#lastCall(), farewellMs);
  }

  authenticate(): Refusal | undefined {
    return this.guard.authenticate(this.#headers);
  }

  send(id: number, bytes: Buffer, taken: () => void): void {
    this.#calls.delete(id);
    if (bytes.length <= longAnswer) this.#sendNow({ bytes, taken });
    else if (this.#isLongOut) this.#waiting.set(id, { bytes, taken });
    else this.#sendLong({ bytes, taken });
  }

  #sendNow(answer: Answer): void {
    if (this.#outgoing.length === 0) nextTick(() => this.#flush());
    this.#outgoing.push(answer);
  }

  #sendLong({ bytes, taken }: Answer): void {
    this.#isLongOut = true;
    const next = (): void => {
      taken();
      this.#isLongOut = false;
      const [first] = this.#waiting;
      if (!first) return;
      this.#waiting.delete(first[0]);
      this.#sendLong(first[1]);
    };
    this.#sendNow({ bytes, taken: next });
  }

  #take(chunk: Buffer): void {
    try {
      const frames = this.#reader.take(chunk);
      if (frames.length > 0) this.#stopWaiting();
      // First: what has arrived whole is counted by its call.
      this.#countRest();
      for (const { isCompressed, message } of frames) {
        if (isCompressed) throw new Error('a call is compressed');
        this.#begin(readCall(message));
      }
    } catch {
      this.#fail(constants.NGHTTP2_PROTOCOL_ERROR);
    }
  }

  #begin(frame: CallFrame): void {
    const { id, path, message } = frame;
    const known = this.#calls.get(id);
    if (path === undefined) {
      this.#calls.delete(id);
      known?.abandon();
      this.#waiting.get(id)?.taken();
      this.#waiting.delete(id);
      this.#rest();
      return;
    }
    if (known || this.#waiting.has(id)) throw new Error(`two calls have the number ${id}`);
    // A piece of what arrived would keep all of it in memory.
    const call = new ExchangedCall({ ...frame, message: Buffer.from(message) }, this);
    this.#calls.set(id, call);
    const handler = this.#handlers.get(path);
    if (handler) handler(call);
    else call.refuse(refusal(status.UNIMPLEMENTED, `${path} is not served here`));
  }

  /** A call that has begun to arrive is counted, and has to be whole in time. */
  #countRest(): void {
    const { bufferedBytes } = this.#reader;
    const more = bufferedBytes - this.#heldBytes;
    // A short one is refused when it is whole: here all calls on the stream would end with it.
    const already = bufferedBytes <= shortCall ? Number.POSITIVE_INFINITY : this.#heldBytes;
    if (more > 0 && this.guard.hold(more, already)) {
      this.#fail(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      return;
    }
    if (more < 0) this.guard.release(-more);
    this.#heldBytes = bufferedBytes;
    if (bufferedBytes === 0) return;
    const late = (): void => this.#fail(constants.NGHTTP2_CANCEL);
    this.#arriving ??= setTimeout(late, this.#reception.patienceMs).unref();
  }

  #stopWaiting(): void {
    clearTimeout(this.#arriving);
    this.#arriving = undefined;
  }

  #flush(): void {
    const answers = this.#outgoing;
    this.#outgoing = [];
    const stream = this.#stream;
    // The caller does not take its answers.
    const late = (): void => this.#fail(constants.NGHTTP2_CANCEL);
    const patience = setTimeout(late, this.#reception.patienceMs).unref();
    const over = (): void => {
      clearTimeout(patience);
      for (const { taken } of answers) taken();
    };
    if (stream.destroyed || stream.closed || stream.writableEnded) {
      over();
      return;
    }
    if (!stream.write(Buffer.concat(answers.map(({ bytes }) => bytes)), over)) stream.pause();
    this.#rest();
  }

  /** Takes no further call, and ends when those under way have. */
  #lastCall(): void {
    this.#isLast = true;
    this.#rest();
  }

  #rest(): void {
    if (!this.#isLast || this.#calls.size > 0 || this.#outgoing.length > 0 || this.#waiting.size > 0) return;
    if (this.#stream.destroyed || this.#stream.writableEnded) return;
    this.#stream.end();
  }

  /** Nothing that follows can be trusted, or waited for. 'close' follows. */
  #fail(code: number): void {
    this.#stream.removeAllListeners('data');
    this.#stream.close(code);
  }

  #closed(): void {
    this.#stopWaiting();
    clearTimeout(this.#leaving);
    this.guard.release(this.#heldBytes);
    this.#heldBytes = 0;
    this.#abandon();
  }

  #abandon(): void {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) call.abandon();
  }
}
