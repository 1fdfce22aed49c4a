import { delay } from '@norikv/cas-retry';
import { type KvStore, UnavailableError } from '@norikv/store';
import { FakeClock, withFaults } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { type SessionEvent, SessionManager } from '../src/index.js';
import { memoryStore } from './engines.js';
import { startProcesses } from './processes.js';
import { minute } from './world.js';

const alice = ['a@example.com', ['user']] as [string, string[]];

describe('a reply that is lost', () => {
  it('to a sign-in leaves one session, and it works', async () => {
    const store = withFaults(memoryStore());
    const sessions = new SessionManager(store);
    store.faults.next('put', 'lost-reply', 'lost-reply');
    const id = await sessions.create('alice', ...alice);
    expect(await sessions.validate(id)).toBe(true);
    expect(await sessions.list('alice')).toHaveLength(1);
  });

  it('to a log-out is found out', async () => {
    const store = withFaults(memoryStore());
    const sessions = new SessionManager(store);
    const id = await sessions.create('alice', ...alice);
    store.faults.next('put', 'lost-reply');
    expect(await sessions.destroy(id)).toBe(true);
    expect(await sessions.validate(id)).toBe(false);
  });

  it('to a change is found out, and the change is made once', async () => {
    const store = withFaults(memoryStore());
    const sessions = new SessionManager<{ readonly n: number }>(store);
    const id = await sessions.create('alice', { n: 0 });
    store.faults.next('put', 'lost-reply');
    expect(await sessions.update(id, ({ n }) => ({ n: n + 1 }))).toBe(true);
    expect((await sessions.get(id))?.n).toBe(1);
  });

  it('about ending all sessions: repeated where it cannot be found out', async () => {
    const memory = memoryStore();
    const sessions = new SessionManager(memory);
    const id = await sessions.create('alice', ...alice);
    const put = memory.put.bind(memory);
    let isFirst = true;
    Object.assign(memory, {
      async put(...[key, value, options]: Parameters<typeof put>) {
        const version = await put(key, value, options);
        if (!isFirst) return version;
        isFirst = false;
        // Something that keeps no marks writes the same state at once: nobody can tell what came of the write.
        const text = new TextDecoder().decode(value as Uint8Array);
        await put(key, text.slice(text.indexOf('\n') + 1), { ttlMs: minute });
        throw new UnavailableError('lost');
      },
    });
    await sessions.revokeAll('alice');
    expect(isFirst).toBe(false);
    expect(await sessions.validate(id)).toBe(false);
  });

  it('about ending all sessions: repeated within one deadline, after which it is as unknown as before', async () => {
    const clock = new FakeClock();
    const memory = memoryStore({ clock });
    const slow = withFaults(memory, { clock, latencyMs: 150 });
    const sessions = new SessionManager(slow, 30 * minute, { clock, deadlineMs: 1_000 });
    let writes = 0;
    Object.assign(slow, {
      async put(key: string) {
        await delay(150, undefined, clock);
        writes += 1;
        // Something that keeps no marks writes each time: nobody can tell what came of the write.
        await memory.put(key, JSON.stringify({ generation: writes, sessions: [] }));
        throw new UnavailableError('lost');
      },
    });
    const startedAt = clock.monotonic();
    const ending = clock.run(sessions.revokeAll('alice'));
    await expect(ending).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', outcome: 'unknown' });
    expect(writes).toBeGreaterThan(1);
    expect(clock.monotonic() - startedAt).toBeLessThanOrEqual(1_000);
  });
});

describe('upkeep that fails', () => {
  async function world() {
    const events: SessionEvent[] = [];
    const { clock, all } = startProcesses(1, {
      ttlMs: 30 * minute,
      deadlineMs: 1_000,
      maxSessions: 1,
      onEvent: (event) => events.push(event),
    });
    const [{ sessions, faulty }] = all;
    const id = await sessions.create('alice', ...alice);
    const failures = (): number => events.filter(({ kind }) => kind === 'upkeep-failed').length;
    return { clock, sessions, faulty, id, failures };
  }

  it('does not keep a session from being read', async () => {
    const { clock, sessions, faulty, id, failures } = await world();
    await clock.advance(10 * minute);
    const put = faulty.put.bind(faulty);
    Object.assign(faulty, { put: () => Promise.reject(new UnavailableError('down', { retryable: false })) });
    expect(await clock.run(sessions.get(id))).not.toBeNull();
    await clock.advance(2_000);
    expect(failures()).toBe(1);
    Object.assign(faulty, { put });
  });

  it('does not keep a log-out from being one', async () => {
    const { clock, sessions, faulty, id, failures } = await world();
    const put = faulty.put.bind(faulty);
    Object.assign(faulty, {
      put: (...args: Parameters<typeof put>) =>
        String(args[0]).includes(':user:') ? Promise.reject(new UnavailableError('down')) : put(...args),
    });
    expect(await clock.run(sessions.destroy(id))).toBe(true);
    expect(failures()).toBe(1);
    Object.assign(faulty, { put });
    expect(await clock.run(sessions.validate(id))).toBe(false);
    expect(await clock.run(sessions.list('alice'))).toEqual([]);
  });

  it('does not undo a sign-in that the oldest session was to make room for, and may have', async () => {
    const { clock, sessions, faulty, failures } = await world();
    const put = faulty.put.bind(faulty);
    let puts = 0;
    Object.assign(faulty, {
      put: (...args: Parameters<typeof put>) => {
        puts += 1;
        return puts > 2 ? Promise.reject(new UnavailableError('down')) : put(...args);
      },
    });
    const newest = await clock.run(sessions.create('alice', ...alice));
    expect(failures()).toBe(1);
    Object.assign(faulty, { put });
    expect(await clock.run(sessions.validate(newest))).toBe(true);
    await clock.run(sessions.create('alice', ...alice));
    expect(await clock.run(sessions.list('alice'))).toHaveLength(1);
  });

  it('does not keep sessions of a user from being over', async () => {
    const { clock, sessions, faulty, id, failures } = await world();
    const put = faulty.put.bind(faulty);
    Object.assign(faulty, {
      put: (...args: Parameters<typeof put>) =>
        String(args[0]).includes(':id:') ? Promise.reject(new UnavailableError('down')) : put(...args),
    });
    expect(await clock.run(sessions.revokeAll('alice'))).toBe(1);
    expect(failures()).toBe(1);
    Object.assign(faulty, { put });
    expect(await clock.run(sessions.get(id))).toBeNull();
    expect(await clock.run(sessions.update(id, (data) => data))).toBe(false);
    expect(await clock.run(sessions.destroy(id))).toBe(false);
  });
});

describe('a new id that cannot be finished', () => {
  it('throws, and leaves nobody with more than the old session', async () => {
    const { clock, all } = startProcesses(1, { deadlineMs: 1_000 });
    const [{ sessions, faulty }] = all;
    const id = await sessions.create('alice', ...alice);
    const put = faulty.put.bind(faulty);
    let puts = 0;
    Object.assign(faulty, {
      put: (...args: Parameters<typeof put>) => {
        puts += 1;
        return puts === 3
          ? Promise.reject(new UnavailableError('down', { outcome: 'not-applied', retryable: false }))
          : put(...args);
      },
    });
    await expect(clock.run(sessions.regenerate(id))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await sessions.validate(id)).toBe(true);
    expect(await sessions.list('alice')).toHaveLength(1);
  });
});

it('no timer is left behind', async () => {
  const { clock, all } = startProcesses(1);
  const [{ sessions }] = all;
  const id = await sessions.create('alice', ...alice);
  await sessions.get(id);
  await sessions.regenerate(id);
  await sessions.revokeAll('alice');
  expect(clock.pendingTimers).toBe(0);
});

describe('a process that dies while it gives a session a new id', () => {
  it('leaves no session behind that a log-out does not end', async () => {
    const events: SessionEvent[] = [];
    const memory = memoryStore();
    let writesLeft = 0;
    const dying: KvStore = {
      capabilities: memory.capabilities,
      get: (...args) => memory.get(...args),
      delete: (...args) => memory.delete(...args),
      async put(...args) {
        writesLeft -= 1;
        if (writesLeft < 0) throw new UnavailableError('dead', { retryable: false, outcome: 'not-applied' });
        return memory.put(...args);
      },
    };
    const others = new SessionManager(memory, minute, { onEvent: (event) => events.push(event) });
    for (const end of [(id: string) => others.destroy(id), () => others.revokeAll('alice')]) {
      const id = await others.create('alice', ...alice);
      writesLeft = 2;
      await expect(new SessionManager(dying).regenerate(id)).rejects.toThrow('dead');
      expect(await others.list('alice')).toHaveLength(1);
      expect(Number(await end(id))).toBe(1);
      expect(await others.list('alice')).toEqual([]);
      expect(await others.revokeAll('alice')).toBe(0);
    }
    expect(events.filter(({ kind }) => kind === 'ended')).toHaveLength(2);
  });
});
