import { find, type KvStore, UnavailableError } from '@norikv/store';
import { countCalls, createMemoryStore, FakeClock, seededRandom } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { EventStore } from '../src/index.js';

const large = [{ type: 'Large', data: 'x'.repeat(300_000) }];
const isHead = (key: unknown): boolean => String(key).startsWith('events:h:');

/** A store with a round trip of 4 ms, and processes that append to one stream without a break. */
function openBusy(writers: number, wrap: (store: KvStore) => KvStore = (store) => store) {
  const clock = new FakeClock();
  const memory = createMemoryStore({ clock, latencyMs: 4 });
  const counted = countCalls(wrap(memory));
  const store = new EventStore(counted, { clock, random: seededRandom(0) });
  const pause = (ms: number): Promise<void> => new Promise((resolve) => clock.startTimer(resolve, ms));
  let isOver = false;
  const waits: number[] = [];
  const others = Array.from({ length: writers }, async (_, writer) => {
    const other = new EventStore(countCalls(memory), { clock, random: seededRandom(writer + 1) });
    for (let count = 0; !isOver; count += 1) {
      const since = clock.monotonic();
      await other.append('s', [{ type: 'Small', data: [writer, count] }]);
      waits.push(clock.monotonic() - since);
      await pause(1);
    }
  });
  const stop = async (): Promise<void> => {
    isOver = true;
    await Promise.all(others);
  };
  return { clock, counted, store, pause, waits, stop };
}

describe('a large commit on a stream that is never quiet', () => {
  it.each([1, 3])('comes to its turn in a few calls, with %i others that go on', async (writers) => {
    const { clock, counted, store, pause, waits, stop } = openBusy(writers);
    await clock.run(pause(200));
    const before = waits.length;
    counted.reset();
    const { version } = await clock.run(store.append('s', large));
    expect(counted.calls.total).toBeLessThan(60);
    await clock.run(pause(200));
    await clock.run(stop());
    expect(waits.length).toBeGreaterThan(before + 10);
    expect(Math.max(...waits)).toBeLessThan(500);
    const events = await clock.run(store.getEvents('s'));
    expect(events.map((event) => event.version)).toEqual(events.map((_, at) => at + 1));
    expect(events[version - 1]).toMatchObject({ type: 'Large' });
    for (let writer = 0; writer < writers; writer += 1) {
      const own = events.filter(({ data }) => data[0] === writer);
      expect(own.map(({ data }) => data[1])).toEqual(own.map((_, at) => at));
    }
  });

  it('comes to its turn beside others of its own process', async () => {
    const { clock, counted, store, pause } = openBusy(0);
    let isOver = false;
    const others = (async () => {
      while (!isOver) await store.append('s', 'Small', 1);
    })();
    await clock.run(pause(100));
    counted.reset();
    await clock.run(store.append('s', large));
    expect(counted.calls.total).toBeLessThan(60);
    isOver = true;
    await clock.run(others);
  });

  it('holds nobody up for more than a second when its process dies on the way', async () => {
    let isDead = false;
    const dying = (store: KvStore): KvStore => ({
      ...store,
      async put(key, value, options) {
        if (isDead) return new Promise(() => {});
        const version = await store.put(key, value, options);
        isDead = isHead(key);
        return version;
      },
    });
    const { clock, store, pause, waits, stop } = openBusy(1, dying);
    await clock.run(pause(100));
    store.append('s', large).catch(() => {});
    await clock.run(pause(3_000));
    expect(isDead).toBe(true);
    const longest = Math.max(...waits);
    expect(longest).toBeGreaterThan(900);
    expect(longest).toBeLessThan(1_200);
    const count = waits.length;
    await clock.run(pause(100));
    expect(waits.length).toBeGreaterThan(count + 5);
    await clock.run(stop());
  });

  it('that could not ask to go first has appended nothing, and says so', async () => {
    let isAway = false;
    const away = async (): Promise<never> => {
      throw new UnavailableError('away', { retryable: false });
    };
    const failing = (store: KvStore): KvStore => ({
      ...store,
      get: (...args) => (isAway ? away() : store.get(...args)),
      find: (key, options) => (isAway ? away() : find(store, key, options)),
      async put(key, value, options) {
        const version = await (isAway ? away() : store.put(key, value, options));
        isAway = isHead(key);
        return isAway ? away() : version;
      },
    });
    const { clock, store, pause, stop } = openBusy(2, failing);
    await clock.run(pause(100));
    const error = await clock.run(store.append('s', large).catch((caught: unknown) => caught));
    expect(error).toMatchObject({ code: 'UNAVAILABLE', outcome: 'not-applied' });
    expect(error).toMatchObject({ cause: { code: 'OUTCOME_UNKNOWN' } });
    isAway = false;
    await clock.run(stop());
    expect((await clock.run(store.getEvents('s'))).some(({ type }) => type === 'Large')).toBe(false);
  });
});
