import type { KvStore } from '@norikv/store';
import { FakeClock, seededRandom, withFaults } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { type SessionEvent, SessionManager } from '../src/index.js';
import { type WebSession, WebSessions } from '../src/web-sessions.js';
import { memoryStore } from './engines.js';
import { startProcesses } from './processes.js';
import { hour, minute } from './world.js';

const alice = ['a@example.com', [] as string[]] as const;

describe('a session that changes while its id does', () => {
  it('loses no change, also with an overlap', async () => {
    for (let seed = 0; seed < 40; seed += 1) {
      const random = seededRandom(seed);
      const clock = new FakeClock();
      const memory = memoryStore({ clock });
      const start = (latencyMs: number) =>
        new SessionManager<{ readonly n: number }>(withFaults(memory, { clock, random, latencyMs }), hour, {
          clock,
          random,
          deadlineMs: minute,
        });
      const [slow, fast] = [start(40), start(1)];
      const id = await clock.run(fast.create('alice', { n: 0 }));
      let acknowledged = 0;
      const update = async (): Promise<void> => {
        for (let count = 0; count < 12; count += 1) {
          await new Promise<void>((resolve) => {
            clock.startTimer(resolve, 10 + random() * 60);
          });
          if (await fast.update(id, ({ n }) => ({ n: n + 1 }))) acknowledged += 1;
        }
      };
      const [newId] = await clock.run(Promise.all([slow.regenerate(id, { overlapMs: 5_000 }), update()]));
      expect((await clock.run(fast.get(newId)))?.n).toBe(acknowledged);
      expect(acknowledged).toBe(12);
    }
  });

  it('all the time keeps its id', async () => {
    const { clock, memory, all } = startProcesses(1);
    const [{ sessions: others }] = all;
    const id = await others.create('alice', ...alice);
    let puts = 0;
    const busy: KvStore = {
      capabilities: memory.capabilities,
      get: (...args) => memory.get(...args),
      delete: (...args) => memory.delete(...args),
      async put(...args) {
        const version = await memory.put(...args);
        puts += 1;
        if (puts > 1) {
          await clock.advance(400);
          await others.update(id, (data) => ({ ...data, roles: [...data.roles, 'more'] }));
        }
        return version;
      },
    };
    const sessions = new SessionManager(busy, hour, { clock, deadlineMs: 1_000 });
    await expect(sessions.regenerate(id)).rejects.toMatchObject({ code: 'CONTENTION' });
    expect(await others.validate(id)).toBe(true);
    expect(await others.list('alice')).toHaveLength(1);
  });

  it('gets no new id whose own record has ended', async () => {
    const { clock, memory, all } = startProcesses(1);
    const [{ sessions: others }] = all;
    const id = await others.create('alice', ...alice);
    const keys: string[] = [];
    const store: KvStore = {
      capabilities: memory.capabilities,
      get: (...args) => memory.get(...args),
      delete: (...args) => memory.delete(...args),
      async put(...args) {
        const version = await memory.put(...args);
        keys.push(String(args[0]));
        if (keys.length === 2) {
          await others.update(id, (data) => ({ ...data, roles: ['changed'] }));
          await memory.put(args[0], '{"kind":"ended","endedAt":1}');
        }
        return version;
      },
    };
    const sessions = new SessionManager(store, hour, { clock });
    expect(await sessions.regenerate(id)).toBeNull();
    expect(keys[1]).toMatch(/:id:/);
  });
});

describe('new ids at once, where a user has as many sessions as may be', () => {
  it.each(['evict-oldest', 'refuse'] as const)('end no session (%s)', async (whenFull) => {
    for (const maxSessions of [1, 2]) {
      const sessions = new SessionManager(memoryStore(), hour, { maxSessions, whenFull });
      const others = [];
      for (let count = 1; count < maxSessions; count += 1) {
        others.push(await sessions.create('alice', ...alice));
      }
      const id = await sessions.create('alice', ...alice);
      const given = await Promise.all([sessions.regenerate(id), sessions.regenerate(id)]);
      const ids = [...others, ...given.filter((newId) => newId !== null)];
      expect(await Promise.all(ids.map((one) => sessions.validate(one)))).toEqual(ids.map(() => true));
      expect(await sessions.list('alice')).toHaveLength(maxSessions);
    }
  });
});

describe('a sign-in that fails', () => {
  it.each(['evict-oldest', 'refuse'] as const)('takes no room and ends nothing (%s)', async (whenFull) => {
    const clock = new FakeClock();
    let isDown = false;
    const store = withFaults(memoryStore({ clock }), {
      clock,
      decide: ({ operation, key }) =>
        isDown && operation === 'put' && String(key).includes(':id:') ? 'lost-request' : undefined,
    });
    const sessions = new SessionManager(store, hour, { clock, maxSessions: 2, whenFull, deadlineMs: 1_000 });
    const id = await clock.run(sessions.create('alice', ...alice));
    isDown = true;
    for (let count = 0; count < 3; count += 1) {
      await expect(clock.run(sessions.create('alice', ...alice))).rejects.toThrow();
    }
    isDown = false;
    const next = await clock.run(sessions.create('alice', ...alice));
    expect(await sessions.validate(id)).toBe(true);
    expect(await sessions.validate(next)).toBe(true);
  });
});

describe('a look while writes fail', () => {
  it('waits for them a moment only, and writes one use at a time', async () => {
    const clock = new FakeClock();
    const events: SessionEvent[] = [];
    let isDown = false;
    const store = withFaults(memoryStore({ clock }), {
      clock,
      decide: ({ operation }) => (isDown && operation === 'put' ? 'lost-request' : undefined),
    });
    const sessions = new SessionManager(store, 100_000, { clock, onEvent: (event) => events.push(event) });
    const id = await sessions.create('alice', ...alice);
    await clock.advance(11_000);
    isDown = true;
    const startedAt = clock.monotonic();
    expect(await clock.run(sessions.get(id))).not.toBeNull();
    expect(await clock.run(sessions.get(id))).not.toBeNull();
    expect(clock.monotonic() - startedAt).toBeLessThanOrEqual(200);
    await clock.advance(10_000);
    expect(events.filter(({ kind }) => kind === 'upkeep-failed')).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
    isDown = false;
    await sessions.get(id);
    await clock.advance(95_000);
    expect(await sessions.validate(id)).toBe(true);
  });
});

describe('a session of a web framework', () => {
  const cookie = { originalMaxAge: null, expires: null };

  it('that was known here does not come back when its tombstone is gone', async () => {
    const clock = new FakeClock();
    const memory = memoryStore({ clock });
    const options = { clock, ttlMs: minute };
    const saver = new WebSessions(memory, options, 'test');
    const reader = new WebSessions(memory, options, 'test');
    await saver.save('sid', { cookie }, false);
    expect(await reader.find('sid')).toBeDefined();
    await new WebSessions(memory, options, 'test').end('sid');
    await clock.advance(5 * minute + 1);
    for (const sessions of [saver, reader]) await sessions.save('sid', { cookie }, false);
    expect(await reader.find('sid')).toBeUndefined();
  });

  it.each([42, null, '', 'x'.repeat(257), '\ud800', {}, true])(
    'whose user is %o is refused, and nothing is saved',
    async (userId) => {
      const userIdOf = (): string => userId as string;
      const sessions = new WebSessions<WebSession>(memoryStore(), { userIdOf }, 'test');
      await expect(sessions.save('sid', { cookie }, false)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('userId is'),
      });
      expect(await sessions.find('sid')).toBeUndefined();
    },
  );
});
