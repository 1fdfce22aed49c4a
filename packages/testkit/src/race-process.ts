import type { CancelTimer, Clock, KvStore } from '@norikv/store';
import { beyondCancelling, type DeliveryFault, deliverWith } from './faulty-delivery.js';
import { awaitReply, checkLimits } from './in-flight.js';
import { keyText } from './key-text.js';
import { seededRandom } from './seeded-random.js';
import { type WrappedCall, wrapStore } from './wrap-store.js';

/** What a process of a race has. Code under test must get its store, its time and its chance from here. */
export interface RaceProcess {
  /** "1" for the first program, and so on. */
  readonly name: string;
  /** The store of the world. Each call of it waits for its place in the schedule. */
  readonly store: KvStore;
  /** The clock of the world. */
  readonly clock: Clock;
  /** Random numbers, the same in every schedule. */
  readonly random: () => number;
}

/** A request on its way to the store, or an answer on its way back. */
export interface Request {
  readonly id: string;
  readonly call: Pick<WrappedCall, 'operation' | 'key' | 'options'>;
  /** What stands for the key: the first request for it. The keys themselves may be random. */
  readonly place: string;
  /** Whose it is. */
  readonly process: string;
  /** `late`: nobody waits for its answer any more. */
  readonly kind: 'request' | 'late' | 'answer';
  deliver(fault: DeliveryFault | undefined): void;
}

/** What the processes of a world have in common. */
export interface Surroundings {
  readonly store: KvStore;
  readonly clock: Clock;
  /** What waits for its place in the schedule, by id. */
  readonly requests: Map<string, Request>;
  /** The first request for each key. */
  readonly places: Map<string, string>;
}

/** Makes a process whose requests wait in `requests`, and a way to kill it. */
export function startProcess(
  name: string,
  world: Surroundings,
): { readonly process: RaceProcess; kill(): void } {
  const { requests, places } = world;
  const timers = new Set<CancelTimer>();
  let calls = 0;
  let isDead = false;

  const clock: Clock = {
    now: () => world.clock.now(),
    monotonic: () => world.clock.monotonic(),
    startTimer(callback, delayMs) {
      if (isDead) return () => {};
      const cancelTimer = world.clock.startTimer(() => {
        timers.delete(cancel);
        callback();
      }, delayMs);
      const cancel = (): void => {
        timers.delete(cancel);
        cancelTimer();
      };
      timers.add(cancel);
      return cancel;
    },
  };

  const post = (request: Request): void => {
    const { id, deliver } = request;
    requests.set(id, {
      ...request,
      deliver(fault) {
        requests.delete(id);
        deliver(fault);
      },
    });
  };

  const send = <Result>(call: WrappedCall<Result>, id: string): Promise<Result> =>
    new Promise((resolve, reject) => {
      if (isDead) return;
      const sent = beyondCancelling(call);
      const text = keyText(call.key);
      const place = places.get(text) ?? id;
      places.set(text, place);
      const again = (): void => {
        call.send(sent).catch(() => {}); // Its caller has had an answer, or none.
      };
      const arriveLate = (): void =>
        post({ id: `${id} late`, call, place, process: name, kind: 'late', deliver: again });
      const deliver = (fault: DeliveryFault | undefined): void => {
        if (fault === 'slow-reply') answerLater(call.send(sent));
        else deliverWith(fault, call, sent, arriveLate).then(resolve, reject);
      };
      const answerLater = (answer: Promise<Result>): void => {
        answer.catch(() => {}); // Until it is delivered, which a crash can prevent.
        const reply = (): void => void answer.then(resolve, reject);
        post({ id: `${id} answer`, call, place, process: name, kind: 'answer', deliver: reply });
      };
      post({ id, call, place, process: name, kind: 'request', deliver });
    });

  const store = wrapStore(world.store, (call) => {
    checkLimits(call, call.options);
    calls += 1;
    const id = `${name}.${calls}`;
    return awaitReply(() => send(call, id), call, call.options, clock);
  });

  return {
    process: { name, store, clock, random: seededRandom(Number(name)) },
    kill() {
      isDead = true;
      for (const cancel of timers) cancel();
      for (const { id, process, kind } of requests.values()) {
        if (process === name && kind !== 'late') requests.delete(id);
      }
    },
  };
}
