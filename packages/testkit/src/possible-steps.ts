import type { FakeClock } from './fake-clock.js';
import type { Fault } from './fault-plan.js';
import { type DeliveryFault, meets } from './faulty-delivery.js';
import { isWrite } from './in-flight.js';
import { keyText } from './key-text.js';
import type { Request } from './race-process.js';
import type { Step } from './schedule-step.js';

/**
 * What can go wrong in a schedule: what {@link Fault} says, and
 * - `slow-reply`: a call is made, and its answer on its way for a while. That differs from an answer at once only for
 *   processes that do something meanwhile: other calls, or what timers begin.
 * - `crash`: a process ends, and what it had on its way is lost. (Where that arrives before, it is another schedule.)
 */
export type ScheduleFault = Exclude<Fault, 'outage'> | 'slow-reply' | 'crash';

/** A step, and how to make it happen. */
export interface PossibleStep extends Step {
  take(): unknown;
}

/** A process that has not ended, and how to end it. */
export interface Mortal {
  readonly name: string;
  crash(): void;
}

/** A request gets to the store and is answered. */
export function delivery(
  { id, call, place, process, kind, deliver }: Request,
  fault?: DeliveryFault,
): PossibleStep {
  const { operation, key } = call;
  const reachesStore = kind !== 'answer' && fault !== 'lost-request' && fault !== 'delayed-delivery';
  const what = `${operation} ${typeof key === 'string' ? `"${key}"` : keyText(key)}`;
  return {
    id: fault ? `${id} ${fault}` : id,
    process: kind === 'late' ? id : process,
    place: reachesStore ? place : undefined,
    isWrite: isWrite(operation),
    costs: fault && 'fault',
    text: `process ${process}${kind === 'request' ? '' : `, ${kind}`}: ${what}${fault ? ` (${fault})` : ''}`,
    take: () => deliver(fault),
  };
}

/** A request meets one of the faults. What is late already, or is an answer, has had its own. */
export function faultyDeliveries(request: Request, faults: readonly ScheduleFault[]): PossibleStep[] {
  if (request.kind !== 'request') return [];
  const met = faults.filter((fault): fault is Exclude<ScheduleFault, 'crash'> => {
    return fault !== 'crash' && meets(fault, request.call);
  });
  // A read that has no answer has none, wherever it was lost.
  const different = isWrite(request.call.operation)
    ? met
    : new Set(met.map((fault) => (fault === 'slow-reply' ? fault : 'lost-request')));
  return [...different].map((fault) => delivery(request, fault));
}

/** A process ends. Where it has nothing on its way, that is the same as ending before its next call. */
export function crashes(mortals: readonly Mortal[], requests: readonly Request[]): PossibleStep[] {
  const waiting = new Set(requests.filter(({ kind }) => kind !== 'late').map(({ process }) => process));
  return mortals
    .filter(({ name }) => waiting.has(name))
    .map(({ name, crash }) => ({
      id: `${name} crash`,
      process: name,
      place: undefined,
      isWrite: false,
      costs: 'fault',
      text: `process ${name} crashes`,
      take: crash,
    }));
}

/** Time passes until the next timer. */
export function delay(clock: FakeClock): PossibleStep {
  return {
    id: 'delay',
    process: undefined,
    place: undefined,
    isWrite: false,
    costs: 'delay',
    text: 'time passes until the next timer',
    take: () => clock.next(),
  };
}
