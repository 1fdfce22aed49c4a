import { checkDurationMs, InvalidArgumentError } from '@norikv/store';
import { checkAtOnce, refuse } from '@norikv/store/checks';
import { quiet } from '@norikv/store/listeners';
import { decodeState } from './codec.js';
import type { Envelope, RecordedOperation } from './envelope.js';
import { OperationIdReusedError } from './errors.js';
import type { Command, PendingUpdate } from './pending-update.js';
import type { Settings } from './settings.js';

/** The outcome of one update of a batch. */
export interface Verdict {
  readonly kind: 'write' | 'keep' | 'remove' | 'failed';
  readonly result?: unknown;
  readonly error?: unknown;
}

/** A batch of updates applied in order to one state, in memory only. */
export interface Fold<State> {
  /** One for each update that took part: the first ones, in order. */
  readonly verdicts: readonly Verdict[];
  readonly state: State | undefined;
  readonly ttlMs: number | undefined;
  readonly operations: readonly RecordedOperation[];
  readonly tookMs: number;
}

const changeKinds: readonly unknown[] = ['write', 'keep', 'remove'];

/** Applies updates, each on the outcome of the one before, until they are done or `maxFoldMs` is over. */
export function fold<State>(
  base: Envelope,
  updates: readonly PendingUpdate<State, unknown>[],
  { key, codec }: Pick<Command<State, unknown>, 'key' | 'codec'>,
  { clock, maxFoldMs, operationWindow }: Settings,
): Fold<State> {
  const startedAt = clock.monotonic();
  const now = wholeTime(clock.now());
  const verdicts: Verdict[] = [];
  const decodeBase = (): State | undefined => base.payload && decodeState(key, base.payload, codec);
  let state = decodeBase();
  let ttlMs: number | undefined;
  let tookMs = 0;
  let operations: Map<string, RecordedOperation> | undefined;

  const decide = ({ command }: PendingUpdate<State, unknown>): Verdict => {
    const { opId, fingerprint } = command;
    try {
      if (opId !== undefined) {
        operations ??= new Map(base.operations.map((operation) => [operation[0], operation]));
        const past = operations.get(opId);
        if (past) return { kind: 'keep', result: resultOf(past, fingerprint) };
      }
      const change = command.transition(state, now);
      if (!changeKinds.includes(change?.kind)) throw notAChange(change);
      // Taken apart: the object is the caller's, who may use it again.
      const { kind, result, state: next, ttlMs: nextTtlMs } = change;
      if (kind === 'keep') return { kind, result };
      checkDurationMs('ttlMs', nextTtlMs);
      checkAtOnce('state', next);
      if (kind === 'write' && next === undefined) throw stateless();
      const operation = opId === undefined ? undefined : recorded(opId, fingerprint, result);
      if (operation) operations?.set(operation[0], operation);
      state = next;
      ttlMs = nextTtlMs;
      return { kind, result: operation ? resultOf(operation, fingerprint) : result };
    } catch (error) {
      return { kind: 'failed', error };
    }
  };

  for (const update of updates) {
    const verdict = decide(update);
    verdicts.push(verdict);
    if (verdict.kind === 'failed' && typeof state === 'object') {
      // It may have altered the state before it threw, so that is computed again without it.
      state = decodeBase();
      for (const [position, { kind }] of verdicts.entries()) {
        const earlier = updates[position];
        if (earlier && isChange(kind)) {
          operations?.delete(earlier.command.opId ?? '');
          verdicts[position] = decide(earlier);
        }
      }
    }
    tookMs = clock.monotonic() - startedAt;
    if (tookMs > maxFoldMs) break;
  }
  const kept = operations ? [...operations.values()].slice(-operationWindow) : base.operations;
  return { verdicts, state, ttlMs, operations: kept, tookMs };
}

/** Whether a verdict changes the record. */
export function isChange(kind: Verdict['kind'] | undefined): boolean {
  return kind === 'write' || kind === 'remove';
}

function resultOf([id, first, result]: RecordedOperation, fingerprint: string): unknown {
  // A copy: what is kept is written again.
  if (first === fingerprint) return typeof result === 'object' ? structuredClone(result) : result;
  throw new OperationIdReusedError(
    `The operation id "${id}" was first used for "${first}" and now for "${fingerprint}"; use a new id for a new command.`,
  );
}

/** Records hold whole times since 1970: another one would be written into them, and could not be read again. */
function wholeTime(now: number): number {
  const time = Math.max(0, Math.floor(checkAtOnce('clock.now()', now)));
  return Number.isSafeInteger(time) ? time : refuse('clock.now()', now, 'milliseconds since the epoch');
}

function stateless(): InvalidArgumentError {
  return new InvalidArgumentError(
    'write() was given no state; use remove() to remove the record, or keep() to leave it',
  );
}

function notAChange(change: unknown): InvalidArgumentError {
  quiet(change);
  const hint = change instanceof Promise ? ', not a promise: await before the update' : '';
  return new InvalidArgumentError(`A transition must return write(), keep() or remove()${hint}.`);
}

function recorded(id: string, fingerprint: string, result: unknown): RecordedOperation {
  if (result === undefined) return [id, fingerprint];
  try {
    return [id, fingerprint, JSON.parse(JSON.stringify(result))];
  } catch {
    return refuse('result', result, 'JSON, or no opId');
  }
}
