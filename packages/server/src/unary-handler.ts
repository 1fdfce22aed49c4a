import {
  decode,
  encode,
  type Outgoing,
  type Received,
  status,
  statusName,
  type WireMethod,
} from '@norikv/client/wire';
import type { Guard } from './guard.js';
import { hostOf } from './guard.js';
import type { Metrics } from './metrics.js';
import type { ServerSettings } from './options.js';
import type { Handler } from './router.js';
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

/** Makes a handler that guards, decodes, serves, answers, measures and logs. */
export function unaryHandler<Method extends WireMethod>(
  { method, serve }: Served<Method>,
  { settings, guard, metrics }: Surroundings,
): Handler {
  const { clock, log, logCalls } = settings;
  return (call, body) => {
    const startedAt = clock.monotonic();
    const finish = (problem: Refusal | undefined, error: unknown, answer: () => void): void => {
      const code = statusName(problem?.code ?? status.OK);
      const durationMs = clock.monotonic() - startedAt;
      metrics.count(method.path, code, durationMs);
      if (problem?.code === status.INTERNAL) {
        log({ level: 'error', event: 'call failed', method: method.path, code, error: String(error) });
      } else if (logCalls) {
        log({ level: 'info', event: 'call', method: method.path, code, durationMs, peer: call.peer });
      }
      answer();
    };
    const refuse = (problem: Refusal, error?: unknown): void =>
      finish(problem, error, () => call.refuse(problem));
    const bytes = body.length;
    const refused = guard.enter(call.headers, () => hostOf(call.peer), bytes);
    if (refused) return refuse(refused);
    let request: Received<Method['input']>;
    try {
      request = decode<Method['input']>(method.input, body);
    } catch {
      guard.leave(bytes);
      return refuse(refusal(status.INVALID_ARGUMENT, `the request is no ${method.input.typeName}`));
    }
    const work = serve(request, call.signal).then((answer) => encode(method.output, answer));
    work
      .then(
        (answer) => finish(undefined, undefined, () => call.end(answer)),
        (error: unknown) => refuse(refusalOf(error), error),
      )
      .finally(() => guard.leave(bytes));
  };
}
