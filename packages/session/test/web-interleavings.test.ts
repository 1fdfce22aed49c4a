import { bytesToString, type KvStore } from '@norikv/store';
import { seededRandom } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { type WebSession, WebSessions } from '../src/web-sessions.js';
import { startProcesses, times } from './processes.js';

interface Stored extends WebSession {
  readonly userId?: string;
}

const schedules = 5_000 * Number(process.env.NORIKV_TEST_LOAD ?? 1);
const rates = {
  'lost-request': 0.04,
  'lost-reply': 0.05,
  'delayed-delivery': 0.05,
  'duplicated-delivery': 0.05,
};
const session: Stored = { cookie: {}, userId: 'alice' };

/** Whether a session opens a door after somebody was told that it is over; undefined if nobody was. */
async function play(seed: number, wrap?: (store: KvStore) => KvStore): Promise<boolean | undefined> {
  const random = seededRandom(seed);
  const { clock, all } = startProcesses(3, {
    seed,
    rates,
    latencyMs: 1,
    deadlineMs: 2_000,
    ...(wrap && { wrap }),
  });
  const sites = all.map(({ faulty, sessions }) => ({
    manager: sessions,
    web: new WebSessions<Stored>(
      faulty,
      { clock, random, deadlineMs: 2_000, userIdOf: ({ userId }) => userId },
      'test',
    ),
  }));
  const wait = (): Promise<void> =>
    new Promise((resolve) => {
      clock.startTimer(resolve, Math.floor(random() * 10));
    });
  const [{ web: first }] = sites as [(typeof sites)[0]];
  if (await clock.run(first.save('sid', session, false).catch((error: unknown) => error))) return undefined;
  let isOver = false;

  const request = async ({ web, manager }: (typeof sites)[0]): Promise<void> => {
    await wait();
    const kind = random();
    if (kind < 0.15) {
      await web.end('sid');
      isOver = true;
    } else if (kind < 0.3) {
      await manager.revokeAll('alice');
      isOver = true;
    } else {
      const loaded = await web.find('sid');
      await wait();
      if (!loaded) return;
      // express-session knows whether it loaded what it saves; @fastify/session does not.
      if (kind < 0.9) await web.save('sid', session, random() < 0.5);
      else await web.touch('sid', session, undefined);
    }
  };
  const requests = times(6, (number) => request(sites[number % 3] as (typeof sites)[0]).catch(() => {}));
  await clock.run(Promise.all(requests));
  for (const { faulty } of all) faulty.faults.stop();
  await clock.advance(10_000);
  const isOpen = (await clock.run(first.find('sid'))) !== undefined;
  return isOver ? isOpen : undefined;
}

async function playAll(
  count: number,
  wrap?: (store: KvStore) => KvStore,
): Promise<{ readonly resurrected: number; readonly ended: number }> {
  let resurrected = 0;
  let ended = 0;
  for (let seed = 0; seed < count; seed += 1) {
    const verdict = await play(seed, wrap);
    if (verdict !== undefined) ended += 1;
    if (verdict) resurrected += 1;
    if (wrap && verdict) break;
  }
  return { resurrected, ended };
}

describe('where requests that hold a session race with its end', () => {
  it('none of them saves it back', { timeout: 1_800_000 }, async () => {
    const { resurrected, ended } = await playAll(schedules);
    expect(resurrected).toBe(0);
    expect(ended).toBeGreaterThan(schedules / 3);
  });

  it('the schedules notice a store that deletes where it should keep a tombstone', async () => {
    const wrap = (store: KvStore): KvStore => ({
      capabilities: store.capabilities,
      get: (key, options) => store.get(key, options),
      delete: (key, options) => store.delete(key, options),
      async put(key, value, options) {
        const version = await store.put(key, value, options);
        if (bytesToString(value as Uint8Array).includes('"kind":"ended"')) await store.delete(key);
        return version;
      },
    });
    expect((await playAll(1_000, wrap)).resurrected).toBeGreaterThan(0);
  });
});
