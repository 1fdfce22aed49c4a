import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2';
import type { CallMetadata } from './call-metadata.js';
import { type CallStatus, statusIn, statusOfReset, tooLate, unread } from './call-status.js';
import { FrameReader } from './grpc/frames.js';
import { status } from './grpc/status.js';
import { startPatience } from './grpc/timeouts.js';
import type { Session } from './session.js';
import { Silence } from './silence.js';
import { type CallEnd, headersOf, type RunningCall } from './unary-call.js';
import { callFrame, cancelFrame, exchangePath, highestCallId, readAnswer } from './wire/exchange.js';
import { longestAnswer } from './wire/limits.js';

// Taken at load, so that a test runner that fakes the globals does not hold calls back.
const { nextTick } = process;
const mostUnsent = 8 * 2 ** 20;

/** A call on its way. */
interface Pending {
  readonly settle: (end: CallEnd) => void;
  readonly deadline: NodeJS.Timeout | undefined;
}

/**
 * A stream on which the calls of a connection share their way: a stream for each costs both sides many times
 * as much as a call does.
 */
export class Exchange {
  readonly session: Session;
  readonly #stream: ClientHttp2Stream;
  readonly #reader = new FrameReader(longestAnswer);
  readonly #calls = new Map<number, Pending>();
  readonly #mostCalls: number;
  #outgoing: Buffer[] = [];
  #lastId = 0;
  #status: CallStatus | undefined;
  #hasBegun = false;
  #hasEnded = false;
  #isUnknown = false;
  #isStuck = false;
  readonly #silence: Silence;

  /**
   * Opens it.
   *
   * @param session - one that is up.
   * @param mostCalls - after which identifiers are used up.
   */
  constructor(session: Session, metadata: CallMetadata, mostCalls: number = highestCallId) {
    this.session = session;
    this.#silence = new Silence(session.clock);
    this.#mostCalls = mostCalls;
    const headers = headersOf(session, {
      path: exchangePath,
      metadata,
      timeoutMs: Number.POSITIVE_INFINITY,
    });
    this.#stream = session.open(headers, () => this.#closed());
    this.#stream.on('response', (answer) => this.#learn(answer));
    this.#stream.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#stream.on('end', () => this.#leave());
  }

  /** Whether it takes further calls. */
  get isOpen(): boolean {
    return !this.#hasEnded && !this.#isStuck && this.#lastId < this.#mostCalls;
  }

  /** Whether it ended as what answers does not know it: behind a proxy that may be another server than was asked. */
  get isUnknown(): boolean {
    return this.#isUnknown;
  }

  /** Sends a call, together with all others of this turn. It must be open. */
  start(method: number, bytes: Uint8Array, timeoutMs: number): RunningCall {
    this.#lastId += 1;
    const id = this.#lastId;
    this.session.enter();
    this.#silence.begin();
    const end = new Promise<CallEnd>((settle) => {
      this.#calls.set(id, { settle, deadline: startPatience(timeoutMs, () => this.#late(id)) });
    });
    this.#send(callFrame(id, method, timeoutMs, bytes));
    return { end, cancel: () => this.#cancel(id) };
  }

  #send(frame: Buffer): void {
    if (this.#outgoing.length === 0) nextTick(() => this.#flush());
    this.#outgoing.push(frame);
  }

  #flush(): void {
    const frames = this.#outgoing;
    this.#outgoing = [];
    if (!this.#hasEnded) this.#stream.write(Buffer.concat(frames));
  }

  #learn(headers: IncomingHttpHeaders): void {
    const ended = statusIn(headers);
    this.#isUnknown = ended?.code === status.UNIMPLEMENTED;
    this.#status = this.#isUnknown ? unread() : ended;
    this.#hasBegun = true;
    // Headers that end the stream say of all calls what became of them; those that begin it say nothing.
    if (this.#status) this.#leave();
  }

  #take(chunk: Buffer): void {
    try {
      for (const { isCompressed, message } of this.#reader.take(chunk)) {
        if (isCompressed) throw new Error('it is compressed, which nobody asked for');
        this.#silence.end();
        const { id, code, details, trailers, message: answer } = readAnswer(message);
        const isGood = code === status.OK;
        this.#finish(id, { status: { code, details, trailers }, message: isGood ? answer : undefined });
      }
    } catch (error) {
      const details = `An answer on an exchange makes no sense: ${(error as Error).message}`;
      this.#status = { code: status.INTERNAL, details, trailers: {} };
      this.#leave();
    }
  }

  #late(id: number): void {
    if (!this.#calls.has(id)) return;
    this.#giveUp(id);
    this.#finish(id, { status: tooLate(), message: undefined });
  }

  #cancel(id: number): void {
    if (!this.#calls.has(id)) return;
    this.#giveUp(id);
    this.#forget(id);
    this.#rest();
  }

  /** Nobody waits any more. One after the other without an answer: what they share leads nowhere, and keeps them all. */
  #giveUp(id: number): void {
    this.#send(cancelFrame(id));
    if (!this.#silence.giveUp(this.#stream.writableLength >= mostUnsent)) return;
    this.#isStuck = true;
    this.session.retire();
  }

  #finish(id: number, end: CallEnd): void {
    this.#forget(id)?.settle(end);
    this.#rest();
  }

  /** It ends if it takes no further call and nobody waits on it, whatever else keeps its connection. */
  #rest(): void {
    if (!this.isOpen && this.#calls.size === 0) this.#leave();
  }

  #forget(id: number): Pending | undefined {
    const call = this.#calls.get(id);
    if (!call) return undefined;
    this.#calls.delete(id);
    clearTimeout(call.deadline);
    this.session.leave();
    return call;
  }

  /** The server has said its last word, or nothing it says makes sense any more. 'close' follows. */
  #leave(): void {
    this.#hasEnded = true;
    this.#stream.removeAllListeners('data');
    // With NO_ERROR, Node 20 sometimes writes without end.
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  #closed(): void {
    this.#hasEnded = true;
    const ended = this.#status ?? statusOfReset(this.#stream, this.#hasBegun);
    for (const id of [...this.#calls.keys()]) this.#finish(id, { status: ended, message: undefined });
  }
}
