import {
  decode,
  encode,
  longestAnswer,
  type Outgoing,
  type Received,
  status,
  statusName,
  type WireMethod,
} from '@norikv/client/wire';
import { InvalidArgumentError } from '@norikv/store';
import type { Call } from './call.js';
import type { FailureLog } from './failure-log.js';
import type { Guard } from './guard.js';
import { hostOf } from './guard.js';
import type { Metrics } from './metrics.js';
import type { ServerSettings } from './options.js';
import type { Handler } from './router.js';
import { type Refusal, refusal, refusalOf } from './statuses.js';

/** A method served: what it answers, or the error of the contract it throws. */
export interface Served<Method extends WireMethod = WireMethod> {
  readonly method: Method;
  /** Its answer may be large, and it can be asked for again when there is room for it. */
  readonly isRead?: true;
  serve(request: Received<Method['input']>, signal: AbortSignal): Promise<Outgoing<Method['output']>>;
}

/** What every call passes on its way in and out. */
export interface Surroundings {
  readonly settings: ServerSettings;
  readonly guard: Guard;
  readonly metrics: Metrics;
  readonly failures: FailureLog;
}

/** Of these an operator has to hear, if the store is what fails. */
const alarming: ReadonlySet<unknown> = new Set([
  status.INTERNAL,
  status.UNAVAILABLE,
  status.RESOURCE_EXHAUSTED,
  // Its own time, not that of the caller: that one cancels the call.
  status.DEADLINE_EXCEEDED,
]);

/** Makes a handler that guards, decodes, serves, answers, measures and logs. */
export function unaryHandler<Method extends WireMethod>(
  { method, isRead, serve }: Served<Method>,
  { settings, guard, metrics, failures }: Surroundings,
): Handler {
  const { clock, log, logCalls } = settings;
  return (call) => {
    let startedAt = clock.monotonic();
    const finish = (problem: Refusal | undefined, error: unknown, answer: () => void): void => {
      const code = call.isLate ? 'DEADLINE_EXCEEDED' : statusName(problem?.code ?? status.OK);
      const durationMs = clock.monotonic() - startedAt;
      metrics.count(method.path, code, durationMs);
      if (error !== undefined && alarming.has(problem?.code)) failures.add(method.path, code, error);
      if (logCalls) {
        log({ level: 'info', event: 'call', method: method.path, code, durationMs, peer: call.peer });
      }
      answer();
    };
    const refuse = (problem: Refusal, error?: unknown): void =>
      finish(problem, error, () => call.refuse(problem));
    const unauthenticated = call.authenticate();
    if (unauthenticated) return refuse(unauthenticated);
    call.read((body) => {
      startedAt = clock.monotonic();
      if (!Buffer.isBuffer(body)) return refuse(body);
      const refused = guard.enter(() => hostOf(call.peer));
      if (refused) return refuse(refused);
      let request: Received<Method['input']>;
      try {
        request = decode<Method['input']>(method.input, body);
      } catch {
        guard.leave();
        return refuse(refusal(status.INVALID_ARGUMENT, `the request is no ${method.input.typeName}`));
      }
      const serveOnce = async (): Promise<Buffer> => encode(method.output, await serve(request, call.signal));
      const work: Promise<Buffer | Refusal> = isRead ? whenThereIsRoom(serveOnce, call) : serveOnce();
      call.held.holdUntil(work);
      work
        .then(
          (answer) =>
            Buffer.isBuffer(answer) ? finish(undefined, undefined, () => call.end(answer)) : refuse(answer),
          (error: unknown) => refuse(refusalOf(error), error),
        )
        .finally(() => guard.leave());
    });
  };
}

/** An answer there is no room for is dropped, and asked for again when there is. */
async function whenThereIsRoom(
  serve: () => Promise<Buffer>,
  { held, signal }: Call,
): Promise<Buffer | Refusal> {
  // Gives the number of bytes if they do not fit: the answer itself must not be kept while this waits.
  const attempt = async (): Promise<Buffer | number> => {
    const answer = await serve();
    if (answer.length > longestAnswer) {
      throw new InvalidArgumentError(
        `the answer has ${answer.length} bytes; ask for less: at most ${longestAnswer} are sent`,
      );
    }
    return held.holdAnswer(answer.length) ? answer : answer.length;
  };
  for (;;) {
    const answer = await attempt();
    if (typeof answer !== 'number') return answer;
    const refused = await held.room(answer, signal);
    if (refused) return refused;
  }
}
