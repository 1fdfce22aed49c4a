import { InvalidArgumentError, type KvStore } from '@norikv/store';
import { type Attempt, succeed } from './attempt.js';
import { encodeState } from './codec.js';
import { absentEnvelope, checkPlain, type Envelope, encodeEnvelope } from './envelope.js';
import { RecordTooLargeError } from './errors.js';
import { type Fold, fold, isChange } from './fold.js';
import type { PendingUpdate } from './pending-update.js';
import type { Settings } from './settings.js';
import type { Snapshot } from './snapshot.js';

type Update = PendingUpdate<unknown, unknown>;

/** Who writes, and to which store. */
export interface Author {
  readonly store: KvStore;
  readonly writer: string;
}

/** A batch, computed, and the write that makes it durable; no write if it changes nothing. */
export interface Plan {
  readonly updates: readonly Update[];
  /** Those of them that change the record. */
  readonly changing: readonly Update[];
  readonly fold: Fold<unknown>;
  readonly attempt: Attempt | undefined;
  readonly settings: Settings;
}

/** Folds the first updates that fit into one record. One that alone does not is planned to be refused, without a write. */
export function plan(
  base: Snapshot,
  batch: readonly Update[],
  settings: Settings,
  { store, writer }: Author,
): Plan | undefined {
  const { maxValueBytes = 2 ** 20, ttl = 'none' } = store.capabilities ?? {};
  for (let updates = batch; updates[0]; updates = updates.slice(0, updates.length >> 1)) {
    const { command } = updates[0];
    const { key, codec } = command;
    const folded = fold(base.envelope, updates, command, settings);
    updates = updates.slice(0, folded.verdicts.length);
    const changing = updates.filter((_, position) => isChange(folded.verdicts[position]?.kind));
    const planned = { updates, changing, fold: folded, settings };
    if (changing.length === 0 || !leavesSomething(folded, base.envelope)) {
      return { ...planned, attempt: undefined };
    }
    let refusal: Error;
    try {
      const { state, operations } = folded;
      const payload = state === undefined ? undefined : encodeState(state, codec);
      const next = codec.plain
        ? { ...absentEnvelope, payload }
        : succeed(base.envelope, writer, settings.random, { operations, payload });
      if (codec.plain && payload) checkPlain(payload);
      const bytes = codec.plain ? payload : encodeEnvelope(next);
      const ttlMs = payload || ttl === 'none' ? folded.ttlMs : settings.tombstoneTtlMs;
      if (!bytes || bytes.length <= maxValueBytes) {
        return { ...planned, attempt: { base, next, bytes, ttlMs } };
      }
      refusal = new RecordTooLargeError(
        `The record would have ${bytes.length} bytes, the store takes ${maxValueBytes}; nothing was written. ` +
          'Remove something from it, or spread it over several keys.',
        { key },
      );
    } catch (cause) {
      refusal = new InvalidArgumentError('The new state could not be encoded; nothing was written.', {
        cause,
      });
    }
    if (updates.length === 1) {
      const verdicts = [{ kind: 'failed', error: refusal }] as const;
      return { ...planned, changing: [], fold: { ...folded, verdicts }, attempt: undefined };
    }
  }
  return undefined;
}

/** Whether there is something to write or to remove: a record that was absent and stays absent needs no write. */
function leavesSomething({ state, operations }: Fold<unknown>, base: Envelope): boolean {
  return state !== undefined || base.payload !== undefined || operations.length > 0;
}

/**
 * How many of the first updates of a plan without a write can be answered: those that were waiting before the state was
 * read. A create and the removal that undoes it are answered together: alone, the removal would find nothing.
 */
export function answerable({ updates, fold: { verdicts } }: Plan, asOf: number): number {
  let count = 0;
  let isThere = false;
  for (const [position, { arrival }] of updates.entries()) {
    if (arrival > asOf) break;
    const kind = verdicts[position]?.kind;
    if (isChange(kind)) isThere = kind === 'write';
    if (!isThere) count = position + 1;
  }
  return count;
}

/** Tells the callers of the first `count` updates their results. */
export function settle({ updates, fold }: Plan, count: number): void {
  for (const [position, update] of updates.entries()) {
    if (position === count) return;
    const verdict = fold.verdicts[position];
    if (verdict?.kind === 'failed') update.reject(verdict.error);
    else update.resolve(verdict?.result);
  }
}
