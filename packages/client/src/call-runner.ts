import type { DescMessage } from '@bufbuild/protobuf';
import {
  type CallOptions,
  ClosedError,
  errorCode,
  InvalidArgumentError,
  isNoriKVError,
  type Key,
  NoriKVError,
  UnavailableError,
} from '@norikv/store';
import { checkCallOptions } from '@norikv/store/call-options';
import { CallLimit } from './call-limit.js';
import type { Cluster } from './cluster.js';
import type { Settings } from './config.js';
import type { Connection } from './connection.js';
import type { Description } from './description.js';
import { NotLeaderError } from './errors.js';
import { Gate } from './gate.js';
import { status } from './grpc/status.js';
import { getShardForKey } from './hash.js';
import type { Node } from './node.js';
import { judge, pauseMs, type Resend, weakerOf } from './resend.js';
import { type CallFacts, errorOfStatus } from './status-errors.js';
import type { CallEnd, RunningCall } from './unary-call.js';
import { decode, encode, type Outgoing, type Received } from './wire/codec.js';
import type { WireMethod } from './wire/methods.js';

/** Bytes that are no message of any kind. */
const noMessage: Uint8Array = Uint8Array.of(0);

/** How long one of several nodes is waited for. */
const patienceMs = 500;

/** A call, and all that decides how it may be made. */
export interface PlannedCall<Input extends DescMessage, Output extends DescMessage> extends CallFacts {
  readonly method: WireMethod<Input, Output>;
  readonly key: Key;
  /** Bytes that are kept while it is under way. */
  readonly bytes: number;
  readonly options: CallOptions;
  /** The request for this server. Throws UnsupportedError if it must not be asked. */
  request(server: Description): Outgoing<Input>;
  resend(server: Description): Resend;
  /** Throws if the answer shows that the server did not do what it was asked. */
  check?(response: Received<Output>): void;
}

/** Makes calls: the one owner of deadlines, cancelling, retries and routing. */
export class CallRunner {
  readonly gate: Gate;
  readonly #cluster: Cluster;
  readonly #settings: Settings;
  #isClosed = false;
  calls = 0;
  repetitions = 0;
  failures = 0;

  constructor(cluster: Cluster, settings: Settings) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.gate = new Gate(settings);
  }

  async run<Input extends DescMessage, Output extends DescMessage>(
    call: PlannedCall<Input, Output>,
  ): Promise<Received<Output>> {
    const { key, bytes, options } = call;
    const { clock, timeoutMs } = this.#settings;
    checkCallOptions(options);
    if (this.#isClosed) throw new ClosedError('The client is closed');
    const limit = new CallLimit(clock, options.timeoutMs ?? timeoutMs, options.signal, key);
    if (limit.reached) throw limit.reached;
    this.calls += 1;
    try {
      const turn = this.gate.enter(bytes, limit, key);
      if (turn) await turn;
      try {
        return await this.#attempts(call, limit);
      } finally {
        this.gate.leave(bytes);
      }
    } catch (error) {
      this.failures += 1;
      throw error;
    }
  }

  /** Refuses further calls, and resolves when those under way have ended. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.gate.idle();
  }

  async #attempts<Input extends DescMessage, Output extends DescMessage>(
    call: PlannedCall<Input, Output>,
    limit: CallLimit,
  ): Promise<Received<Output>> {
    const tried = new Set<Node>();
    let doubt: NoriKVError | undefined;
    let resend: Resend = 'never';
    for (let attempt = 1; ; attempt++) {
      let node: Node | undefined;
      try {
        const route = this.#readyRoute(call, tried) ?? (await this.#route(call, limit, tried));
        node = route.node;
        const bytes = encoded(call, route.server);
        const resendHere = call.resend(route.server);
        // It may be another server now, that remembers nothing of what the one before may have applied.
        resend = doubt ? weakerOf(resend, resendHere) : resendHere;
        if (doubt && resend === 'never') throw doubt;
        return await send(route, call, bytes, limit);
      } catch (error) {
        if (!isNoriKVError(error)) throw doubt ?? error;
        if (error instanceof NotLeaderError) this.#cluster.learnLeader(this.#shardOf(call), error.leaderHint);
        if (error.outcome === 'unknown') doubt = error;
        const verdict = judge(error, doubt, resend);
        if (verdict === 'give-up') throw error;
        if (verdict === 'unknown' || attempt >= this.#settings.retry.maxAttempts || this.#isClosed) {
          throw inDoubt(error, doubt, limit);
        }
        if (node) tried.add(node);
      }
      this.repetitions += 1;
      await limit.pause(pauseMs(this.#settings, attempt)).catch((error: NoriKVError) => {
        throw inDoubt(error, doubt, limit);
      });
    }
  }

  #readyRoute(call: Routed, tried: ReadonlySet<Node>): Route | undefined {
    const node = this.#cluster.nodeFor(() => this.#shardOf(call), tried);
    const connection = node.connection();
    const server = connection.description;
    return server && { node, connection, server };
  }

  /** A node that is ready; with several to choose from, none is waited for long. */
  async #route(call: Routed, limit: CallLimit, tried: Set<Node>): Promise<Route> {
    for (;;) {
      const route = this.#readyRoute(call, tried);
      if (route) return route;
      const node = this.#cluster.nodeFor(() => this.#shardOf(call), tried);
      const hasOthers = this.#cluster.nodes.length > 1;
      try {
        await node.ready(hasOthers ? limit.within(patienceMs) : limit);
      } catch (error) {
        if (errorCode(error) !== 'DEADLINE_EXCEEDED') throw error;
        if (limit.remainingMs <= 0) throw limit.timedOut('not-applied', node.failure);
        if (tried.size + 1 >= this.#cluster.nodes.length) tried.clear();
        tried.add(node);
      }
    }
  }

  #shardOf({ key }: Routed): number {
    return getShardForKey(key, this.#settings.totalShards);
  }
}

interface Routed {
  readonly key: Key;
}

interface Route {
  readonly node: Node;
  readonly connection: Connection;
  readonly server: Description;
}

function encoded<Input extends DescMessage, Output extends DescMessage>(
  call: PlannedCall<Input, Output>,
  server: Description,
): Buffer {
  const request = call.request(server);
  try {
    return encode(call.method.input, request);
  } catch (cause) {
    const text = `The request has a field that does not fit the wire: ${(cause as Error).message}`;
    throw new InvalidArgumentError(text, { key: call.key, cause });
  }
}

async function send<Input extends DescMessage, Output extends DescMessage>(
  { connection, server }: Route,
  call: PlannedCall<Input, Output>,
  bytes: Buffer,
  limit: CallLimit,
): Promise<Received<Output>> {
  const { method, isWrite } = call;
  const pending = connection.metadataFor(method);
  const metadata = pending instanceof Promise ? await limit.wait(pending) : pending;
  // A signal that fired meanwhile fires no listener that is added now.
  const { reached } = limit;
  if (reached) throw reached;
  const running = connection.start({ method, bytes, metadata, timeoutMs: limit.remainingMs, server });
  const { status: ended, message } = await endOf(running, limit, isWrite);
  if (ended.code === status.OK) return answerOf(call, message);
  throw errorOfStatus(ended, call);
}

async function endOf(running: RunningCall, limit: CallLimit, isWrite: boolean): Promise<CallEnd> {
  if (!limit.isCancellable) return running.end;
  let release: (() => void) | undefined;
  const cancelled = new Promise<never>((_resolve, reject) => {
    release = limit.onCancel(() => {
      running.cancel();
      reject(limit.cancelled(isWrite ? 'unknown' : 'not-applied'));
    });
  });
  try {
    return await Promise.race([running.end, cancelled]);
  } finally {
    release?.();
  }
}

function answerOf<Input extends DescMessage, Output extends DescMessage>(
  call: PlannedCall<Input, Output>,
  message: Buffer | undefined,
): Received<Output> {
  let answer: Received<Output>;
  try {
    answer = decode(call.method.output, message ?? noMessage);
  } catch (cause) {
    const outcome = call.isWrite ? 'unknown' : 'not-applied';
    const text = `The server's answer to ${call.method.path} makes no sense`;
    throw new NoriKVError(text, { code: 'INTERNAL', outcome, key: call.key, cause });
  }
  call.check?.(answer);
  return answer;
}

/** An error of a later attempt says nothing about the earlier one that nobody answered. */
function inDoubt(error: NoriKVError, doubt: NoriKVError | undefined, limit: CallLimit): NoriKVError {
  if (doubt === undefined || error.outcome === 'unknown') return error;
  if (error.code === 'CANCELLED') return limit.cancelled('unknown');
  if (error.code === 'DEADLINE_EXCEEDED') return limit.timedOut('unknown', doubt);
  const text = `An attempt was not answered and may have been applied; the next one ended with: ${error.message}`;
  return new UnavailableError(text, { outcome: 'unknown', key: error.key, cause: error });
}
