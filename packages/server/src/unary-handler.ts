import { type handleUnaryCall, type MethodDefinition, status } from '@grpc/grpc-js';
import { decode, encode, type Outgoing, type Received, type WireMethod } from '@norikv/client/wire';
import type { Guard } from './guard.js';
import { hostOf } from './guard.js';
import type { Metrics } from './metrics.js';
import type { ServerSettings } from './options.js';
import { type Refusal, refusal, refusalOf } from './statuses.js';

/** A method served: what it answers, or the error of the contract it throws. */
export interface Served<Method extends WireMethod = WireMethod> {
  readonly method: Method;
  serve(request: Received<Method['input']>, signal: AbortSignal): Promise<Outgoing<Method['output']>>;
}

/** What every call passes on its way in and out. */
export interface Surroundings {
  readonly settings: ServerSettings;
  readonly guard: Guard;
  readonly metrics: Metrics;
}

/** Messages pass as bytes: what they mean is decided where a bad one can be answered as such. */
export type RawMethod = MethodDefinition<Buffer, Buffer>;

const asIs = (bytes: Buffer): Buffer => bytes;

/** How the library is told of a method. */
export function rawMethod(method: WireMethod, responseStream = false): RawMethod {
  return {
    path: method.path,
    requestStream: false,
    responseStream,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
}

/** Makes a handler that guards, decodes, serves, answers, measures and logs. */
export function unaryHandler<Method extends WireMethod>(
  { method, serve }: Served<Method>,
  { settings, guard, metrics }: Surroundings,
): handleUnaryCall<Buffer, Buffer> {
  const { clock, log, logCalls } = settings;
  return (call, callback) => {
    const startedAt = clock.monotonic();
    const finish = (problem: Refusal | undefined, error: unknown, answer: () => void): void => {
      const code = status[problem?.code ?? status.OK] ?? '';
      const durationMs = clock.monotonic() - startedAt;
      metrics.count(method.path, code, durationMs);
      if (problem?.code === status.INTERNAL) {
        log({ level: 'error', event: 'call failed', method: method.path, code, error: String(error) });
      } else if (logCalls) {
        log({ level: 'info', event: 'call', method: method.path, code, durationMs, peer: call.getPeer() });
      }
      answer();
    };
    const refuse = (problem: Refusal, error?: unknown): void =>
      finish(problem, error, () => callback(problem));
    const bytes = call.request.length;
    const refused = guard.enter(call.metadata, () => hostOf(call.getPeer()), bytes);
    if (refused) return refuse(refused);
    let request: Received<Method['input']>;
    try {
      request = decode<Method['input']>(method.input, call.request);
    } catch {
      guard.leave(bytes);
      return refuse(refusal(status.INVALID_ARGUMENT, `the request is no ${method.input.typeName}`));
    }
    const controller = new AbortController();
    let isServed = false;
    // The library also says so of calls that have been answered.
    call.on('cancelled', () => {
      if (!isServed) controller.abort();
    });
    const work = serve(request, controller.signal).then((answer) => encode(method.output, answer));
    work
      .then(
        (answer) => finish(undefined, undefined, () => callback(null, answer)),
        (error: unknown) => refuse(refusalOf(error), error),
      )
      .finally(() => {
        isServed = true;
        guard.leave(bytes);
      });
  };
}
