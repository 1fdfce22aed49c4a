import { describe, expect, it } from 'vitest';
import { SessionManager } from '../src/index.js';
import { hashOf } from '../src/session-id.js';
import { startProcesses, times } from './processes.js';
import { describeOnEngines, hour, minute } from './world.js';

const alice = ['a@example.com', [] as string[]] as const;

describeOnEngines('the sessions of a user', (open) => {
  it('are listed, oldest first, with handles that open nothing', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = new SessionManager(store, 30 * minute, { clock, absoluteMs: 60 * minute });
    const createdAt = clock.now();
    const first = await sessions.create('alice', 'phone@example.com', []);
    await clock.advance(minute);
    await sessions.create('alice', 'laptop@example.com', []);
    await sessions.create('bob', 'bob@example.com', []);
    const listed = await sessions.list('alice');
    expect(listed.map(({ session }) => session.email)).toEqual(['phone@example.com', 'laptop@example.com']);
    expect(listed[0]).toEqual({
      handle: await sessions.handleOf(first),
      session: {
        userId: 'alice',
        email: 'phone@example.com',
        roles: [],
        createdAt,
        lastAccessedAt: createdAt,
      },
      expiresAt: createdAt + 60 * minute,
    });
    expect(await sessions.get(listed[0]?.handle)).toBeNull();
    expect(await sessions.list('nobody')).toEqual([]);
  });

  it('two that sign in at once, in two processes, are both listed', async () => {
    const { clock, all } = startProcesses(2, { latencyMs: 1 });
    for (let round = 1; round <= 20; round += 1) {
      await clock.run(Promise.all(all.map(({ sessions }) => sessions.create('alice', ...alice))));
      expect(await clock.run(all[0].sessions.list('alice'))).toHaveLength(2 * round);
    }
  });

  it('end one by one, all but one, and all', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = new SessionManager(store, 30 * minute, { clock });
    const ids = await Promise.all(times(5, () => sessions.create('alice', ...alice)));
    const other = await sessions.create('bob', ...alice);
    const alive = async (): Promise<boolean[]> => Promise.all(ids.map((id) => sessions.validate(id)));
    const handles = await Promise.all(ids.map((id) => sessions.handleOf(id)));

    expect(await sessions.revoke('bob', handles[0] ?? '')).toBe(false);
    expect(await sessions.revoke('alice', handles[0] ?? '')).toBe(true);
    expect(await sessions.revoke('alice', handles[0] ?? '')).toBe(false);
    expect(await alive()).toEqual([false, true, true, true, true]);
    expect(await sessions.handleOf(ids[0])).toBeNull();

    await sessions.destroy(ids[1]);
    expect(await sessions.revokeOthers(ids[1])).toBeNull();
    expect(await sessions.revokeOthers(ids[2])).toBe(2);
    expect(await alive()).toEqual([false, false, true, false, false]);
    expect(await sessions.revokeOthers(ids[2])).toBe(0);

    expect(await sessions.revokeAll('alice')).toBe(1);
    expect(await sessions.revokeAll('alice')).toBe(0);
    expect(await alive()).toEqual([false, false, false, false, false]);
    expect(await sessions.update(ids[2] ?? '', (data) => data)).toBe(false);
    expect(await sessions.validate(other)).toBe(true);
  });

  it('a handle names a session also after its id changed', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = new SessionManager(store, 30 * minute, { clock });
    const old = await sessions.create('alice', ...alice);
    const handle = (await sessions.handleOf(old)) ?? '';
    const id = await sessions.regenerate(await sessions.regenerate(old));
    expect(await sessions.revoke('alice', handle)).toBe(true);
    expect(await sessions.validate(id)).toBe(false);
  });

  it('are at most maxSessions: the oldest make room', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = new SessionManager(store, 30 * minute, { clock, maxSessions: 2 });
    const ids: string[] = [];
    for (let count = 0; count < 4; count += 1) {
      ids.push(await sessions.create('alice', ...alice));
      await clock.advance(minute);
    }
    const alive = await Promise.all(ids.map((id) => sessions.validate(id)));
    expect(alive).toEqual([false, false, true, true]);
    const renewed = await sessions.regenerate(ids[2]);
    expect(await Promise.all([renewed, ids[3]].map((id) => sessions.validate(id)))).toEqual([true, true]);
  });

  it('are refused beyond maxSessions if you say so, but those that are over do not count', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = new SessionManager(store, 5 * minute, { clock, maxSessions: 2, whenFull: 'refuse' });
    const first = await sessions.create('alice', ...alice);
    await sessions.create('alice', ...alice);
    await expect(sessions.create('alice', ...alice)).rejects.toMatchObject({
      code: 'SESSION_LIMIT',
      message: expect.stringContaining('2 sessions'),
    });
    expect(await sessions.list('alice')).toHaveLength(2);
    await clock.advance(4 * minute);
    await sessions.get(first);
    await clock.advance(minute);
    const third = await sessions.create('alice', ...alice);
    expect(await sessions.validate(first)).toBe(true);
    expect(await sessions.validate(third)).toBe(true);
    await expect(sessions.create('alice', ...alice)).rejects.toMatchObject({ code: 'SESSION_LIMIT' });
  });
});

describe('a sign-in that is being written', () => {
  it('is not taken for one that is over when another one makes room', async () => {
    const { clock, all } = startProcesses(2, { latencyMs: 1, maxSessions: 2 });
    const [{ sessions, faulty }, { sessions: others }] = all as [(typeof all)[0], (typeof all)[0]];
    const oldest = await clock.run(others.create('alice', ...alice));
    await clock.advance(2 * minute);
    const put = faulty.put.bind(faulty);
    const slow = new Promise<void>((resolve) => {
      clock.startTimer(resolve, 1_000);
    });
    Object.assign(faulty, {
      put: async (...args: Parameters<typeof put>) => {
        if (String(args[0]).includes(':id:')) await slow;
        return put(...args);
      },
    });
    const slowSignIn = sessions.create('alice', ...alice);
    await clock.advance(500);
    const third = await clock.run(others.create('alice', ...alice));
    const second = await clock.run(slowSignIn);
    const alive = await clock.run(Promise.all([oldest, second, third].map((id) => others.validate(id))));
    expect(alive).toEqual([false, true, true]);
  });
});

describe('a sign-in that makes room', () => {
  it('ends nobody if it was ended itself before it could', async () => {
    const { memory, all } = startProcesses(2, { maxSessions: 1 });
    const [{ sessions, faulty }, { sessions: others }] = all as [(typeof all)[0], (typeof all)[0]];
    await others.create('alice', ...alice);
    let later = '';
    Object.assign(faulty, {
      put: async (...args: Parameters<typeof memory.put>) => {
        const version = await memory.put(...args);
        if (!later && String(args[0]).includes(':id:')) {
          await others.revokeAll('alice');
          later = await others.create('alice', ...alice);
        }
        return version;
      },
    });
    const id = await sessions.create('alice', ...alice);
    expect(await Promise.all([id, later].map((each) => others.validate(each)))).toEqual([false, true]);
  });
});

describe('a sign-in that began before all sessions were ended', () => {
  it('is refused with the generation it began in', async () => {
    const { all } = startProcesses(1);
    const [{ sessions }] = all;
    const before = await sessions.generation('alice');
    await sessions.revokeAll('alice');
    const after = await sessions.generation('alice');
    expect(after).not.toBe(before);
    await expect(sessions.create('alice', ...alice, { generation: before })).rejects.toMatchObject({
      code: 'SIGN_IN_REVOKED',
      message: expect.stringContaining(`generation is ${before}`),
    });
    expect(await sessions.list('alice')).toEqual([]);
    const id = await sessions.create('alice', ...alice, { generation: after });
    expect(await sessions.validate(id)).toBe(true);
    await sessions.create('alice', ...alice);
    await sessions.revokeOthers(id);
    expect([before, after]).not.toContain(await sessions.generation('alice'));
  });

  it('is refused, too, if the record that it read the generation of has expired since', async () => {
    const { clock, all } = startProcesses(1);
    const [{ sessions }] = all;
    await sessions.revokeAll('alice');
    await clock.advance(24 * hour - 1);
    const generation = await sessions.generation('alice');
    await clock.advance(2);
    await sessions.revokeAll('alice');
    await expect(sessions.create('alice', ...alice, { generation })).rejects.toMatchObject({
      code: 'SIGN_IN_REVOKED',
    });
  });
});

describe('a user whose record is gone', () => {
  it('has no sessions, not sessions that nobody revoked', async () => {
    const { memory, all } = startProcesses(2);
    const [{ sessions }, { sessions: others }] = all as [(typeof all)[0], (typeof all)[0]];
    const id = await sessions.create('alice', ...alice);
    await memory.delete(`session:user:${hashOf('alice')}`);
    expect(await sessions.validate(id)).toBe(false);
    expect(await others.validate(id)).toBe(false);
    await sessions.create('alice', ...alice);
    expect(await others.validate(id)).toBe(false);
  });
});
