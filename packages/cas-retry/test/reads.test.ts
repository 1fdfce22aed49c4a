import type { KvStore } from '@norikv/store';
import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { createUpdater, jsonCodec, type UpdateEvent } from '../src/index.js';

const numbers = jsonCodec(Number);

/** A store that never answers and heeds no limits. */
function hanging(): KvStore {
  const never = (): Promise<never> => new Promise(() => {});
  return { get: never, find: never, put: never, delete: never };
}

describe('a read of a store that never answers', () => {
  it.each([
    ['at the deadline of its updater', {}, 700],
    ['at its own limit', { timeoutMs: 50 }, 50],
  ])('ends %s', async (_when, options, endsAtMs) => {
    const clock = new FakeClock();
    const read = createUpdater(hanging(), { clock, deadlineMs: 700 }).read('n', numbers, options);
    await expect(clock.run(read)).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      outcome: 'not-applied',
      key: 'n',
      message: `No answer within ${endsAtMs} ms`,
    });
    expect(clock.monotonic()).toBe(endsAtMs);
  });

  it('ends with its signal', async () => {
    const controller = new AbortController();
    const read = createUpdater(hanging()).read('n', numbers, { signal: controller.signal });
    controller.abort('enough');
    await expect(read).rejects.toMatchObject({ code: 'CANCELLED', outcome: 'not-applied', cause: 'enough' });
  });
});

it('a read is told of, and leaves nothing behind', async () => {
  const clock = new FakeClock();
  const events: UpdateEvent[] = [];
  const onEvent = (event: UpdateEvent): void => void events.push(event);
  const updater = createUpdater(createMemoryStore({ clock, latencyMs: 5 }), { clock, onEvent });
  expect(await clock.run(updater.read('n', numbers))).toBeUndefined();
  expect(events).toEqual([{ kind: 'read', key: 'n' }]);
  expect(clock.pendingTimers).toBe(0);
});
