import { type Clock, ClosedError, errorCode } from '@norikv/store';
import { CallLimit } from './call-limit.js';
import type { CallMetadata, MetadataSource } from './call-metadata.js';
import { isUnknownMethod, notSent } from './call-status.js';
import type { Settings } from './config.js';
import { type Description, describedServer, plainServer } from './description.js';
import { Exchange } from './exchange.js';
import { status } from './grpc/status.js';
import { Link } from './link.js';
import type { Session } from './session.js';
import { errorOfStatus } from './status-errors.js';
import { identities } from './tls.js';
import { endedCall, type RunningCall, UnaryCall } from './unary-call.js';
import { decode, encode } from './wire/codec.js';
import { numberOf } from './wire/exchange.js';
import { methods, type WireMethod } from './wire/methods.js';

const describeTimeoutMs = 5_000;
const askAgainMs = 50;
const longestExchanged = 64 * 2 ** 10;

/** A call of a method, ready to be sent. */
export interface Outbound {
  readonly method: WireMethod;
  readonly bytes: Buffer;
  readonly metadata: CallMetadata;
  /** Infinity: none. */
  readonly timeoutMs: number;
  /** The server the request was made for, if that matters: another one may be reached by now. */
  readonly server?: Description;
  /** For a method that answers more than once. */
  readonly onMessage?: (message: Buffer) => void;
}

/**
 * One HTTP/2 connection to a node, made again when it breaks.
 *
 * Each time it is made, the server is asked what it guarantees before anything else is sent.
 */
export class Connection {
  /** How long a token may take where no call has a limit for it. */
  readonly tokenTimeoutMs: number;
  readonly #link: Link;
  readonly #metadata: MetadataSource;
  readonly #clock: Clock;
  #description: Description | undefined;
  #describing: Promise<void> | undefined;
  #stateChanged: Array<() => void> = [];
  #isClosed = false;
  #lastDescription: Description | undefined;
  #failure: Error | undefined;
  readonly #wantsExchange: boolean;
  #exchange: Exchange | undefined;
  #watch: UnaryCall | undefined;

  constructor(address: string, settings: Settings, metadata: MetadataSource) {
    this.#metadata = metadata;
    this.#clock = settings.clock;
    // A call that may take longer may wait longer for its token.
    this.tokenTimeoutMs = Math.max(describeTimeoutMs, settings.timeoutMs);
    // What a hook or a token function says belongs to one call.
    this.#wantsExchange = settings.exchange && metadata.isFixed;
    this.#link = new Link(address, identities(settings.tls), settings, () => this.#changed());
  }

  /** What is known of the server, if the connection is up and the server has been asked. */
  get description(): Description | undefined {
    return this.#link.session && !this.#isClosed ? this.#description : undefined;
  }

  /** What the server said when it was asked last, on whichever connection. */
  get lastDescription(): Description | undefined {
    return this.#lastDescription;
  }

  /** Begins to connect, or to ask the server, and waits for neither. */
  prepare(): void {
    if (this.#isClosed || this.#describing) return;
    if (this.#link.session) void this.#describe();
    else this.#link.open();
  }

  /** Connects, or asks the server: what it takes next to be ready. Rejects if asking again would not change the answer. */
  async nextStep(): Promise<void> {
    if (this.#isClosed) throw new ClosedError('The client is closed');
    await (this.#link.session ? this.#describe() : this.#opened());
  }

  /** Somebody has waited for it in vain. */
  late(): void {
    this.#link.late();
  }

  /** Why it is not ready, as far as that is known. */
  get failure(): Error | undefined {
    return this.#link.failure ?? this.#failure;
  }

  /** Whether an attempt to connect has failed, or was waited for in vain, and none has served since. */
  get isDown(): boolean {
    return this.#link.isDown;
  }

  /** The metadata of a call: a promise only if somebody has to be asked for a token. */
  metadataFor(method: WireMethod): CallMetadata | Promise<CallMetadata> {
    return this.#metadata.forCall(method.path);
  }

  /** Sends a request. If the connection is not ready for it any more, the call ends as not applied. */
  start({ method, bytes, metadata, timeoutMs, server, onMessage }: Outbound): RunningCall {
    if (this.#isClosed) throw new ClosedError('The client is closed');
    const { session } = this.#link;
    if (!session || (server && server !== this.#description)) {
      return endedCall({ status: notSent(), message: undefined });
    }
    const number = this.#mayExchange(session, bytes) ? numberOf(method) : -1;
    if (number >= 0) return this.#exchangeOn(session, metadata).start(number, bytes, timeoutMs);
    const call = new UnaryCall(session, { path: method.path, bytes, metadata, timeoutMs }, onMessage);
    if (onMessage) this.#watch = call;
    return call;
  }

  /** A long request would hold up all others on its way. */
  #mayExchange(session: Session, { length }: Buffer): boolean {
    if (!this.#wantsExchange || !this.#description?.hasExchange || length > longestExchanged) return false;
    const known = this.#exchange;
    return known?.session !== session || !known.isUnknown;
  }

  #exchangeOn(session: Session, metadata: CallMetadata): Exchange {
    const known = this.#exchange;
    if (known?.session === session && known.isOpen) return known;
    const exchange = new Exchange(session, metadata);
    this.#exchange = exchange;
    return exchange;
  }

  /** Lets nothing further be sent. */
  refuse(): void {
    this.#isClosed = true;
    // Nothing was sent yet but the question what the server guarantees.
    if (!this.#description) this.#link.close();
    this.#wake();
  }

  close(): void {
    this.#link.close();
  }

  #changed(): void {
    // It would keep a connection that is to end with its last call, and is begun again elsewhere.
    this.#watch?.cancel();
    this.#watch = undefined;
    this.#description = undefined;
    this.#describing = undefined;
    this.#wake();
  }

  #opened(): Promise<void> {
    this.#link.open();
    return new Promise((resolve) => this.#stateChanged.push(resolve));
  }

  #wake(): void {
    const waiting = this.#stateChanged;
    this.#stateChanged = [];
    for (const resolve of waiting) resolve();
  }

  #describe(): Promise<void> {
    if (this.#describing) return this.#describing;
    const describing = this.#ask().then((description) => {
      // An answer from before a reconnect says nothing about the server of now.
      if (this.#describing !== describing) return;
      this.#description = description;
      if (description) this.#link.proven();
      this.#lastDescription = description ?? this.#lastDescription;
      this.#describing = undefined;
    });
    this.#describing = describing;
    // Also where nobody waits for it.
    describing.catch(() => {
      this.#describing = undefined;
    });
    return describing;
  }

  /** Undefined if the token, or the answer, did not come. Throws what asking again would not change. */
  async #ask(): Promise<Description | undefined> {
    const asked = Promise.resolve(this.metadataFor(methods.describe));
    const limit = new CallLimit(this.#clock, this.tokenTimeoutMs, undefined, undefined);
    const metadata = await limit.wait(asked).catch((error: unknown) => {
      if (errorCode(error) !== 'DEADLINE_EXCEEDED') throw error;
      this.#failure = new Error(`no token within ${this.tokenTimeoutMs} ms`);
    });
    if (!metadata) return undefined;
    const bytes = encode(methods.describe.input, {});
    const question = { method: methods.describe, bytes, metadata, timeoutMs: describeTimeoutMs };
    const { session } = this.#link;
    const { end } = this.start(question);
    const { status: ended, message } = await end;
    if (isUnknownMethod(ended)) return plainServer;
    if (ended.code === status.OK && message) return descriptionIn(message);
    const error = errorOfStatus(ended, { isWrite: false });
    if (error.code === 'UNAUTHENTICATED') throw error;
    this.#failure = error;
    if (error.code === 'DEADLINE_EXCEEDED') {
      // Behind a load balancer another connection may lead to a server that answers.
      session?.retire();
      return undefined;
    }
    await new Promise<void>((resolve) => this.#clock.startTimer(resolve, askAgainMs));
    return undefined;
  }
}

/** A server that describes itself in words that make no sense guarantees nothing. */
function descriptionIn(message: Buffer): Description {
  try {
    return describedServer(decode(methods.describe.output, message));
  } catch {
    return plainServer;
  }
}
