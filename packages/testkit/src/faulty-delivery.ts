import {
  AlreadyExistsError,
  conditionOf,
  isAlreadyExists,
  isKeyNotFound,
  isVersionMismatch,
  type Key,
  UnavailableError,
  VersionMismatchError,
} from '@norikv/store';
import type { Fault } from './fault-plan.js';
import { isWrite } from './in-flight.js';
import type { AnyOptions, WrappedCall } from './wrap-store.js';

/** A fault of one delivery. With `slow-reply` the answer is on its way while other things happen. */
export type DeliveryFault = Fault | 'slow-reply';

/** Whether a fault can happen to a call. One that loses something can happen to any. */
export function meets(
  fault: DeliveryFault,
  { operation, options }: Pick<WrappedCall, 'operation' | 'options'>,
): boolean {
  if (fault === 'own-mismatch') return isWrite(operation) && conditionOf(options).kind !== 'always';
  return fault !== 'duplicated-delivery' || isWrite(operation);
}

/**
 * Makes a call as the fault has it.
 *
 * @param deliverLater - makes it (once more) at another time.
 */
export async function deliverWith<Result>(
  fault: Fault | undefined,
  call: WrappedCall<Result>,
  sent: AnyOptions,
  deliverLater: () => void,
): Promise<Result> {
  if (fault === 'lost-request' || fault === 'outage') throw unavailable(call, fault);
  if (fault === 'delayed-delivery') {
    if (isWrite(call.operation)) deliverLater();
    throw unavailable(call, fault);
  }
  if (fault === 'lost-reply') {
    await call.send(sent).catch(hideAnswer);
    throw unavailable(call, fault);
  }
  const answer = await call.send(sent);
  if (fault === 'duplicated-delivery') deliverLater();
  if (fault === 'own-mismatch') {
    await call.send(sent).catch((error) => {
      throw withoutEntry(error, call.key);
    });
  }
  return answer;
}

// The caller's signal and time end the caller's wait only: a request on its way cannot be called back, or changed.
export function beyondCancelling(call: WrappedCall): AnyOptions {
  const { signal: _signal, timeoutMs: _timeoutMs, ...rest } = call.options;
  return rest;
}

// A refused condition and a missing key are replies, and get lost; any other error is none.
function hideAnswer(error: unknown): void {
  if (!isVersionMismatch(error) && !isAlreadyExists(error) && !isKeyNotFound(error)) throw error;
}

function unavailable({ operation, key }: WrappedCall, fault: Fault): UnavailableError {
  return new UnavailableError(`${operation} had no answer (injected fault: ${fault})`, {
    key,
    outcome: isWrite(operation) ? 'unknown' : 'not-applied',
  });
}

function withoutEntry(error: unknown, key: Key): unknown {
  if (isVersionMismatch(error)) return new VersionMismatchError('The key has another version', { key });
  if (isAlreadyExists(error)) return new AlreadyExistsError('The key exists', { key });
  return error;
}
