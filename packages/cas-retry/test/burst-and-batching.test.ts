import { bytesToString, stringToBytes, systemClock } from '@norikv/store';
import { countCalls, createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import {
  type Codec,
  createUpdater,
  jsonCodec,
  type keep,
  remove,
  type UpdateEvent,
  write,
} from '../src/index.js';
import { increment, numberCodec, simulate } from './simulation.js';

interface Box {
  items: string[];
}
const boxCodec: Codec<Box> = jsonCodec((data) => data as Box);

describe('a burst of callers in one process', () => {
  it('serves 100 callers of a cold key with 2 store calls, each seeing its own step', async () => {
    const { clock, processes } = simulate(1);
    const { store, updater } = processes[0] as (typeof processes)[0];
    const results = await clock.run(() => Promise.all(Array.from({ length: 100 }, () => increment(updater))));
    expect(results).toEqual(Array.from({ length: 100 }, (_, number) => number + 1));
    expect(store.calls.total).toBe(2);
    expect(await clock.run(updater.read('n', numberCodec))).toBe(100);
  });

  it('applies updates in the order of the calls', async () => {
    const updater = createUpdater(createMemoryStore());
    const push = (item: string): Promise<void> =>
      updater.update('box', boxCodec, (box = { items: [] }) =>
        write({ items: [...box.items, item] }, undefined),
      );
    await Promise.all(['a', 'b', 'c', 'd'].map(push));
    expect(await updater.read('box', boxCodec)).toEqual({ items: ['a', 'b', 'c', 'd'] });
  });

  it('keeps two keys parallel', async () => {
    const { clock, processes, roundTripMs } = simulate(1);
    const { updater } = processes[0] as (typeof processes)[0];
    const startedAt = clock.monotonic();
    await clock.run(() => Promise.all(Array.from({ length: 50 }, (_, n) => increment(updater, `key-${n}`))));
    expect(clock.monotonic() - startedAt).toBeLessThan(3 * roundTripMs);
  });

  it('shares writes between updaters of one store', async () => {
    const store = countCalls(createMemoryStore());
    const updaters = Array.from({ length: 10 }, () => createUpdater(store));
    await Promise.all(updaters.map((updater) => increment(updater)));
    expect(await createUpdater(store).read('n', numberCodec)).toBe(10);
    expect(store.calls.put).toBe(1);
  });

  it('shares writes between updaters that were made with the same options each', async () => {
    const store = countCalls(createMemoryStore());
    const onEvent = (): void => {};
    const updaters = Array.from({ length: 10 }, () => createUpdater(store, { maxBatch: 50, onEvent }));
    await Promise.all([...updaters.map((updater) => increment(updater)), increment(createUpdater(store))]);
    expect(store.calls.put).toBe(2);
  });

  it('takes byte keys, apart from the string that looks alike', async () => {
    const updater = createUpdater(createMemoryStore());
    await updater.update(new Uint8Array([0, 255]), numberCodec, () => write(1, 0));
    await updater.update('\u0000\u00ff', numberCodec, () => write(2, 0));
    expect(await updater.read(new Uint8Array([0, 255]), numberCodec)).toBe(1);
    expect(await updater.read('\u0000\u00ff', numberCodec)).toBe(2);
  });

  it('keeps to the key it was given, when the caller uses its bytes again for another', async () => {
    const updater = createUpdater(createMemoryStore());
    const bytes = Buffer.from('a');
    const add = (key: string | Uint8Array): Promise<number> =>
      updater.update(key, numberCodec, (current = 0) => write(current + 1, current + 1));
    const first = add(bytes);
    bytes.write('b');
    expect(await Promise.all([first, add(bytes), add('a'), add('b')])).toEqual([1, 1, 2, 2]);
    expect(await updater.read('a', numberCodec)).toBe(2);
    expect(await updater.read('b', numberCodec)).toBe(2);
  });
});

it('a transition is told the time in whole milliseconds, whatever the clock counts in', async () => {
  const updater = createUpdater(createMemoryStore(), { clock: { ...systemClock, now: () => 7.75 } });
  expect(await updater.update('n', numberCodec, (_current, now) => write(1, now))).toBe(7);
});

describe('one of a batch', () => {
  it('that throws rejects its own caller only; the others are applied once', async () => {
    const store = countCalls(createMemoryStore());
    const updater = createUpdater(store);
    const results = await Promise.allSettled([
      increment(updater),
      updater.update('n', numberCodec, () => {
        throw new RangeError('no');
      }),
      increment(updater),
    ]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: new RangeError('no') });
    expect(await updater.read('n', numberCodec)).toBe(2);
    expect(store.calls.put).toBe(1);
  });

  it('that gives a time to live which is none is refused alone', async () => {
    const updater = createUpdater(createMemoryStore());
    const set = (ttlMs?: number): Promise<number> =>
      updater.update('n', numberCodec, (current = 0) => write(current + 1, current + 1, ttlMs));
    const results = await Promise.allSettled([set(), set(0.5), set(), set(Number.NaN)]);
    expect(results.map((result) => result.status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
    ]);
    expect(results[1]).toMatchObject({
      reason: { code: 'INVALID_ARGUMENT', message: expect.stringContaining('ttlMs is 0.5') },
    });
    expect(await updater.read('n', numberCodec)).toBe(2);
  });

  it('that alters the state before it throws leaves no trace', async () => {
    const updater = createUpdater(createMemoryStore());
    const push = (item: string): Promise<string> =>
      updater.update('box', boxCodec, (box = { items: [] }) => write({ items: [...box.items, item] }, item));
    await push('first');
    const results = await Promise.allSettled([
      push('second'),
      updater.update('box', boxCodec, (box) => {
        box?.items.push('dirt');
        throw new Error('after altering');
      }),
      push('third'),
    ]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await updater.read('box', boxCodec)).toEqual({ items: ['first', 'second', 'third'] });
  });

  it('that alters the state before it throws leaves no trace in the operations either', async () => {
    const updater = createUpdater(createMemoryStore());
    const push = (item: string): Promise<string> =>
      updater.update('box', boxCodec, (box = { items: [] }) => write({ items: [...box.items, item] }, item), {
        opId: item,
      });
    await Promise.allSettled([
      push('a'),
      updater.update('box', boxCodec, (box) => {
        box?.items.push('dirt');
        throw new Error('after altering');
      }),
      push('b'),
    ]);
    expect(await Promise.all([push('a'), push('b')])).toEqual(['a', 'b']);
    expect(await updater.read('box', boxCodec)).toEqual({ items: ['a', 'b'] });
  });

  it('that returns a promise or nonsense is refused by name, and does not hold up the others', async () => {
    const updater = createUpdater(createMemoryStore());
    const asynchronous = (async (current = 0) => write(current + 1, 0)) as unknown as () => ReturnType<
      typeof keep<number>
    >;
    const results = await Promise.allSettled([
      increment(updater),
      updater.update('n', numberCodec, asynchronous),
      updater.update('n', numberCodec, (() => undefined) as unknown as typeof asynchronous),
      increment(updater),
    ]);
    expect(results[1]).toMatchObject({
      reason: { code: 'INVALID_ARGUMENT', message: expect.stringMatching(/not a promise/) },
    });
    expect(results[2]).toMatchObject({
      reason: { code: 'INVALID_ARGUMENT', message: expect.stringMatching(/write\(\), keep\(\)/) },
    });
    expect(await updater.read('n', numberCodec)).toBe(2);
  });

  it('that returns a promise which fails does not end the process', async () => {
    const unheard: unknown[] = [];
    const listener = (error: unknown): number => unheard.push(error);
    process.on('unhandledRejection', listener);
    const failing = (() => Promise.reject(new Error('late'))) as unknown as () => ReturnType<
      typeof keep<number>
    >;
    const update = createUpdater(createMemoryStore()).update('n', numberCodec, failing);
    await expect(update).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    // Node tells of it before the next macrotask.
    await new Promise(setImmediate);
    process.off('unhandledRejection', listener);
    expect(unheard).toEqual([]);
  });

  it('removes and creates again: only the outcome is stored, with the last time to live', async () => {
    const store = countCalls(createMemoryStore());
    const updater = createUpdater(store);
    await increment(updater);
    const seen: (number | undefined)[] = [];
    const note = (next: number, ttlMs?: number): Promise<void> =>
      updater.update('n', numberCodec, (current) => {
        seen.push(current);
        return write(next, undefined, ttlMs);
      });
    store.reset();
    await Promise.all([
      note(10, 5_000),
      updater.update('n', numberCodec, () => remove(undefined)),
      note(20, 1_000),
      note(30),
    ]);
    expect(seen).toEqual([1, undefined, 20]);
    expect(store.calls.put).toBe(1);
    expect(await updater.read('n', numberCodec)).toBe(30);
  });
});

describe('limits of a batch', () => {
  it('writes at most maxBatch updates at once', async () => {
    const batches: number[] = [];
    const onEvent = (event: UpdateEvent): void => void (event.kind === 'write' && batches.push(event.batch));
    const updater = createUpdater(createMemoryStore(), { maxBatch: 8, onEvent });
    await Promise.all(Array.from({ length: 20 }, () => increment(updater)));
    expect(batches).toEqual([8, 8, 4]);
  });

  it('writes what is done when transitions are slow, so that nobody waits for all of them', async () => {
    const { clock, processes } = simulate(1, { options: { maxFoldMs: 20 } });
    const { store } = processes[0] as (typeof processes)[0];
    let time = 0;
    const slowClock = { ...clockOf(clock), monotonic: () => clock.monotonic() + time };
    const events: UpdateEvent[] = [];
    const updater = createUpdater(store, { clock: slowClock, onEvent: (event) => void events.push(event) });
    const slow = (): Promise<number> =>
      updater.update('n', numberCodec, (current = 0) => {
        time += 15;
        return write(current + 1, current + 1);
      });
    const results = await clock.run(() => Promise.all([slow(), slow(), slow(), slow(), slow()]));
    expect(results).toEqual([1, 2, 3, 4, 5]);
    const writes = events.filter((event) => event.kind === 'write');
    expect(writes.map(({ batch }) => batch)).toEqual([2, 2, 1]);
    expect(writes.map(({ foldMs }) => foldMs)).toEqual([30, 30, 15]);
  });

  it('refuses the one update that makes the record too large and applies the others', async () => {
    const store = createMemoryStore();
    const updater = createUpdater(store);
    const push = (item: string): Promise<number> =>
      updater.update('box', boxCodec, (box = { items: [] }) => write({ items: [...box.items, item] }, 1));
    const results = await Promise.allSettled([push('a'), push('x'.repeat(2 ** 20)), push('b'), push('c')]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(results[1]).toMatchObject({
      reason: { code: 'RECORD_TOO_LARGE', key: 'box', outcome: 'not-applied' },
    });
    expect(await updater.read('box', boxCodec)).toEqual({ items: ['a', 'b', 'c'] });
  });

  it('refuses the one update whose state cannot be encoded and applies the others', async () => {
    const updater = createUpdater(createMemoryStore());
    const loopCodec = jsonCodec((data) => data as { self?: unknown });
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    const set = (state: { self?: unknown }): Promise<number> =>
      updater.update('loop', loopCodec, () => write(state, 1));
    const results = await Promise.allSettled([set({}), set(cyclic)]);
    expect(results).toMatchObject([{ status: 'fulfilled' }, { reason: { code: 'INVALID_ARGUMENT' } }]);
    expect(await updater.read('loop', loopCodec)).toEqual({});
  });

  it('combines only updates that read the record the same way', async () => {
    const updater = createUpdater(createMemoryStore());
    const twin: Codec<number> = { ...numberCodec };
    const add = (codec: Codec<number>): Promise<number> =>
      updater.update('n', codec, (current = 0) => write(current + 1, current + 1));
    expect(await Promise.all([add(numberCodec), add(twin), add(numberCodec)])).toEqual([1, 2, 3]);
    const textCodec: Codec<string> = { encode: stringToBytes, decode: bytesToString };
    const append = updater.update('n', textCodec, (current = '') => write(current.concat('0'), current));
    expect(await Promise.all([append, add(numberCodec), add(twin)])).toEqual(['3', 31, 32]);
  });
});

function clockOf(clock: ReturnType<typeof simulate>['clock']): import('@norikv/store').Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    startTimer: (callback, delayMs) => clock.startTimer(callback, delayMs),
  };
}
