import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { probe } from '@norikv/client/wire';
import { listen, type Place } from './listen.js';
import type { ServerTls } from './options.js';
import { secureOptions } from './tls.js';

const mostStreams = 4_096;
const longestHeaders = 16 * 2 ** 10;
const unlimitedMegabytes = 2 ** 20;
/** What a caller may send before it hears that it was read: over a long way, so much goes through in a round trip. */
const windowBytes = 2 ** 20;
const defaultProbing: Probing = { everyMs: 30_000, timeoutMs: 10_000 };

/** How often the other side of a connection is asked whether it is still there, and how long that may take. */
export interface Probing {
  readonly everyMs: number;
  readonly timeoutMs: number;
}

/** Takes a stream a caller has opened. */
export type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** The connections of a server: HTTP/2, with or without TLS. */
export class Transport {
  readonly #http2: Http2Server | Http2SecureServer;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #sockets = new Set<Socket>();
  #isClosing = false;

  /** @throws InvalidArgumentError if the keys are none. */
  constructor(tls: ServerTls | undefined, onStream: OnStream, probing: Probing = defaultProbing) {
    this.#http2 = http2Server(tls);
    this.#http2.on('connection', (socket: Socket) => {
      socket.setNoDelay(true);
      socket.setKeepAlive(true, probing.everyMs);
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    // HTTP/2 would hold on for ever to a socket on which TLS fails after the handshake.
    this.#http2.on('secureConnection', (socket: Socket) => socket.once('error', () => socket.destroy()));
    this.#http2.on('session', (session) => {
      this.#sessions.add(session);
      session.once('close', () => this.#sessions.delete(session));
      if (!session.destroyed) session.setLocalWindowSize(windowBytes);
      probeFromTimeToTime(session, probing);
      // Its TLS was still being agreed on when the others were told.
      if (this.#isClosing) session.close();
    });
    this.#http2.on('stream', onStream);
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** Gives the port. @throws NoriKVError with code UNAVAILABLE if the address cannot be listened on. */
  listen(place: Place): Promise<number> {
    return listen(this.#http2, place);
  }

  /** Shows other certificates to connections from now on. @throws InvalidArgumentError if they are none. */
  secure(tls: ServerTls): void {
    if ('setSecureContext' in this.#http2) this.#http2.setSecureContext(secureOptions(tls));
  }

  /** Takes no further connection and no further call; resolves when the calls under way have ended. */
  close(): Promise<void> {
    this.#isClosing = true;
    const closed = new Promise<void>((resolve) => this.#http2.close(() => resolve()));
    for (const session of this.#sessions) session.close();
    return closed;
  }

  /** Ends every connection now. */
  destroy(): void {
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }
}

function http2Server(tls: ServerTls | undefined): Http2Server | Http2SecureServer {
  const settings = {
    maxConcurrentStreams: mostStreams,
    maxHeaderListSize: longestHeaders,
    enablePush: false,
    initialWindowSize: windowBytes,
  };
  // What is under way is bounded by the guard.
  const options = { settings, maxSessionMemory: unlimitedMegabytes };
  if (tls === undefined) return createServer(options);
  const certificates = tls.clientCa === undefined ? {} : { requestCert: true };
  return createSecureServer({ ...options, ...certificates, ...secureOptions(tls) });
}

/** A dead caller must not hold its calls open. */
function probeFromTimeToTime(session: ServerHttp2Session, { everyMs, timeoutMs }: Probing): void {
  const interval = setInterval(() => {
    // Ended, and its socket not gone yet.
    if (!session.destroyed) probe(session, timeoutMs);
  }, everyMs).unref();
  session.once('close', () => clearInterval(interval));
}
