import { bytesToString, type Clock, type KvStore, stringToBytes, systemClock } from '@norikv/store';
import { type CountedStore, countCalls } from '@norikv/testkit';
import { describe, onTestFinished } from 'vitest';
import { InventoryManager, type InventoryOptions } from '../../src/index.js';
import { stores } from './stores.js';

/** A wall clock a test can move. Timers and durations stay those of the machine, which engines need. */
export interface WallClock extends Clock {
  advance(ms: number): void;
}

export function wallClock(startMs: number = Date.UTC(2025, 0, 1)): WallClock {
  let nowMs = startMs;
  return {
    ...systemClock,
    now: () => nowMs,
    advance(ms) {
      nowMs += ms;
    },
  };
}

/** The clock of a process that dies: it tells the time, but no timer of it ever fires. */
export function stopped(clock: Clock): Clock {
  return { ...clock, now: () => clock.now(), startTimer: () => () => {} };
}

/** A manager over a store of its own, and its clock. */
export interface Bench {
  readonly store: CountedStore;
  readonly clock: WallClock;
  readonly inventory: InventoryManager;
  /** Another process: a manager over another store object with the same content, its clock ahead by so much. */
  another(aheadMs?: number): InventoryManager;
  /** The stored record without its header line. */
  stored(key: string): Promise<Readonly<Record<string, unknown>>>;
}

/** Runs a suite on every engine. */
export function onEveryEngine(
  title: string,
  suite: (open: (options?: InventoryOptions) => Promise<Bench>) => void,
): void {
  for (const { name, open } of stores) {
    describe(`${title} (${name})`, () => {
      suite(async (options) => {
        const engine = await open();
        onTestFinished(() => engine[Symbol.asyncDispose]());
        return benchOn(engine, options);
      });
    });
  }
}

export function benchOn(engine: KvStore, options: InventoryOptions = {}): Bench {
  const clock = wallClock();
  const store = countCalls(engine);
  return {
    store,
    clock,
    inventory: new InventoryManager(store, { clock, ...options }),
    another(aheadMs = 0) {
      const theirs: Clock = { ...clock, now: () => clock.now() + aheadMs };
      return new InventoryManager(countCalls(engine), { ...options, clock: theirs });
    },
    stored: async (key) => payloadOf((await engine.get(key)).value),
  };
}

/** What a record says after its header line. */
export function payloadOf(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const text = bytesToString(bytes);
  return JSON.parse(text.startsWith('norikv:') ? text.slice(text.indexOf('\n') + 1) : text);
}

export function json(value: unknown): Uint8Array {
  return stringToBytes(JSON.stringify(value));
}

/** Calls to a store, in order and all at once. */
export function times<Result>(count: number, call: (number: number) => Promise<Result>): Promise<Result[]> {
  return Promise.all(Array.from({ length: count }, (_, number) => call(number)));
}
