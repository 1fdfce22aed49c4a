import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../src/feed/ledger.js';
import { EventConsumer, EventFeed, type EventFeedOptions, EventStore } from '../src/index.js';

const encoder = new TextEncoder();
const nameOf = (number: number): string => `https://shop.example/orders/${'0'.repeat(200)}${number}`;

/** A store in whose ledger some 30 streams have room. */
const openSmall = () => createMemoryStore({ capabilities: { maxValueBytes: 16 * 1_024 } });

/** One process, for which no stream is ever quiet. */
function processOn(client: ReturnType<typeof openSmall>, options: EventFeedOptions = {}) {
  const feed = new EventFeed(client, { quietMs: 3_600_000, ...options });
  return { feed, store: new EventStore(client, { feed, operationWindow: 16 }) };
}

async function namesIn(client: ReturnType<typeof openSmall>): Promise<string[]> {
  return (await new Ledger(client, 'events', {}).entries(0)).map(([name]) => name);
}

async function publishedIn(feed: EventFeed): Promise<Set<string>> {
  const items = await feed.after(0, 0, 10_000);
  return new Set(items.map(({ pointer: [name, , to] }) => `${name}:${to}`));
}

describe('a full ledger', () => {
  it.each([true, false])('refuses no append, and loses nothing (publishSoon %s)', async (publishSoon) => {
    const client = openSmall();
    const { feed, store } = processOn(client, { publishSoon });
    const names = Array.from({ length: 150 }, (_, number) => nameOf(number));
    for (const version of [1, 2]) {
      await Promise.all(names.map((name) => store.append(name, 'T', version)));
      expect((await client.get('events:d:0')).value.length).toBeLessThan(9 * 1_024);
    }
    await feed.flush();
    await feed.sweep();
    const published = await publishedIn(feed);
    for (const name of names) expect(published).toContain(`${name}:2`);
  });

  it('has a stream enter anew that it has put out before its event was committed', async () => {
    const client = openSmall();
    const crowd = processOn(client, { publishSoon: false });
    let isFirst = true;
    const slow: typeof client = {
      ...client,
      async put(key, value, options) {
        if (isFirst && key === 'events:h:late') {
          isFirst = false;
          expect(await namesIn(client)).toContain('late');
          for (let number = 0; number < 40; number += 1) await crowd.store.append(nameOf(number), 'T', 1);
          expect(await namesIn(client)).not.toContain('late');
        }
        return client.put(key, value, options);
      },
    };
    await processOn(slow, { publishSoon: false }).store.append('late', 'T', 1);
    expect(await namesIn(client)).toContain('late');
    await crowd.feed.sweep();
    expect(await publishedIn(crowd.feed)).toContain('late:1');
  });

  it('that processes have left behind that died is no hindrance for the next one', async () => {
    const client = openSmall();
    for (let number = 0; number < 60; number += 1) {
      await processOn(client, { publishSoon: false }).store.append(nameOf(number), 'T', 1);
    }
    const { feed } = processOn(client);
    await feed.sweep();
    expect((await publishedIn(feed)).size).toBe(60);
  });

  it('is swept once, however many find it crowded', async () => {
    const memory = openSmall();
    let looks = 0;
    const client: typeof memory = {
      ...memory,
      async find(key, options) {
        if (key === 'events:d:0') looks += 1;
        return memory.find(key, options);
      },
    };
    const { feed, store } = processOn(client, { publishSoon: false });
    await Promise.all(Array.from({ length: 25 }, (_, number) => store.append(nameOf(number), 'T', 1)));
    await feed.flush();
    // One to enter, one for the sweep.
    expect(looks).toBe(2);
    expect((await publishedIn(feed)).size).toBeGreaterThan(0);
  });

  it('with a damaged stream takes others in, which sweeps publish, and tells of the damage', async () => {
    const client = openSmall();
    const { feed, store } = processOn(client);
    await store.append(nameOf(0), 'T', 1);
    await feed.flush();
    await client.put(`events:h:${nameOf(0)}`, encoder.encode('junk'));
    for (let number = 1; number < 100; number += 1) await store.append(nameOf(number), 'T', 1);
    await feed.flush();
    const damage = { code: 'CORRUPT_RECORD', key: `events:h:${nameOf(0)}` };
    await expect(feed.sweep()).rejects.toMatchObject(damage);
    expect((await publishedIn(feed)).size).toBe(100);
    await expect(new EventFeed(client, { quietMs: 0 }).sweep()).rejects.toMatchObject(damage);
    expect(await namesIn(client)).toEqual([nameOf(0)]);
  });

  it('takes others in though the streams that entered first are all damaged', async () => {
    const client = openSmall();
    const ledger = new Ledger(client, 'events', {});
    const damaged = Array.from({ length: 12 }, (_, number) => nameOf(number));
    for (const name of damaged) {
      await ledger.enter(0, name);
      await client.put(`events:h:${name}`, encoder.encode('junk'));
    }
    const { feed, store } = processOn(client);
    for (let number = 12; number < 100; number += 1) await store.append(nameOf(number), 'T', 1);
    await feed.flush();
    expect((await publishedIn(feed)).size).toBe(88);
    expect(await namesIn(client)).toEqual(expect.arrayContaining(damaged));
  });

  it('of damaged streams alone names one of them', async () => {
    const client = openSmall();
    const ledger = new Ledger(client, 'events', {});
    for (let number = 0; (await ledger.enter(0, nameOf(number))) !== undefined; number += 1) {
      await client.put(`events:h:${nameOf(number)}`, encoder.encode('junk'));
    }
    const append = processOn(client).store.append(nameOf(99), 'T', 1);
    const key = expect.stringMatching(/^events:h:https:/);
    await expect(append).rejects.toMatchObject({ code: 'CORRUPT_RECORD', key });
  });
});

describe('a quiet stream', () => {
  it('leaves the ledger, however shortly the processes run that write and sweep', async () => {
    const clock = new FakeClock();
    const client = createMemoryStore({ clock });
    for (let run = 0; run < 5; run += 1) {
      const feed = new EventFeed(client, { clock });
      const store = new EventStore(client, { clock, feed });
      const consumer = new EventConsumer(feed, store, { group: 'g', handle: () => {}, clock });
      await clock.run(store.append(`order-${run}`, 'T', 1));
      await clock.run(consumer.start());
      await clock.run(consumer.caughtUp());
      await clock.run(consumer.stop());
      expect(await clock.run(namesIn(client))).toEqual([`order-${run}`]);
      await clock.advance(60_000);
    }
  });

  it('is one that was not written lately, though it was entered long ago', async () => {
    const clock = new FakeClock();
    const client = createMemoryStore({ clock });
    const store = new EventStore(client, { clock, feed: new EventFeed(client, { clock }) });
    await clock.run(store.append('busy', 'T', 1));
    await clock.advance(60_000);
    await clock.run(store.append('busy', 'T', 2));
    const sweep = (): Promise<void> => clock.run(new EventFeed(client, { clock }).sweep());
    await sweep();
    expect(await clock.run(namesIn(client))).toEqual(['busy']);
    await clock.advance(1_000);
    await sweep();
    expect(await clock.run(namesIn(client))).toEqual([]);
  });

  it('is none that has entered lately, though it has no event yet', async () => {
    const clock = new FakeClock();
    const client = createMemoryStore({ clock });
    await clock.run(new Ledger(client, 'events', { clock }).enter(0, 'coming'));
    await clock.run(new EventFeed(client, { clock }).sweep());
    expect(await clock.run(namesIn(client))).toEqual(['coming']);
  });
});
