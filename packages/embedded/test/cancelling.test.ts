import { getEventListeners } from 'node:events';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CallOptions, type Clock, systemClock } from '@norikv/store';
import { describe, expect, test } from 'vitest';
import { prepareFolder } from '../src/folder.js';
import { FolderGate } from '../src/gate.js';
import { newPath, openTestStore } from './support/folders.js';

/** Somebody who opens the store, and takes time for it until told to end. */
async function opening(path: string): Promise<() => Promise<void>> {
  const gate = new FolderGate(prepareFolder(path), 'disk');
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let alone: Promise<void> | undefined;
  await new Promise<void>((resolve) => {
    alone = gate.alone(() => {
      resolve();
      return ended;
    });
  });
  return async () => {
    end();
    await alone;
    gate.leave();
  };
}

const cancelled = { name: 'AbortError', code: 'CANCELLED' };

describe('giving up', () => {
  test('before the call begins', async () => {
    const store = await openTestStore();
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    const calls = [
      store.get('key', { signal }),
      store.put('key', '', { signal }),
      store.delete('key', { signal }),
    ];
    for (const call of calls) {
      await expect(call).rejects.toMatchObject({ ...cancelled, outcome: 'not-applied', cause: reason });
    }
    expect(await store.find('key')).toBeNull();
  });

  test('before the write entered a transaction: not applied, and never will be', async () => {
    const store = await openTestStore({ path: newPath() });
    const controller = new AbortController();
    const put = store.put('key', 'value', { signal: controller.signal });
    controller.abort();
    await expect(put).rejects.toMatchObject({ ...cancelled, outcome: 'not-applied' });
    await store.put('other', 'value');
    expect(await store.find('key')).toBeNull();
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  test('after it entered a transaction: unknown, and here applied', async () => {
    const clock = new WatchedClock();
    const store = await openTestStore({ path: newPath(), clock });
    const controller = new AbortController();
    clock.onNextLook = () => controller.abort();
    const put = store.put('key', 'value', { signal: controller.signal });
    await expect(put).rejects.toMatchObject({ ...cancelled, outcome: 'unknown' });
    await store.put('other', 'value');
    expect(await store.find('key')).not.toBeNull();
  });

  test('while many vectors are checked: none is inserted', async () => {
    const store = await openTestStore();
    await store.vectorCreateIndex('space', 2, 'euclidean');
    const controller = new AbortController();
    function* items(): Generator<{ id: string; vector: number[] }> {
      for (const id of ['a', 'b', 'c']) yield { id, vector: [1, 2] };
      controller.abort();
    }
    const inserts = store.vectorInsertMany('space', items(), { signal: controller.signal });
    await expect(inserts).rejects.toMatchObject({ ...cancelled, outcome: 'not-applied' });
    expect((await store.stats()).vectors.vectors).toBe(0);
  });

  test('right after a vector call was made', async () => {
    const store = await openTestStore();
    await store.vectorCreateIndex('space', 2, 'euclidean');
    const calls = [
      (signal: AbortSignal) => store.vectorInsert('space', 'a', [1, 2], { signal }),
      (signal: AbortSignal) => store.vectorSearch('space', [1, 2], 1, { signal }),
    ];
    for (const call of calls) {
      const controller = new AbortController();
      const answer = call(controller.signal);
      queueMicrotask(() => controller.abort());
      await expect(answer).rejects.toMatchObject({ ...cancelled, outcome: 'not-applied' });
    }
  });

  test('10,000 times leaves nothing behind', async () => {
    const store = await openTestStore({ path: newPath() });
    const controller = new AbortController();
    const puts = Array.from({ length: 10_000 }, (_, place) =>
      store.put(`key-${place}`, 'value', { signal: controller.signal, timeoutMs: 60_000 }),
    );
    const answers = Promise.allSettled(puts);
    controller.abort();
    for (const answer of await answers) expect(answer).toMatchObject({ reason: { outcome: 'not-applied' } });
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    expect(await store.stats()).toMatchObject({ keys: 0, waitingWrites: 0 });
  });
});

describe('a time limit', () => {
  test('before the write entered a transaction: not applied', async () => {
    const clock = new WatchedClock();
    const store = await openTestStore({ path: newPath(), clock });
    const put = store.put('key', 'value', { timeoutMs: 50 });
    clock.fireTimer();
    await expect(put).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
    await store.put('other', 'value');
    expect(await store.find('key')).toBeNull();
  });

  test('after it entered a transaction: unknown, and here applied', async () => {
    const clock = new WatchedClock();
    const store = await openTestStore({ path: newPath(), clock });
    clock.onNextLook = () => clock.fireTimer();
    const put = store.put('key', 'value', { timeoutMs: 50 });
    await expect(put).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      outcome: 'unknown',
      retryable: true,
    });
    await store.put('other', 'value');
    expect(await store.find('key')).not.toBeNull();
  });

  test('holds for all the groups of many vectors together', async () => {
    const clock = new WatchedClock();
    const store = await openTestStore({ clock });
    await store.vectorCreateIndex('space', 2, 'euclidean');
    const items = Array.from({ length: 1_025 }, (_, place) => ({ id: `${place}`, vector: [1, place] }));
    await store.vectorInsertMany('space', items, { timeoutMs: 60_000 });
    const [first = 0, second = 0, third = 0] = clock.delays;
    expect(clock.delays).toHaveLength(3);
    expect(60_000 > first && first > second && second > third).toBe(true);
    function* slowly(): Generator<(typeof items)[number]> {
      yield* items;
      clock.aheadMs = 60_000;
    }
    await expect(store.vectorInsertMany('space', slowly(), { timeoutMs: 60_000 })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      outcome: 'not-applied',
    });
  });

  test('holds for the first vector calls, too, while they wait for another process that opens the store', async () => {
    const path = newPath();
    const first = await openTestStore({ path });
    await first.vectorCreateIndex('space', 2, 'euclidean');
    await first.vectorInsert('space', 'a', [1, 2]);
    await first.close();
    const store = await openTestStore({ path });
    const letGo = await opening(path);
    const signal = AbortSignal.timeout(50);
    const limits: readonly CallOptions[] = [{ timeoutMs: 50 }, { signal }];
    const calls = limits.flatMap((limit) => [
      store.vectorCreateIndex('other', 2, 'euclidean', 'brute_force', limit),
      store.vectorInsert('space', 'b', [1, 2], limit),
      store.vectorInsertMany('space', [{ id: 'b', vector: [1, 2] }], limit),
      store.vectorDelete('space', 'a', limit),
      store.vectorSearch('space', [1, 2], 1, limit),
      store.vectorGet('space', 'a', limit),
      store.vectorDropIndex('space', limit),
    ]);
    for (const end of await Promise.allSettled(calls)) {
      expect(end).toMatchObject({ reason: { outcome: 'not-applied' } });
    }
    const patient = store.vectorGet('space', 'a', { timeoutMs: 60_000 });
    await letGo();
    expect(await patient).toEqual([1, 2]);
    expect((await store.stats()).vectors).toMatchObject({ vectors: 1, namespaces: [{ namespace: 'space' }] });
  });

  test('that is over does not let a store be closed under what its call has begun', async () => {
    const path = newPath();
    const store = await openTestStore({ path });
    const letGo = await opening(path);
    const creating = store.vectorCreateIndex('space', 2, 'euclidean', 'brute_force', { timeoutMs: 50 });
    await expect(creating).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
    const closing = store.close();
    await sleep(200);
    const { gatePath } = prepareFolder(path);
    // It does not even want to be alone with its files yet.
    expect(readdirSync(gatePath).filter((name) => name.startsWith('alone-'))).toHaveLength(1);
    await letGo();
    await closing;
    const again = await openTestStore({ path });
    expect(await again.vectorCreateIndex('space', 2, 'euclidean')).toBe(true);
  });

  test('longer than a timer can keep is cut to what it can', async () => {
    const clock = new WatchedClock();
    const store = await openTestStore({ path: newPath(), clock });
    await store.put('key', 'value', { timeoutMs: Number.MAX_SAFE_INTEGER });
    expect(clock.delays).toEqual([2_147_483_647]);
  });
});

test.each<[string, CallOptions]>([
  ['signal', { signal: {} as AbortSignal }],
  ['timeoutMs', { timeoutMs: 0 }],
  ['ttlMs', { ttlMs: 1.5 } as CallOptions],
  ['ifNotExists', { ifNotExists: 'yes' } as CallOptions],
])('a bad %s is refused by name', async (name, options) => {
  const store = await openTestStore();
  await expect(store.put('key', 'value', options)).rejects.toThrow(`${name} is `);
  await expect(store.put('key', 'value', options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});

test('a bad consistency is refused by name', async () => {
  const store = await openTestStore();
  const consistency = 'strong' as 'lease';
  await expect(store.get('key', { consistency })).rejects.toThrow('consistency is "strong"');
});

/** Tells when the store looks at it, which it does inside each transaction; timers fire only by hand. */
class WatchedClock implements Clock {
  readonly delays: number[] = [];
  aheadMs = 0;
  onNextLook: (() => void) | undefined;
  #timer: (() => void) | undefined;

  now(): number {
    return systemClock.now();
  }

  monotonic(): number {
    const { onNextLook } = this;
    this.onNextLook = undefined;
    // Right after the transaction's work, while it is being committed.
    if (onNextLook) queueMicrotask(onNextLook);
    return systemClock.monotonic() + this.aheadMs;
  }

  startTimer(callback: () => void, delayMs: number): () => void {
    this.delays.push(delayMs);
    this.#timer = callback;
    return () => {
      this.#timer = undefined;
    };
  }

  fireTimer(): void {
    this.#timer?.();
  }
}
