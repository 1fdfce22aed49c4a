import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock } from '@norikv/store';
import type { Settings } from './config.js';
import { probe } from './grpc/probe.js';
import { ResetBudget } from './reset-budget.js';
import { Silence } from './silence.js';

// Taken at load, so that a test runner that fakes the globals does not keep connections open.
const { setImmediate: afterwards } = globalThis;
const greetingTimeoutMs = 20_000;
const longestHeaders = 64 * 2 ** 10;
const unlimitedMegabytes = 2 ** 20;
// Of answers under way. The 64 KiB of HTTP/2 would be all that a connection can carry in a round trip.
const windowBytes = 4 * 2 ** 20;
const noHttp2 = 'it does not speak HTTP/2: is the port right, and do both sides use TLS, or neither?';
const mostAbandoned = 100;
// Identifiers of streams are odd and below 2^31; a connection that has used them up serves nothing any more.
const mostStreams = 2 ** 30 - 1;

/** How a session ends, and that it has begun. */
export interface SessionEvents {
  /** The other side has shown that it speaks HTTP/2. */
  onUp(): void;
  /** Nothing further can be sent. Calls under way may still be answered. The error says why, if anything does. */
  onEnd(error: Error | undefined): void;
}

/** One HTTP/2 connection over a socket, from its handshake to its end. */
export class Session {
  readonly address: string;
  readonly clock: Clock;
  readonly #http2: ClientHttp2Session;
  readonly #resets: ResetBudget;
  readonly #silence: Silence;
  readonly #events: SessionEvents;
  #isUp = false;
  #hasEnded = false;
  #calls = 0;
  /** Those nobody waits for and that could not be reset. */
  readonly #abandoned = new Set<ClientHttp2Stream>();
  #left: number;

  constructor(
    address: string,
    socket: Socket,
    settings: Settings,
    events: SessionEvents,
    mostRequests: number = mostStreams,
  ) {
    this.address = address;
    this.clock = settings.clock;
    this.#left = mostRequests;
    this.#events = events;
    this.#resets = new ResetBudget(settings.clock);
    this.#silence = new Silence(settings.clock);
    // The URL only says whether there is TLS: an address need not be one that fits into a URL.
    this.#http2 = connectHttp2(settings.tls ? 'https://node' : 'http://node', {
      createConnection: () => socket,
      settings: { enablePush: false, maxHeaderListSize: longestHeaders, initialWindowSize: windowBytes },
      // What is under way is bounded by maxPendingBytes.
      maxSessionMemory: unlimitedMegabytes,
    });
    this.#begin(settings);
  }

  /** Whether requests can be sent. */
  get isUp(): boolean {
    return this.#isUp && !this.#hasEnded && !this.#http2.closed && !this.#http2.destroyed;
  }

  /** Begins a call with a stream of its own. The session must be up. */
  request(headers: OutgoingHttpHeaders, onClose: () => void): ClientHttp2Stream {
    this.enter();
    this.#silence.begin();
    const stream = this.open(headers, () => {
      this.#abandoned.delete(stream);
      this.leave();
      onClose();
    });
    stream.once('response', () => this.#silence.end());
    return stream;
  }

  /** Opens a stream that is no call by itself. The session must be up. */
  open(headers: OutgoingHttpHeaders, onClose: () => void): ClientHttp2Stream {
    const stream = this.#http2.request(headers);
    // What went wrong is in the code the stream is closed with.
    stream.on('error', () => {});
    stream.on('close', onClose);
    this.#left -= 1;
    if (this.#left === 0) this.#end();
    return stream;
  }

  /** A call has begun: only those under way keep the process alive. */
  enter(): void {
    this.#calls += 1;
    if (this.#calls === 1) this.#http2.ref();
  }

  /** A call has ended. */
  leave(): void {
    this.#calls -= 1;
    this.#rest();
  }

  /**
   * Resets the stream of a call nobody waits for. If too many have been reset already it is left to run out. With too
   * many of these, or if nothing is answered any more, the connection is replaced.
   */
  cut(stream: ClientHttp2Stream): void {
    if (stream.closed || this.#abandoned.has(stream)) return;
    if (this.#resets.take()) stream.close(constants.NGHTTP2_CANCEL);
    else this.#abandoned.add(stream);
    if (this.#silence.giveUp() || this.#abandoned.size >= mostAbandoned) this.retire();
    else this.#rest();
  }

  /** Begins nothing further on this connection. It ends with the last call that somebody waits for. */
  retire(): void {
    this.#end();
    this.#rest();
  }

  /** Ends the connection, and with it every call on it. */
  destroy(): void {
    this.#http2.destroy();
  }

  #begin(settings: Settings): void {
    const http2 = this.#http2;
    const mute = new Error(`no HTTP/2 connection within ${greetingTimeoutMs} ms`);
    const patience = setTimeout(() => http2.destroy(mute), greetingTimeoutMs).unref();
    let failure: NodeJS.ErrnoException | undefined;
    // 'close' follows.
    http2.on('error', (error) => {
      failure = error;
    });
    http2.once('goaway', () => this.retire());
    http2.once('close', () => {
      clearTimeout(patience);
      const isOther = !failure || failure.code === 'ERR_HTTP2_ERROR';
      this.#end(isOther && !this.#isUp ? new Error(noHttp2) : failure);
    });
    http2.once('connect', () => {
      // It is told a little later, and may be over by now.
      if (http2.destroyed) return;
      http2.setLocalWindowSize(windowBytes);
      if (!http2.encrypted || http2.alpnProtocol === 'h2') return;
      http2.destroy(new Error('the server speaks TLS, but not HTTP/2'));
    });
    http2.once('remoteSettings', () => {
      clearTimeout(patience);
      this.#isUp = true;
      http2.unref();
      this.#probe(settings);
      this.#events.onUp();
    });
  }

  /** While calls are under way, asks at intervals whether the other side is still there. */
  #probe({ keepAliveMs, keepAliveTimeoutMs }: Settings): void {
    const http2 = this.#http2;
    const interval = setInterval(() => {
      if (this.#calls > 0 && !http2.destroyed) probe(http2, keepAliveTimeoutMs);
    }, keepAliveMs).unref();
    http2.once('close', () => clearInterval(interval));
  }

  /** A connection that serves nobody keeps no process alive, and ends if nothing more will come. */
  #rest(): void {
    // Not from within what the connection tells: while it is closing streams, an assertion of Node ends the process.
    if (this.#hasEnded && this.#calls === this.#abandoned.size) afterwards(() => this.#http2.destroy());
    else if (this.#calls === 0) this.#http2.unref();
  }

  #end(error?: Error): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#events.onEnd(error);
  }
}
