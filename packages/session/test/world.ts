import { type CountedStore, countCalls, FakeClock } from '@norikv/testkit';
import { describe } from 'vitest';
import { engines } from './engines.js';

export const second = 1_000;
export const minute = 60_000;
export const hour = 3_600_000;

/** A store whose time, as that of the sessions in it, is turned by hand. */
export interface World extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly store: CountedStore;
}

/** Describes behaviour on every engine. */
export function describeOnEngines(name: string, tests: (open: () => Promise<World>) => void): void {
  describe.each(engines)(`${name} ($name)`, (engine) => {
    tests(async () => {
      const clock = new FakeClock();
      const store = await engine.open(clock);
      return { clock, store: countCalls(store), [Symbol.asyncDispose]: () => store.close() };
    });
  });
}
