import { InvalidArgumentError, type Key, type Value } from '@norikv/store';
import { checkObject, refuse } from '@norikv/store/checks';
import type { Operation } from './in-flight.js';
import type { AnyOptions } from './wrap-store.js';

/**
 * What can happen to a call.
 * - `lost-request`: never applied; the caller gets `UnavailableError`, outcome unknown.
 * - `lost-reply`: applied; the caller gets `UnavailableError`, outcome unknown.
 * - `delayed-delivery`: the caller gets `UnavailableError` at once, and the request is applied later.
 * - `duplicated-delivery`: applied and answered, and a second copy of the request arrives later.
 * - `own-mismatch`: a conditional write is applied, its reply lost, and a careless client resends it and
 *   reports the mismatch its own write caused, without the entry. Other calls are not touched.
 * - `outage`: this call and all others fail like `lost-request` for a while. What is on its way still arrives.
 *
 * On a read, a fault that loses anything is an `UnavailableError`, outcome not-applied; the others do nothing.
 */
export type Fault =
  | 'lost-request'
  | 'lost-reply'
  | 'delayed-delivery'
  | 'duplicated-delivery'
  | 'own-mismatch'
  | 'outage';

/** The chance of each fault, 0 to 1; together at most 1. */
export type FaultRates = { readonly [F in Fault]?: number | undefined };

const faultKinds: readonly Fault[] = [
  'lost-request',
  'lost-reply',
  'delayed-delivery',
  'duplicated-delivery',
  'own-mismatch',
  'outage',
];

/** A call for which a fault may be chosen. */
export interface FaultCandidate {
  /** `find` is told apart from `get` here; a scripted fault for `get` meets both. */
  readonly operation: Operation;
  readonly key: Key;
  /** The value of a put. */
  readonly value: Value | undefined;
  readonly options: AnyOptions;
  /** The place of this call among all calls of the store, from 1. */
  readonly number: number;
}

/** The operations a fault can be scripted for; a scripted `get` also meets `find`. */
export type ScriptedOperation = 'get' | 'put' | 'delete';

/** Chooses the fault of each call: a scripted one first, then the hook's, then one by chance. */
export class FaultPlan {
  readonly #rates: FaultRates;
  readonly #random: () => number;
  readonly #decide: ((call: FaultCandidate) => Fault | undefined) | undefined;
  readonly #scripted: Record<ScriptedOperation, (Fault | undefined)[]> = { get: [], put: [], delete: [] };
  #stopped = false;

  constructor(
    rates: FaultRates,
    random: () => number,
    decide: ((call: FaultCandidate) => Fault | undefined) | undefined,
  ) {
    checkRates(rates);
    this.#rates = rates;
    this.#random = random;
    this.#decide = decide;
  }

  script(operation: ScriptedOperation, faults: readonly (Fault | undefined)[]): void {
    if (!Object.hasOwn(this.#scripted, operation)) {
      throw new InvalidArgumentError(`operation is "${operation}"; use get, put or delete`);
    }
    for (const fault of faults) {
      if (fault !== undefined) checkFault('fault is', fault);
    }
    this.#scripted[operation].push(...faults);
  }

  stop(): void {
    this.#stopped = true;
    for (const queue of Object.values(this.#scripted)) queue.length = 0;
  }

  choose(call: FaultCandidate): Fault | undefined {
    if (this.#stopped) return undefined;
    const queue = this.#scripted[call.operation === 'find' ? 'get' : call.operation];
    if (queue.length > 0) return queue.shift();
    const chosen = this.#decide?.(call) ?? this.#byChance();
    if (chosen !== undefined) checkFault('decide answered', chosen);
    return chosen;
  }

  #byChance(): Fault | undefined {
    let left = this.#random();
    for (const fault of faultKinds) {
      left -= this.#rates[fault] ?? 0;
      if (left < 0) return fault;
    }
    return undefined;
  }
}

function checkFault(what: string, fault: string): void {
  if (faultKinds.includes(fault as Fault)) return;
  throw new InvalidArgumentError(`${what} "${fault}"; use ${faultKinds.join(', ')}`);
}

function checkRates(rates: FaultRates): void {
  let sum = 0;
  for (const [fault, rate] of Object.entries(checkObject('rates', rates))) {
    checkFault('rates has', fault);
    if (rate === undefined) continue;
    if (typeof rate !== 'number' || !(rate >= 0)) refuse(`rates["${fault}"]`, rate, 'a number from 0 to 1');
    sum += rate;
  }
  if (sum > 1) throw new InvalidArgumentError(`rates sum to ${sum}; a call has one fault, so use at most 1`);
}
