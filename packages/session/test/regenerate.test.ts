import { expect, it } from 'vitest';
import { type SessionEvent, SessionManager } from '../src/index.js';
import { describeOnEngines, minute, second } from './world.js';

describeOnEngines('a new id', (open) => {
  it('keeps the session and its times, and ends the old id', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = new SessionManager(store, 30 * minute, { clock });
    const planted = await sessions.create('user', 'a@example.com', ['user']);
    const handle = await sessions.handleOf(planted);
    const before = await sessions.get(planted);
    await clock.advance(minute);
    const id = await sessions.regenerate(planted);
    expect(id).not.toBe(planted);
    expect(await sessions.get(id)).toEqual({ ...before, lastAccessedAt: clock.now() });
    expect(await sessions.get(planted)).toBeNull();
    expect(await sessions.update(planted, (data) => data)).toBe(false);
    expect(await sessions.regenerate(planted)).toBeNull();
    expect(await sessions.handleOf(id)).toBe(handle);
    expect((await sessions.list('user')).map((session) => session.handle)).toEqual([handle]);
  });

  it('lets requests under way with the old id find the session for the overlap, and no longer', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = new SessionManager(store, 30 * minute, { clock });
    const old = await sessions.create('user', 'a@example.com', ['user']);
    const id = await sessions.regenerate(old, { overlapMs: 5 * second });
    await clock.advance(5 * second - 1);
    expect(await sessions.update(old, (data) => ({ ...data, roles: ['changed'] }))).toBe(true);
    expect((await sessions.get(old))?.roles).toEqual(['changed']);
    await clock.advance(1);
    expect(await sessions.get(old)).toBeNull();
    expect((await sessions.get(id))?.roles).toEqual(['changed']);
  });

  it('is over when the old one logs out, however often the id changed', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = new SessionManager(store, 30 * minute, { clock });
    const first = await sessions.create('user', 'a@example.com', []);
    const second = await sessions.regenerate(first);
    const third = await sessions.regenerate(second);
    expect(await sessions.validate(third)).toBe(true);
    expect(await sessions.destroy(first)).toBe(true);
    expect(await sessions.validate(third)).toBe(false);
    expect(await sessions.destroy(first)).toBe(false);
    expect(await sessions.list('user')).toEqual([]);
  });

  it('is one: of several at once for one session, one wins', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = new SessionManager(store, 30 * minute, { clock });
    const old = await sessions.create('user', 'a@example.com', []);
    const ids = await Promise.all([1, 2, 3, 4].map(() => sessions.regenerate(old)));
    const given = ids.filter((id) => id !== null);
    expect(given).toHaveLength(1);
    expect(await sessions.validate(given[0])).toBe(true);
    expect(await sessions.list('user')).toHaveLength(1);
  });

  it('is none where the old one leads to one already, unless that must lead there no more', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = new SessionManager(store, 30 * minute, { clock });
    const old = await sessions.create('user', 'a@example.com', []);
    const id = await sessions.regenerate(old, { overlapMs: 5 * second });
    expect(await sessions.regenerate(old, { overlapMs: 5 * second })).toBeNull();
    expect(await sessions.validate(id)).toBe(true);
    const newest = await sessions.regenerate(old);
    const alive = await Promise.all([old, id, newest].map((each) => sessions.validate(each)));
    expect(alive).toEqual([false, false, true]);
  });

  it('is told under the handle that ends the session, and by nobody who came too late', async () => {
    await using world = await open();
    const { store, clock } = world;
    const events: SessionEvent[] = [];
    const onEvent = (event: SessionEvent): void => void events.push(event);
    const sessions = new SessionManager(store, 30 * minute, { clock, onEvent });
    const tell = (how: string): string[] => [how, handle];
    const old = await sessions.create('user', 'a@example.com', []);
    const handle = (await sessions.handleOf(old)) ?? '';
    const ids = await Promise.all([sessions.regenerate(old), sessions.regenerate(old)]);
    await sessions.regenerate(ids[0] ?? ids[1]);
    await sessions.destroy(old);
    const told = events.map((event) =>
      event.kind === 'upkeep-failed'
        ? []
        : [event.kind === 'ended' ? event.reason : event.kind, event.handle],
    );
    const once = [tell('regenerated'), tell('created')];
    expect(told).toEqual([tell('created'), ...once, ...once, tell('destroyed')]);
  });

  it('takes along what is changed while the id changes', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = new SessionManager(store, 30 * minute, { clock });
    for (let round = 0; round < 5; round += 1) {
      const old = await sessions.create('user', 'a@example.com', []);
      const [id, isUpdated] = await Promise.all([
        sessions.regenerate(old),
        sessions.update(old, (data) => ({ ...data, roles: ['changed'] })),
      ]);
      expect((await sessions.get(id))?.roles).toEqual(isUpdated ? ['changed'] : []);
    }
  });

  it('does not save a session from being ended meanwhile', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = new SessionManager(store, 30 * minute, { clock });
    for (const ending of [
      (id: string) => sessions.destroy(id),
      () => sessions.revokeAll('user'),
      async (id: string) => sessions.revoke('user', (await sessions.handleOf(id)) ?? ''),
    ]) {
      const old = await sessions.create('user', 'a@example.com', []);
      const [id] = await Promise.all([sessions.regenerate(old), ending(old)]);
      expect(await sessions.get(id)).toBeNull();
      expect(await sessions.get(old)).toBeNull();
    }
  });
});
