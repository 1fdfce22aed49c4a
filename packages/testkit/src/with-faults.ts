import { type Clock, InvalidArgumentError, type KvStore, systemClock } from '@norikv/store';
import { checkFunction, checkOptions } from '@norikv/store/checks';
import {
  type Fault,
  type FaultCandidate,
  FaultPlan,
  type FaultRates,
  type ScriptedOperation,
} from './fault-plan.js';
import { beyondCancelling, deliverWith, meets } from './faulty-delivery.js';
import { awaitReply, checkLimits, sleep, travel } from './in-flight.js';
import { type Latency, latencyOf } from './latency.js';
import { type AnyOptions, type WrappedCall, wrapStore } from './wrap-store.js';

/** Options of {@link withFaults}. */
export interface FaultOptions {
  /** Default: the clock of the process. */
  readonly clock?: Clock | undefined;
  /** Default: `Math.random`. Give a {@link seededRandom} for a run that can be repeated. */
  readonly random?: (() => number) | undefined;
  /** Time of one call in milliseconds, half before the store acts and half after. Default 0. */
  readonly latencyMs?: Latency | undefined;
  /** Faults by chance. Default: none. */
  readonly rates?: FaultRates | undefined;
  /** Chooses a fault for a call, or undefined to leave it to chance. */
  readonly decide?: ((call: FaultCandidate) => Fault | undefined) | undefined;
  /** How late a delayed or duplicated request arrives, in milliseconds. Default 50. */
  readonly delayMs?: Latency | undefined;
  /** How long an outage that begins by chance or by script lasts, in milliseconds. Default 200. */
  readonly outageMs?: number | undefined;
}

/** The handle on the faults of a store. */
export interface FaultControl {
  /** Scripts what happens to the next calls of this kind, one fault each; undefined lets one through. */
  next(operation: ScriptedOperation, ...faults: readonly (Fault | undefined)[]): void;
  /**
   * Fails every call that starts within the next `durationMs`; without a duration, until {@link stop}. Requests on
   * their way still arrive.
   */
  outage(durationMs?: number): void;
  /** Ends the outage and every further fault. Requests already delayed still arrive. */
  stop(): void;
  /** How often each fault happened. */
  readonly injected: Readonly<Record<Fault, number>>;
  /** Requests that are delayed and have not arrived. */
  readonly undelivered: number;
}

/** A store whose calls can fail in every way a network can make them. */
export interface FaultyStore extends KvStore {
  readonly faults: FaultControl;
}

const optionNames: readonly (keyof FaultOptions)[] = [
  'clock',
  'random',
  'latencyMs',
  'rates',
  'decide',
  'delayMs',
  'outageMs',
];

/**
 * Wraps a store to inject faults, at random or exactly where a test wants them.
 *
 * @example
 * ```ts
 * const store = withFaults(createMemoryStore());
 * store.faults.next('put', 'lost-reply');
 * await store.put('key', 'value');    // throws UnavailableError, outcome "unknown"
 * await store.get('key');             // yet the value is there
 * ```
 */
export function withFaults(store: KvStore, options: FaultOptions = {}): FaultyStore {
  checkOptions(options, optionNames);
  const clock = options.clock ?? systemClock;
  const random = options.random ?? Math.random;
  checkFunction('random', random);
  if (options.decide !== undefined) checkFunction('decide', options.decide);
  const latencyMs = latencyOf('latencyMs', options.latencyMs);
  const delayMs = latencyOf('delayMs', options.delayMs ?? 50);
  const outageMs = latencyOf('outageMs', options.outageMs ?? 200);
  const plan = new FaultPlan(options.rates ?? {}, random, options.decide);
  const injected: Record<Fault, number> = {
    'lost-request': 0,
    'lost-reply': 0,
    'delayed-delivery': 0,
    'duplicated-delivery': 0,
    'own-mismatch': 0,
    outage: 0,
  };
  let outageUntil = Number.NEGATIVE_INFINITY;
  let undelivered = 0;
  let calls = 0;

  function deliverLater<T>(call: WrappedCall<T>, sent: AnyOptions): void {
    const lateMs = delayMs();
    undelivered += 1;
    const deliver = async (): Promise<void> => {
      await sleep(clock, lateMs);
      undelivered -= 1;
      await call.send(sent);
    };
    deliver().catch(() => {}); // Its caller has left, or has had an answer from the first copy.
  }

  function chooseFault(call: WrappedCall): Fault | undefined {
    calls += 1;
    if (clock.monotonic() < outageUntil) return 'outage';
    const { operation, key, value, options: callOptions } = call;
    const fault = plan.choose({ operation, key, value, options: callOptions, number: calls });
    if (fault === 'outage') outageUntil = clock.monotonic() + outageMs();
    return fault !== undefined && meets(fault, call) ? fault : undefined;
  }

  const faulty = wrapStore(store, async (call) => {
    checkLimits(call, call.options);
    const fault = chooseFault(call);
    if (fault !== undefined) injected[fault] += 1;
    const duration = latencyMs();
    if (fault === undefined && duration <= 0) return call.send(call.options);
    const sent = beyondCancelling(call);
    const deliver = () => deliverWith(fault, call, sent, () => deliverLater(call, sent));
    const send = duration <= 0 ? deliver : () => travel(clock, duration, deliver);
    return awaitReply(send, call, call.options, clock);
  });

  const faults: FaultControl = {
    next: (operation, ...scripted) => plan.script(operation, scripted),
    outage: (durationMs = Number.POSITIVE_INFINITY) => {
      if (!(durationMs >= 0))
        throw new InvalidArgumentError(`durationMs is ${durationMs}; use a number from 0`);
      outageUntil = clock.monotonic() + durationMs;
    },
    stop: () => {
      outageUntil = Number.NEGATIVE_INFINITY;
      plan.stop();
    },
    injected,
    get undelivered() {
      return undelivered;
    },
  };
  return Object.assign(faulty, { faults });
}
