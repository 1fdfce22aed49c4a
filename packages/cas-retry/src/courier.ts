import {
  type CallOptions,
  type Entry,
  errorCode,
  find,
  isNoriKVError,
  type Key,
  type KvStore,
  UnavailableError,
  type Version,
} from '@norikv/store';
import { tell } from '@norikv/store/listeners';
import { startDeadline } from '@norikv/store/wait-within';
import { type Attempt, judge, send } from './attempt.js';
import { delay } from './delay.js';
import { late } from './errors.js';
import { type Fault, faultOf, isTransientRead } from './fault.js';
import type { Settings } from './settings.js';
import { type Snapshot, snapshotOf } from './snapshot.js';
import type { Transport } from './transport.js';

/** An attempt that did not come to an end. */
export interface Broken {
  readonly kind: 'failed' | 'unknown';
  readonly error: unknown;
}

/** What became of an attempt. */
export type Delivery =
  | { readonly kind: 'applied'; readonly snapshot: Snapshot }
  | { readonly kind: 'lost'; readonly snapshot: Snapshot }
  | Broken;

/** Carries the reads and writes of one key to the store, through faults, and finds out what became of them. */
export interface Courier {
  /** Reads the key, again and again while the fault is passing, the budget lasts and somebody waits. */
  read(settings: Settings, isWanted: () => boolean): Promise<Snapshot>;
  /**
   * Sends an attempt until its outcome is known, or cannot be found out. The same bytes under the same
   * condition are sent each time, so at most one copy can win.
   */
  deliver(attempt: Attempt, settings: Settings, isWanted: () => boolean): Promise<Delivery>;
  /** Waits before a repetition, if that is affordable and still wanted. */
  mayRetry(error: unknown, failures: number, settings: Settings, isWanted: () => boolean): Promise<boolean>;
  /** What the store failed with; undefined once it has answered again. */
  latestFault(): unknown;
  /** Nobody waits any more: what fails for those who come next is told them alone. */
  forgetFault(): void;
}

/** An attempt on its way. */
interface Errand {
  readonly attempt: Attempt;
  readonly settings: Settings;
  readonly startedAt: number;
  isWanted(): boolean;
}

export function createCourier(key: Key, store: KvStore, transport: Transport): Courier {
  let latestFault: unknown;
  const noteFault = (settings: Settings, error: unknown): void => {
    latestFault = error;
    tell(settings.onEvent, { kind: 'fault', key, error });
  };

  /** Passes the time limit on, and keeps it itself for a store that does not. A later answer counts for nothing. */
  const call = <Result>(
    { clock, attemptTimeoutMs }: Settings,
    request: (limit: CallOptions) => Promise<Result>,
  ): Promise<Result> =>
    // By hand: each call of the store pays for it, and `waitWithin` costs more.
    new Promise((resolve, reject) => {
      const startedAt = clock.monotonic();
      // Other stores may answer at once, or throw: there is no timer yet.
      const answer = Promise.resolve(request({ timeoutMs: attemptTimeoutMs }));
      let isOver = false;
      const fail = (error: unknown): void => {
        isOver = true;
        cancelTimer();
        reject(error);
      };
      const cancelTimer = startDeadline(clock, attemptTimeoutMs, () => fail(late(attemptTimeoutMs)));
      answer.then(
        (result) => {
          if (isOver) return;
          cancelTimer();
          latestFault = undefined;
          transport.answered(clock.monotonic() - startedAt);
          resolve(result);
        },
        (error) => {
          if (isOver) return;
          if (faultOf(error) === 'conflict') transport.answered(clock.monotonic() - startedAt);
          fail(error);
        },
      );
    });

  const mayRetry: Courier['mayRetry'] = async (error, failures, { clock, random }, isWanted) => {
    if (!isWanted() || !transport.affordRetry(errorCode(error) === 'DEADLINE_EXCEEDED')) return false;
    const boundMs = Math.min(250, Math.max(1, transport.roundTripMs) * 2 ** failures);
    await delay(random() * boundMs, undefined, clock);
    return isWanted();
  };

  const read: Courier['read'] = async (settings, isWanted) => {
    for (let failures = 0; ; failures += 1) {
      try {
        tell(settings.onEvent, { kind: 'read', key });
        return snapshotOf(key, await call(settings, (limit) => find(store, key, limit)));
      } catch (error) {
        noteFault(settings, error);
        const again = isTransientRead(error) && (await mayRetry(error, failures, settings, isWanted));
        if (!again) throw withNothingWritten(error);
      }
    }
  };

  const sent = (attempt: Attempt, settings: Settings): Promise<Version | undefined> =>
    call(settings, (limit) => send(store, key, attempt, limit));

  /** Finds out what became of an attempt that met an error, and sends it again where that helps. */
  const pursue = async (
    { attempt, settings, isWanted, startedAt }: Errand,
    met: unknown,
  ): Promise<Delivery> => {
    const { base, ttlMs = Number.POSITIVE_INFINITY } = attempt;
    /** How long it leaves a trace at least: as long as it lives, or as the tombstone of whoever removes it. */
    const traceMs = Math.min(ttlMs, settings.tombstoneTtlMs);
    const mayHaveExpired = (): boolean => settings.clock.monotonic() - startedAt >= traceMs;
    /** What landed where no marks were, and is gone since, would look as if it had never landed. */
    const mayBeGone = (): boolean => base.envelope.marks.length === 0 && mayHaveExpired();
    /** Whether a write may have come that no answer tells of. */
    let isInDoubt = false;

    const look = async (error: unknown): Promise<Snapshot | undefined> => {
      try {
        return carriedBy(key, error) ?? (await read(settings, isWanted));
      } catch {}
    };

    /** What became of it; undefined if sending it again can tell. */
    const interpret = async (error: unknown, fault: Fault): Promise<Delivery | undefined> => {
      if (fault === 'transient' && isInDoubt) return undefined;
      if (fault === 'transient' || fault === 'refused') return brokenBy(error, isInDoubt);
      // Unreadable bytes decide that the race was lost, and nothing about a write that may have come before them.
      const carried = isInDoubt ? undefined : carriedBy(key, error);
      const snapshot = carried ?? (await look(error));
      const judgement = snapshot && judge(attempt, snapshot);
      if (!judgement) return brokenBy(error, true);
      if (judgement === 'applied') return { kind: 'applied', snapshot };
      // What others created since says nothing about a create that came and went before.
      const isLost = judgement === 'lost' && !mayBeGone();
      if (fault === 'unclassified') return brokenBy(error, !isLost);
      // A mismatch alone may be that of a copy which a careless client sent, of a write that has expired since.
      if (isLost || carried || !(isInDoubt || mayHaveExpired())) return { kind: 'lost', snapshot };
      return judgement === 'untouched' ? undefined : brokenBy(error, true);
    };

    let error = met;
    for (let failures = 0; ; failures += 1) {
      const fault = faultOf(error);
      if (fault !== 'conflict') noteFault(settings, error);
      isInDoubt ||= fault === 'unknown';
      const outcome = await interpret(error, fault);
      if (outcome) return outcome;
      const isRepeated = await mayRetry(error, failures, settings, isWanted);
      if (!isRepeated || mayBeGone()) return brokenBy(error, true);
      try {
        return applied(attempt, await sent(attempt, settings));
      } catch (next) {
        error = next;
      }
    }
  };

  // Apart from `pursue`, whose closures would cost each write that meets no error a microsecond.
  const deliver: Courier['deliver'] = async (attempt, settings, isWanted) => {
    const startedAt = settings.clock.monotonic();
    try {
      return applied(attempt, await sent(attempt, settings));
    } catch (error) {
      return pursue({ attempt, settings, isWanted, startedAt }, error);
    }
  };

  const forgetFault = (): void => {
    latestFault = undefined;
  };
  return { read, deliver, mayRetry, latestFault: () => latestFault, forgetFault };
}

function applied({ next: envelope, bytes }: Attempt, version: Version | undefined): Delivery {
  return { kind: 'applied', snapshot: { version, envelope, bytes: bytes?.length ?? 0 } };
}

function brokenBy(error: unknown, isInDoubt: boolean): Broken {
  return { kind: isInDoubt ? 'unknown' : 'failed', error };
}

/** Our own engines tell with a lost race what the key holds instead. Another client's field may mean anything. */
function carriedBy(key: Key, error: unknown): Snapshot | undefined {
  if (!isNoriKVError(error)) return undefined;
  const { actual } = error as { actual?: Entry | null };
  return actual === undefined ? undefined : snapshotOf(key, actual);
}

/** A failed read says nothing about an earlier write; the updates that wait for it were never sent. */
function withNothingWritten(error: unknown): unknown {
  const { outcome } = (error ?? {}) as { outcome?: unknown };
  if (outcome === 'not-applied' || errorCode(error) === undefined) return error;
  const facts = { outcome: 'not-applied', cause: error } as const;
  return new UnavailableError('The record could not be read; nothing was written.', facts);
}
