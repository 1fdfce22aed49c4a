import { type KvStore, UnavailableError } from '@norikv/store';
import { createMemoryStore, FakeClock, withFaults } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { type ConsumerOptions, EventConsumer, EventFeed, EventStore, Projection } from '../src/index.js';
import { holding } from './holding.js';

const soon = { pollMs: 1, maxPollMs: 5, sweepMs: 20 };

/** One process, whose consumers fail at even versions until they are mended. */
class Bench {
  readonly store: EventStore;
  readonly feed: EventFeed;
  readonly handled: string[] = [];
  isMended: boolean;

  constructor(client: KvStore, isMended = false) {
    this.feed = new EventFeed(client);
    this.store = new EventStore(client, { feed: this.feed });
    this.isMended = isMended;
  }

  consumer(options: Partial<ConsumerOptions> = {}): EventConsumer {
    const handle: ConsumerOptions['handle'] = ({ aggregateId, version }) => {
      if (version % 2 === 0 && !this.isMended) throw new Error(`bad ${version}`);
      this.handled.push(`${aggregateId}:${version}`);
    };
    return new EventConsumer(this.feed, this.store, {
      ...{ group: 'g', onError: 'park', handle, ...soon },
      ...options,
    });
  }

  /** Appends events to a stream, and parks the even ones. */
  async park(aggregateId: string, count = 2): Promise<void> {
    for (let number = 1; number <= count; number += 1) await this.store.append(aggregateId, 'T', number);
    await this.consume();
  }

  async consume(options: Partial<ConsumerOptions> = {}): Promise<void> {
    await using consumer = this.consumer(options);
    await consumer.start();
    await consumer.caughtUp();
  }
}

/** What is parked, and how often it has failed. */
async function listed(consumer: EventConsumer): Promise<string[]> {
  const parked = await consumer.parked();
  return parked.map(({ aggregateId, version, attempts }) => `${aggregateId}:${version} (${attempts})`);
}

async function idsOf(consumer: EventConsumer): Promise<string[]> {
  return (await consumer.parked()).map(({ id }) => id);
}

/** A gate, and a promise that somebody stands before it. */
function newGate() {
  let open = (): void => {};
  let notice = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    notice = resolve;
  });
  const pass = (): Promise<void> => {
    notice();
    return opened;
  };
  return { pass, reached, open };
}

describe('a parked event', () => {
  it('is listed with its reason, attempts and time', async () => {
    const clock = new FakeClock();
    const client = createMemoryStore({ clock });
    const feed = new EventFeed(client, { clock });
    const store = new EventStore(client, { clock, feed });
    const handle = (): never => {
      throw new Error('bad event');
    };
    const consumer = new EventConsumer(feed, store, { group: 'g', onError: 'park', handle, clock });
    await clock.run(() => store.append('a', 'T', 1));
    await clock.run(() => consumer.start());
    await clock.run(() => consumer.caughtUp());
    await clock.run(() => consumer.stop());
    const parkedAt = clock.now();
    await clock.advance(60_000);
    const later = new EventConsumer(feed, store, { group: 'g', handle, clock });
    const parked = { aggregateId: 'a', version: 1, error: 'Error: bad event', parkedAt };
    const listed = (): Promise<unknown> => clock.run(() => later.parked());
    expect(await listed()).toEqual([{ id: expect.any(String), attempts: 1, ...parked }]);
    await clock.run(() => later.retryAllParked());
    expect(await listed()).toEqual([{ id: expect.any(String), attempts: 2, ...parked }]);
  });

  it('is handled again on demand, by a consumer that is started or not, and is then no longer parked', async () => {
    const bench = new Bench(createMemoryStore());
    await bench.park('a', 4);
    await using consumer = bench.consumer();
    const [first = '', second = ''] = await idsOf(consumer);
    const failed = { id: first, outcome: 'failed', error: new Error('bad 2') };
    expect(await consumer.retryParked(first)).toEqual(failed);
    expect(await listed(consumer)).toEqual(['a:2 (2)', 'a:4 (1)']);
    bench.isMended = true;
    expect(await consumer.retryParked(first)).toEqual({ id: first, outcome: 'handled' });
    expect(await consumer.retryParked(first)).toEqual({ id: first, outcome: 'absent' });
    expect(await listed(consumer)).toEqual(['a:4 (1)']);
    await consumer.start();
    expect(await consumer.retryAllParked()).toEqual([{ id: second, outcome: 'handled' }]);
    expect(bench.handled).toEqual(['a:1', 'a:3', 'a:2', 'a:4']);
    expect(await consumer.parked()).toEqual([]);
  });

  it('is forgotten when it is dropped', async () => {
    const bench = new Bench(createMemoryStore());
    await bench.park('a', 4);
    const consumer = bench.consumer();
    const [first = ''] = await idsOf(consumer);
    expect(await consumer.dropParked(first)).toBe(true);
    expect(await consumer.dropParked(first)).toBe(false);
    expect(await listed(consumer)).toEqual(['a:4 (1)']);
  });

  it.each(['behind another that is retried', 'behind a new event'])(
    'is not handled when it was dropped while it waited: %s',
    async (where) => {
      const memory = createMemoryStore();
      const bench = new Bench(memory);
      await bench.park('a', 4);
      const gate = newGate();
      const handled: number[] = [];
      await using consumer = bench.consumer({
        async handle({ version }) {
          await gate.pass();
          handled.push(version);
        },
      });
      const [first = '', second = ''] = await idsOf(consumer);
      const isBehind = where === 'behind a new event';
      if (isBehind) {
        await bench.store.append('a', 'T', 5);
        await consumer.start();
        await gate.reached;
      }
      const retried = isBehind ? consumer.retryParked(second) : consumer.retryAllParked();
      await gate.reached;
      await new Promise((resolve) => setImmediate(resolve));
      expect(await bench.consumer().dropParked(second)).toBe(true);
      gate.open();
      const absent = { id: second, outcome: 'absent' };
      expect(await retried).toEqual(isBehind ? absent : [{ id: first, outcome: 'handled' }, absent]);
      expect(handled).toEqual([isBehind ? 5 : 2]);
    },
  );

  it('is named by its id alone', async () => {
    const bench = new Bench(createMemoryStore());
    await bench.park('a');
    const consumer = bench.consumer();
    const [event] = await consumer.parked();
    const refused = { code: 'INVALID_ARGUMENT', message: 'id is [object Object]; use a string' };
    await expect(consumer.retryParked(event as never)).rejects.toMatchObject(refused);
    await expect(consumer.dropParked(event as never)).rejects.toMatchObject(refused);
  });

  it('is handled though its stream was archived, and gone where that was cut off', async () => {
    const bench = new Bench(createMemoryStore());
    for (const name of ['archived', 'deleted', 'tombstoned', 'truncated']) await bench.park(name);
    await bench.store.archiveStream('archived');
    await bench.store.deleteStream('deleted');
    await bench.store.append('deleted', 'T', 3);
    await bench.store.tombstoneStream('tombstoned');
    await bench.store.append('truncated', 'T', 3);
    await bench.store.truncateStream('truncated', 3);
    bench.isMended = true;
    bench.handled.length = 0;
    const consumer = bench.consumer();
    const outcomes = (await consumer.retryAllParked()).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['handled', 'gone', 'gone', 'gone']);
    expect(bench.handled).toEqual(['archived:2']);
    expect(await consumer.parked()).toEqual([]);
  });

  it('that cannot be read stays, and holds up no other', async () => {
    const memory = createMemoryStore();
    const bench = new Bench(memory);
    for (const name of ['damaged', 'good']) await bench.park(name);
    await memory.put('events:h:damaged', 'foreign');
    const mended = new Bench({ ...memory }, true);
    const consumer = mended.consumer();
    expect(await consumer.retryAllParked()).toMatchObject([
      { outcome: 'failed', error: { code: 'CORRUPT_RECORD' } },
      { outcome: 'handled' },
    ]);
    expect(mended.handled).toEqual(['good:2']);
    expect(await listed(consumer)).toEqual(['damaged:2 (2)']);
  });

  it('stays as it is while the store is away', async () => {
    const memory = createMemoryStore();
    await new Bench(memory).park('a');
    const away: KvStore = {
      ...memory,
      async find(key, options) {
        if (String(key).startsWith('events:h:')) throw new UnavailableError('away');
        return memory.find(key, options);
      },
    };
    const consumer = new Bench(away, true).consumer();
    await expect(consumer.retryAllParked()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await listed(consumer)).toEqual(['a:2 (1)']);
  });

  it('is handled again after a crash between its being handled and its being taken out', async () => {
    const memory = createMemoryStore();
    await new Bench(memory).park('a');
    const dying = holding({ ...memory }, ':q:', 'calls');
    const retried = new Bench(dying.store).consumer({ handle: dying.hold }).retryAllParked();
    await dying.held;
    const next = new Bench({ ...memory }, true);
    expect(await next.consumer().retryAllParked()).toMatchObject([{ outcome: 'handled' }]);
    expect(next.handled).toEqual(['a:2']);
    dying.release();
    expect(await retried).toMatchObject([{ outcome: 'handled' }]);
    expect(await next.consumer().parked()).toEqual([]);
  });

  it('that comes again and fails again is parked once, under a new id', async () => {
    const memory = createMemoryStore();
    const bench = new Bench(memory);
    await bench.park('a');
    const consumer = bench.consumer();
    const [old = ''] = await idsOf(consumer);
    await bench.consume({ from: 'BEGINNING' });
    expect(await listed(consumer)).toEqual(['a:2 (2)']);
    expect(await consumer.retryParked(old)).toEqual({ id: old, outcome: 'absent' });
    expect(await consumer.dropParked(old)).toBe(false);
    expect(await listed(consumer)).toEqual(['a:2 (2)']);
  });

  it('that fails again elsewhere while it is handled stays', async () => {
    const memory = createMemoryStore();
    const bench = new Bench(memory);
    await bench.park('a');
    const gate = newGate();
    const slow = new Bench({ ...memory }).consumer({ handle: gate.pass });
    const retried = slow.retryAllParked();
    await gate.reached;
    await bench.consume({ from: 'BEGINNING' });
    gate.open();
    expect(await retried).toMatchObject([{ outcome: 'handled' }]);
    expect(await listed(slow)).toEqual(['a:2 (2)']);
  });

  it('that was taken out while it was handled again, and failed, is not put back', async () => {
    const memory = createMemoryStore();
    await new Bench(memory).park('a');
    const other = new Bench({ ...memory }, true).consumer();
    const slow = new Bench({ ...memory }).consumer({
      async handle() {
        await other.retryAllParked();
        throw new Error('too late');
      },
    });
    expect(await slow.retryAllParked()).toMatchObject([{ outcome: 'failed' }]);
    expect(await other.parked()).toEqual([]);
  });

  it('is not handled again while the consumer handles another of its partition', async () => {
    const bench = new Bench(createMemoryStore());
    await bench.park('a');
    await bench.store.append('a', 'T', 3);
    const gate = newGate();
    const steps: string[] = [];
    await using consumer = bench.consumer({
      async handle({ version }) {
        steps.push(`${version} begins`);
        if (version === 3) await gate.pass();
        steps.push(`${version} ends`);
      },
    });
    await consumer.start();
    await gate.reached;
    const retried = consumer.retryAllParked();
    await new Promise((resolve) => setImmediate(resolve));
    gate.open();
    await retried;
    expect(steps).toEqual(['3 begins', '3 ends', '2 begins', '2 ends']);
  });

  it('stays when the consumer is stopped before it was handled, and the stop waits for that', async () => {
    const bench = new Bench(createMemoryStore());
    await bench.park('a', 4);
    const gate = newGate();
    const steps: string[] = [];
    const consumer = bench.consumer({
      async handle(_event, { signal }) {
        await gate.pass();
        steps.push('handler ends');
        signal.throwIfAborted();
      },
    });
    const refusals = Promise.allSettled([consumer.retryAllParked(), consumer.retryAllParked()]);
    await gate.reached;
    const stopped = consumer.stop().then(() => steps.push('stopped'));
    await new Promise((resolve) => setImmediate(resolve));
    gate.open();
    const closed = { status: 'rejected', reason: { code: 'CLOSED' } };
    expect(await refusals).toMatchObject([closed, closed]);
    await stopped;
    expect(steps).toEqual(['handler ends', 'stopped']);
    await expect(consumer.retryParked('any')).rejects.toMatchObject({ code: 'CLOSED' });
    expect(await listed(consumer)).toEqual(['a:2 (1)', 'a:4 (1)']);
  });

  it('is not handled again by a consumer that was stopped while it handled another of its partition', async () => {
    const bench = new Bench(createMemoryStore());
    await bench.park('a');
    await bench.store.append('a', 'T', 3);
    const gate = newGate();
    const seen: number[] = [];
    const consumer = bench.consumer({
      handle({ version }) {
        seen.push(version);
        return gate.pass();
      },
    });
    await consumer.start();
    await gate.reached;
    const refused = expect(consumer.retryAllParked()).rejects.toMatchObject({ code: 'CLOSED' });
    await new Promise((resolve) => setImmediate(resolve));
    const stopped = consumer.stop();
    gate.open();
    await Promise.all([refused, stopped]);
    expect(seen).toEqual([3]);
    expect(await listed(consumer)).toEqual(['a:2 (1)']);
  });

  it('counts one attempt, however long the store is away after it was parked', async () => {
    const clock = new FakeClock();
    const faulty = withFaults(createMemoryStore({ clock }), { clock });
    let isFirst = true;
    const client: KvStore = {
      ...faulty,
      async put(key, value, options) {
        const version = await faulty.put(key, value, options);
        if (!isFirst || !String(key).startsWith('events:q:')) return version;
        isFirst = false;
        faulty.faults.outage(30_000);
        throw new UnavailableError('the reply was lost', { outcome: 'unknown' });
      },
    };
    const feed = new EventFeed(client, { clock });
    const store = new EventStore(client, { feed, clock });
    const handle = (): never => {
      throw new Error('bad event');
    };
    await clock.run(() => store.append('a', 'T', 1));
    const consumer = new EventConsumer(feed, store, { group: 'g', handle, onError: 'park', clock });
    await clock.run(() => consumer.start());
    for (let second = 0; second < 60; second += 1) await clock.advance(1_000);
    await clock.run(() => consumer.caughtUp());
    expect(await clock.run(() => listed(consumer))).toEqual(['a:1 (1)']);
    await clock.run(() => consumer.stop());
  });

  it('of a projection is listed, and put in by a rebuild', async () => {
    const { store, feed } = new Bench(createMemoryStore());
    let isMended = false;
    await using sum = new Projection<number>(feed, store, {
      ...{ name: 'sum', revision: '1', keyOf: () => 'all', initial: () => 0, onError: 'park', ...soon },
      evolve(total, { data }) {
        if (data === 2 && !isMended) throw new Error('bad event');
        return total + data;
      },
    });
    for (const number of [1, 2, 3]) await store.append('a', 'T', number);
    await sum.caughtUp();
    expect(await sum.get('all')).toBe(4);
    expect(await sum.parked()).toMatchObject([{ aggregateId: 'a', version: 2, error: 'Error: bad event' }]);
    isMended = true;
    await sum.rebuild();
    expect(await sum.get('all')).toBe(6);
    expect(await sum.parked()).toEqual([]);
  });

  it('of a projection is forgotten when it is dropped', async () => {
    const { store, feed } = new Bench(createMemoryStore());
    await using sum = new Projection<number>(feed, store, {
      ...{ name: 'sum', revision: '1', keyOf: () => 'all', initial: () => 0, onError: 'park', ...soon },
      evolve(total, { data }) {
        if (data === 2) throw new Error('bad event');
        return total + data;
      },
    });
    for (const number of [1, 2, 3]) await store.append('a', 'T', number);
    await sum.caughtUp();
    const [{ id = '' } = {}] = await sum.parked();
    expect(await sum.dropParked(id)).toBe(true);
    expect(await sum.dropParked(id)).toBe(false);
    expect(await sum.parked()).toEqual([]);
    expect(await sum.get('all')).toBe(4);
  });
});

describe('where no more can be parked', () => {
  it('the consumer stops, and its successor goes on with the event that failed', async () => {
    const bench = new Bench(createMemoryStore({ capabilities: { maxValueBytes: 2 ** 14 } }));
    for (let number = 1; number <= 100; number += 1) await bench.store.append('a', 'T', number);
    let message = 'x';
    const handle = (): never => {
      throw new Error(message);
    };
    const consumer = bench.consumer({ handle });
    await consumer.start();
    await expect(consumer.done()).rejects.toMatchObject({
      code: 'PARKING_FULL',
      cause: { message },
      message: expect.stringMatching(/"g" may park no more.*retry or drop.*or rebuild/),
    });
    const count = (await consumer.parked()).length;
    expect(count).toBeGreaterThan(40);
    expect(count).toBeLessThan(80);

    message = 'y'.repeat(2_000);
    const failing = bench.consumer({ handle });
    expect((await failing.retryAllParked()).every(({ outcome }) => outcome === 'failed')).toBe(true);
    const attempts = (await failing.parked()).map((parked) => parked.attempts);
    expect(attempts).toHaveLength(count);
    expect(attempts).toContain(1);

    bench.isMended = true;
    await using mended = bench.consumer();
    await mended.retryAllParked();
    await mended.start();
    await mended.caughtUp();
    expect(bench.handled).toEqual(Array.from({ length: 100 }, (_, place) => `a:${place + 1}`));
  });
});
