import { getEventListeners, setMaxListeners } from 'node:events';
import { type CallOptions, errorCode, find, type KvStore } from '@norikv/store';
import { ensure, equal, read, refuses, type Settled, settle } from './assertions.js';
import type { Group } from './group.js';
import type { Trial } from './trial.js';

/** 19 */
export const cancelling: Group = {
  number: 19,
  name: 'signals and time limits',
  define({ test }) {
    test('a signal that has fired stops the call before it is sent', async (trial) => {
      const key = trial.newKey();
      await trial.store.put(key, 'kept');
      const signal = AbortSignal.abort('reason');
      const calls: Record<string, () => Promise<unknown>> = {
        get: () => trial.store.get(key, { signal }),
        find: () => find(trial.store, key, { signal }),
        put: () => trial.store.put(key, 'late', { signal }),
        delete: () => trial.store.delete(key, { signal }),
      };
      for (const [name, call] of Object.entries(calls)) {
        const error = (await refuses(call(), 'CANCELLED', name)) as Error;
        equal(error.name, 'AbortError', `${name}: name of the error`);
        equal(error.cause, 'reason', `${name}: cause of the error`);
      }
      equal(await read(trial.store, key), 'kept', 'the value');
    });
    for (const change of changes) {
      test(`a signal in flight ends a ${change.name}, and what it says about the outcome is true`, async (trial) => {
        for (let round = 0; round < trial.scaled(50, 10); round++) {
          const key = await keyFor(change, trial);
          const controller = new AbortController();
          const call = settle(change.make(trial.store, key, { signal: controller.signal }));
          for (let wait = 0; wait < round % 4; wait++) await Promise.resolve();
          controller.abort();
          await expectTruth(trial.store, key, { change, call: await call, code: 'CANCELLED' });
        }
      });
      test(`a time limit ends a ${change.name}, and what it says about the outcome is true`, async (trial) => {
        for (let round = 0; round < trial.scaled(50, 10); round++) {
          const key = await keyFor(change, trial);
          const call = await settle(change.make(trial.store, key, { timeoutMs: 1 }));
          await expectTruth(trial.store, key, { change, call, code: 'DEADLINE_EXCEEDED' });
        }
      });
    }
    test('a signal that fires after the answer changes nothing', async (trial) => {
      const key = trial.newKey();
      const controller = new AbortController();
      await trial.store.put(key, 'value', { signal: controller.signal });
      controller.abort();
      equal(await read(trial.store, key), 'value', 'the value');
    });
    for (const timeoutMs of [0, -1, Number.NaN, 1.5]) {
      test(`a time limit of ${timeoutMs} is refused and writes nothing`, async (trial) => {
        const key = trial.newKey();
        await refuses(trial.store.put(key, 'value', { timeoutMs }), 'INVALID_ARGUMENT', 'put');
        await refuses(trial.store.get(key, { timeoutMs }), 'INVALID_ARGUMENT', 'get');
        await refuses(find(trial.store, key, { timeoutMs }), 'INVALID_ARGUMENT', 'find');
        await refuses(trial.store.delete(key, { timeoutMs }), 'INVALID_ARGUMENT', 'delete');
        equal(await read(trial.store, key), null, 'the value');
      });
    }
    test('10,000 calls leave no listener and no timer behind', async (trial) => {
      const keys = Array.from({ length: 100 }, () => trial.newKey());
      const controller = new AbortController();
      setMaxListeners(0, controller.signal);
      const timersBefore = activeTimers();
      for (let round = 0; round < trial.scaled(100, 10); round++) {
        const cancelled = new AbortController();
        setMaxListeners(0, cancelled.signal);
        const calls = keys.map((key, place) => {
          const { signal } = place % 2 === 0 ? controller : cancelled;
          const options = { signal, timeoutMs: 3_600_000 };
          if (place % 5 === 0) return settle<unknown>(find(trial.store, key, options));
          if (place % 7 === 0) return settle<unknown>(trial.store.delete(key, options));
          return settle<unknown>(trial.store.put(key, 'value', options));
        });
        cancelled.abort();
        await Promise.all(calls);
        equal(getEventListeners(cancelled.signal, 'abort').length, 0, 'listeners on a signal that fired');
      }
      equal(getEventListeners(controller.signal, 'abort').length, 0, 'listeners on a signal that did not');
      const left = (): number => activeTimers() - timersBefore;
      for (let wait = 0; wait < 100 && left() >= 50; wait++) await trial.waitReal(20); // Requests still travel.
      ensure(left() < 50, `${left()} timers are left`);
    });
  },
};

/** A write, and what its key holds before and after it. */
interface Change {
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
  make(store: KvStore, key: string, options: CallOptions): Promise<unknown>;
}

const changes: readonly Change[] = [
  {
    name: 'put',
    before: null,
    after: 'value',
    make: (store, key, options) => store.put(key, 'value', options),
  },
  {
    name: 'delete',
    before: 'value',
    after: null,
    make: (store, key, options) => store.delete(key, options),
  },
];

/** A change that has ended, and the code that it may have failed with. */
interface Ended {
  readonly change: Change;
  readonly call: Settled<unknown>;
  readonly code: string;
}

async function keyFor({ before }: Change, trial: Trial): Promise<string> {
  const key = trial.newKey();
  if (before !== null) await trial.store.put(key, before);
  return key;
}

// An unknown write may still land, so only a success and a "not applied" can be checked.
async function expectTruth(store: KvStore, key: string, { change, call, code }: Ended): Promise<void> {
  const value = await read(store, key);
  if (call.ok) {
    equal(value, change.after, 'the value after a success');
    return;
  }
  equal(errorCode(call.error), code, 'the error');
  const { outcome } = call.error as { readonly outcome?: unknown };
  if (outcome === 'not-applied') equal(value, change.before, 'the value after "not-applied"');
  else equal(outcome, 'unknown', 'the outcome');
}

function activeTimers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}
