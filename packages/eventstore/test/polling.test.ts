import { countCalls, createMemoryStore, FakeClock } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { EventConsumer, EventFeed, EventStore } from '../src/index.js';

it('a consumer polls more and more rarely where nothing comes, and no more rarely than maxPollMs', async () => {
  const clock = new FakeClock();
  const memory = createMemoryStore({ clock });
  const own = countCalls(memory);
  const feed = new EventFeed(own, { partitions: 1, clock });
  const seen: number[] = [];
  const consumer = new EventConsumer(feed, new EventStore(own, { feed, clock }), {
    group: 'g',
    handle: () => void seen.push(clock.monotonic()),
    pollMs: 50,
    maxPollMs: 1_000,
    sweepMs: 1_000_000_000,
    clock,
  });
  await clock.run(consumer.start());
  await clock.advance(60_000);
  own.reset();
  await clock.advance(100_000);
  expect(own.calls.total).toBeGreaterThanOrEqual(100);
  expect(own.calls.total).toBeLessThanOrEqual(102);

  const elsewhere = new EventFeed(countCalls(memory), { partitions: 1, clock });
  const other = new EventStore(countCalls(memory), { feed: elsewhere, clock });
  for (const _ of [1, 2]) {
    const appendedAt = clock.monotonic();
    await clock.run(other.append('a', 'T', 1));
    await clock.run(elsewhere.flush());
    await clock.advance(1_001);
    expect((seen.pop() ?? Number.POSITIVE_INFINITY) - appendedAt).toBeLessThanOrEqual(1_001);
  }
  await clock.run(consumer.stop());
});
