import {
  type Condition,
  conditionOf,
  type Entry,
  InvalidArgumentError,
  isAlreadyExists,
  isKeyNotFound,
  isVersionMismatch,
  type KvStore,
  type Outcome,
  type Value,
  type Version,
} from '@norikv/store';
import type { History, HistoryAction, HistoryEntry, HistoryResult } from './history.js';
import { keyText } from './key-text.js';
import { type WrappedCall, wrapStore } from './wrap-store.js';

/**
 * Wraps a store to record what one client asks and is told. Give each concurrent client a wrapper of its
 * own, all with one {@link History}, and begin with keys that are absent.
 *
 * Expiry and idempotency keys are not part of the checked model: a call with `ttlMs` or `idempotencyKey` is
 * refused with `InvalidArgumentError`.
 */
export function recordHistory(store: KvStore, history: History, client: string): KvStore {
  return wrapStore(store, async (call) => {
    refuseUnmodelled(call);
    const finish = history.begin(client, keyText(call.key), actionOf(call));
    try {
      const answer = await call.send(call.options);
      finish(resultOf(call, answer));
      return answer;
    } catch (error) {
      finish(resultOfError(call, error));
      throw error;
    }
  });
}

function refuseUnmodelled({ options }: WrappedCall): void {
  const unmodelled = (['ttlMs', 'idempotencyKey'] as const).find((name) => options[name] !== undefined);
  if (unmodelled !== undefined) {
    throw new InvalidArgumentError(`A recorded history cannot contain ${unmodelled}; leave it out`);
  }
}

function actionOf(call: WrappedCall): HistoryAction {
  if (call.operation !== 'put' && call.operation !== 'delete') return { kind: 'get' };
  const condition: Condition = conditionOf(call.options);
  if (call.operation === 'delete') return { kind: 'delete', condition };
  return { kind: 'put', value: valueText(call.value ?? ''), condition };
}

function resultOf(call: WrappedCall, answer: unknown): HistoryResult {
  switch (call.operation) {
    case 'put':
      return { kind: 'written', version: answer as Version };
    case 'delete':
      return { kind: 'deleted', existed: answer as boolean };
    default:
      return foundIn(answer as Entry | null);
  }
}

function resultOfError(call: WrappedCall, error: unknown): HistoryResult | undefined {
  if (call.operation === 'get' || call.operation === 'find') {
    return isKeyNotFound(error) ? { kind: 'missing' } : undefined;
  }
  const { outcome, actual } = error as { outcome?: Outcome; actual?: Entry | null };
  const lost = isVersionMismatch(error) || isAlreadyExists(error);
  if (outcome === 'unknown' || (outcome === undefined && !lost)) return { kind: 'unknown' };
  if (!lost) return undefined;
  return { kind: 'refused', actual: actual ? entryOf(actual) : actual };
}

// A client of the documented shape answers a read of an absent key with an entry of nulls.
function foundIn(entry: Entry | null): HistoryResult {
  return entry?.version ? { kind: 'found', entry: entryOf(entry) } : { kind: 'missing' };
}

function entryOf({ value, version }: Entry): HistoryEntry {
  return { value: valueText(value), version };
}

function valueText(value: Value): string {
  return keyText(value);
}
