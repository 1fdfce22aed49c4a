import { bytesToString, find, type KvStore } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import { SessionManager } from '../src/index.js';
import { hashOf } from '../src/session-id.js';
import { WebSessions } from '../src/web-sessions.js';
import { type Processes, startProcesses } from './processes.js';
import { minute } from './world.js';

interface World extends Pick<Processes, 'clock' | 'memory'> {
  /** The store of the call. */
  readonly store: KvStore;
}

/** Two processes; in the first, something happens right after it has looked at a session and its user, or later. */
async function overtaken(
  call: (sessions: SessionManager, id: string, world: World) => Promise<unknown>,
  meanwhile: (others: SessionManager, id: string, world: World) => Promise<unknown>,
  latestLook = 2,
) {
  const { clock, memory, all } = startProcesses(2, { ttlMs: 30 * minute });
  const [{ sessions: others }] = all;
  const id = await others.create('alice', 'a@example.com', []);
  let looks = 0;
  const store: KvStore = {
    capabilities: memory.capabilities,
    put: (...args) => memory.put(...args),
    delete: (...args) => memory.delete(...args),
    async get(...args) {
      const entry = await memory.get(...args);
      looks += 1;
      if (looks === latestLook) await meanwhile(others, id, { memory, clock, store });
      return entry;
    },
  };
  await clock.advance(10 * minute);
  const sessions = new SessionManager(store, 30 * minute, { clock });
  const answer = await call(sessions, id, { memory, clock, store });
  expect(looks).toBeGreaterThanOrEqual(latestLook);
  const left = await find(memory, `session:id:${hashOf(id)}`);
  const stored = left ? bytesToString(left.value) : '';
  return { answer, stored, isOpen: await others.validate(id) };
}

describe('a log-out overtakes', () => {
  const logOut = (others: SessionManager, id: string): Promise<boolean> => others.destroy(id);

  it('a change, which then is none', async () => {
    let runs = 0;
    const change = (sessions: SessionManager, id: string): Promise<boolean> =>
      sessions.update(id, (session) => {
        runs += 1;
        return session;
      });
    const { answer, stored, isOpen } = await overtaken(change, logOut);
    expect([answer, isOpen, runs]).toEqual([false, false, 0]);
    expect(stored).toContain('"kind":"ended"');
  });

  it('the use of a session, which then is not written', async () => {
    const { stored, isOpen } = await overtaken((sessions, id) => sessions.get(id), logOut);
    expect(isOpen).toBe(false);
    expect(stored).toContain('"kind":"ended"');
  });

  it('a new id, which then is none', async () => {
    const { answer, stored, isOpen } = await overtaken((sessions, id) => sessions.regenerate(id), logOut);
    expect([answer, isOpen]).toEqual([null, false]);
    expect(stored).not.toContain('replacedBy');
  });
});

describe('the store, which removes a session that was idle, overtakes', () => {
  it('a new id, which then is none', async () => {
    const remove: Parameters<typeof overtaken>[1] = async (_, id, { memory }) => {
      await memory.delete(`session:id:${hashOf(id)}`);
    };
    const regenerate = (sessions: SessionManager, id: string): Promise<string | null> =>
      sessions.regenerate(id);
    const { answer, stored, isOpen } = await overtaken(regenerate, remove);
    expect([answer, stored, isOpen]).toEqual([null, '', false]);
  });
});

const signInAsBob: Parameters<typeof overtaken>[1] = (_, id, { memory, clock }) => {
  const cookie = { originalMaxAge: null, expires: null };
  return new WebSessions(memory, { clock, userIdOf: () => 'bob' }, 'test').save(id, { cookie }, true);
};

describe('somebody else who signs in under the same id overtakes', () => {
  it('a change, which then is none', async () => {
    const change = (sessions: SessionManager, id: string): Promise<boolean> =>
      sessions.update(id, ({ userId }) => ({ email: `${userId}@example.com`, roles: ['admin'] }));
    const { answer, stored, isOpen } = await overtaken(change, signInAsBob);
    expect([answer, isOpen]).toEqual([false, true]);
    expect(stored).toContain('"userId":"bob"');
    expect(stored).not.toContain('admin');
  });

  it('a new id, which then is none', async () => {
    const regenerate = (sessions: SessionManager, id: string): Promise<string | null> =>
      sessions.regenerate(id);
    const { answer, stored, isOpen } = await overtaken(regenerate, signInAsBob, 4);
    expect([answer, isOpen]).toEqual([null, true]);
    expect(stored).toContain('"userId":"bob"');
  });
});

it('a save of who was signed in before, which then is none, does not end the session of who came', async () => {
  const save: Parameters<typeof overtaken>[0] = (_, id, { store, clock }) => {
    const cookie = { originalMaxAge: null, expires: null };
    const options = { clock, ttlMs: 30 * minute, userIdOf: () => 'alice' };
    return new WebSessions(store, options, 'test').save(id, { cookie }, true);
  };
  const { stored, isOpen } = await overtaken(save, signInAsBob);
  expect(isOpen).toBe(true);
  expect(stored).toContain('"userId":"bob"');
});

describe('who lets a session live for longer', () => {
  const lengthen: Parameters<typeof overtaken>[0] = async (_, id, { memory, clock, store }) => {
    const found = await new WebSessions(memory, { clock }, 'test').find(id);
    const month = 30 * 24 * 60 * minute;
    const cookie = { originalMaxAge: month, expires: new Date(clock.now() + month) };
    await new WebSessions(store, { clock }, 'test').touch(id, { cookie }, found?.session);
  };

  it('does so if nobody is faster', async () => {
    const { stored, isOpen } = await overtaken(lengthen, async () => {});
    expect(isOpen).toBe(true);
    expect(stored).toContain('"originalMaxAge":2592000000');
  });

  it.each([2, 4])('does nothing where somebody else signs in under the same id, at look %i', async (look) => {
    const { stored, isOpen } = await overtaken(lengthen, signInAsBob, look);
    expect(isOpen).toBe(true);
    expect(stored).toContain('"userId":"bob"');
    expect(stored).not.toContain('2592000000');
  });
});

describe('logging out everywhere overtakes', () => {
  const everywhere = (others: SessionManager): Promise<number> => others.revokeAll('alice');

  it('a new id, which then is none', async () => {
    const { answer, isOpen } = await overtaken((sessions, id) => sessions.regenerate(id), everywhere);
    expect([answer, isOpen]).toEqual([null, false]);
  });

  it('logging out elsewhere, which then ends nothing', async () => {
    const { answer, isOpen } = await overtaken((sessions, id) => sessions.revokeOthers(id), everywhere);
    expect([answer, isOpen]).toEqual([null, false]);
  });
});
