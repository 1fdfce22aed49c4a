import { Channel, type ChannelOptions, connectivityState, type Metadata, status } from '@grpc/grpc-js';
import { type Clock, ClosedError } from '@norikv/store';
import { CallLimit } from './call-limit.js';
import type { Settings } from './config.js';
import { channelCredentials, type MetadataSource } from './credentials.js';
import { type Description, describedServer, plainServer } from './description.js';
import { ResetBudget } from './reset-budget.js';
import { errorOfStatus } from './status-errors.js';
import { type RunningCall, startCall } from './unary-call.js';
import { decode, encode } from './wire/codec.js';
import { methods, type WireMethod } from './wire/methods.js';

const longestMessage = 8 * 2 ** 20;
const firstReconnectMs = 50;
const maxReconnectMs = 2_000;
const describeTimeoutMs = 5_000;
const askAgainMs = 50;

/**
 * One HTTP/2 connection to a node, made again when it breaks.
 *
 * Each time it is made, the server is asked what it guarantees before anything else is sent.
 */
export class Connection {
  readonly #channel: Channel;
  readonly #metadata: MetadataSource;
  readonly #clock: Clock;
  #description: Description | undefined;
  #describing: Promise<void> | undefined;
  #stateChanged: Array<() => void> = [];
  #isClosed = false;
  /** For calls that are cancelled. */
  readonly resets: ResetBudget;
  #lastDescription: Description | undefined;

  constructor(address: string, settings: Settings, metadata: MetadataSource) {
    this.#metadata = metadata;
    this.#clock = settings.clock;
    this.resets = new ResetBudget(settings.clock);
    this.#channel = new Channel(address, channelCredentials(settings.tls), channelOptions(settings));
    this.#watchState();
  }

  /** What is known of the server, if the connection is up and the server has been asked. */
  get description(): Description | undefined {
    return this.#state() === connectivityState.READY ? this.#description : undefined;
  }

  /** What the server said when it was asked last, on whichever connection. */
  get lastDescription(): Description | undefined {
    return this.#lastDescription;
  }

  /** Connects, if need be, and asks the server. Nothing of the caller has been sent when this fails. */
  async ready(limit: CallLimit): Promise<Description> {
    for (;;) {
      if (this.#isClosed) throw new ClosedError('The client is closed');
      if (this.description) return this.description;
      if (this.#channel.getConnectivityState(true) === connectivityState.READY) {
        await limit.wait(this.#describe());
      } else {
        await limit.wait(new Promise<void>((resolve) => this.#stateChanged.push(resolve)));
      }
    }
  }

  /** Whether an attempt to connect has failed and the next one is not due yet. */
  get isDown(): boolean {
    return this.#state() === connectivityState.TRANSIENT_FAILURE;
  }

  /** The metadata of a call: a promise only if somebody has to be asked for a token. */
  metadataFor(method: WireMethod): Metadata | Promise<Metadata> {
    return this.#metadata.forCall(method.path);
  }

  /**
   * Sends a request. The connection should be ready.
   *
   * @param onMessage - for a method that answers more than once.
   */
  start(
    method: WireMethod,
    bytes: Buffer,
    metadata: Metadata,
    timeoutMs: number,
    onMessage?: (message: Buffer) => void,
  ): RunningCall {
    if (this.#isClosed) throw new ClosedError('The client is closed');
    return startCall(this.#channel, { path: method.path, bytes, metadata, timeoutMs }, onMessage);
  }

  /** Lets nothing further be sent. */
  refuse(): void {
    this.#isClosed = true;
    this.#wake();
  }

  close(): void {
    this.#channel.close();
  }

  #state(): connectivityState {
    return this.#isClosed ? connectivityState.SHUTDOWN : this.#channel.getConnectivityState(false);
  }

  #watchState(): void {
    if (this.#isClosed) return;
    this.#channel.watchConnectivityState(this.#state(), Number.POSITIVE_INFINITY, () => {
      this.#description = undefined;
      this.#describing = undefined;
      this.#wake();
      this.#watchState();
    });
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
      this.#lastDescription = description ?? this.#lastDescription;
      this.#describing = undefined;
    });
    this.#describing = describing;
    describing.catch(() => {
      this.#describing = undefined;
    });
    return describing;
  }

  /** Undefined if the server did not answer. Throws what asking again would not change. */
  async #ask(): Promise<Description | undefined> {
    const limit = new CallLimit(this.#clock, describeTimeoutMs, undefined, undefined);
    const metadata = await limit.wait(Promise.resolve(this.metadataFor(methods.describe)));
    const bytes = encode(methods.describe.input, {});
    const { end } = this.start(methods.describe, bytes, metadata, limit.remainingMs);
    const { status: ended, message } = await end;
    if (ended.code === status.UNIMPLEMENTED) return plainServer;
    if (ended.code === status.OK && message) return descriptionIn(message);
    const error = errorOfStatus(ended, { isWrite: false });
    if (error.code === 'UNAUTHENTICATED') throw error;
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

function channelOptions(settings: Settings): ChannelOptions {
  const { keepAliveMs, keepAliveTimeoutMs, tls } = settings;
  return {
    'grpc.keepalive_time_ms': keepAliveMs,
    'grpc.keepalive_timeout_ms': keepAliveTimeoutMs,
    'grpc.initial_reconnect_backoff_ms': firstReconnectMs,
    'grpc.max_reconnect_backoff_ms': maxReconnectMs,
    'grpc.max_receive_message_length': longestMessage,
    'grpc.max_send_message_length': longestMessage,
    // The client is the one owner of retries, and each connection is asked what it guarantees.
    'grpc.enable_retries': 0,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.service_config_disable_resolution': 1,
    ...(tls?.serverName === undefined ? {} : { 'grpc.ssl_target_name_override': tls.serverName }),
  };
}
