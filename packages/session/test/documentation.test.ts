import { expect, it } from 'vitest';
import { type SessionData, SessionManager } from '../src/index.js';
import { describeOnEngines, hour, minute } from './world.js';

describeOnEngines('the class of the documentation', (open) => {
  it('creates, gets, updates, validates and destroys', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = new SessionManager(store, 1_800_000, { clock });
    const createdAt = clock.now();

    const sessionId = await sessions.create('user123', 'alice@example.com', ['user', 'admin']);
    const session: SessionData | null = await sessions.get(sessionId);
    expect(session).toEqual({
      userId: 'user123',
      email: 'alice@example.com',
      roles: ['user', 'admin'],
      createdAt,
      lastAccessedAt: createdAt,
    });

    const isUpdated: boolean = await sessions.update(sessionId, (data) => ({
      ...data,
      roles: [...data.roles, 'premium'],
    }));
    expect(isUpdated).toBe(true);
    expect((await sessions.get(sessionId))?.roles).toEqual(['user', 'admin', 'premium']);
    expect(await sessions.validate(sessionId)).toBe(true);

    expect(await sessions.destroy(sessionId)).toBe(true);
    expect(await sessions.get(sessionId)).toBeNull();
    expect(await sessions.validate(sessionId)).toBe(false);
    expect(await sessions.update(sessionId, (data) => data)).toBe(false);
    expect(await sessions.destroy(sessionId)).toBe(false);
  });

  it('a use within the idle time keeps a session, for one hour if nothing is said', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = new SessionManager(store, undefined, { clock });
    const id = await sessions.create('user123', 'alice@example.com', []);
    for (let hours = 0; hours < 5; hours += 1) {
      await clock.advance(hour - minute);
      expect((await sessions.get(id))?.lastAccessedAt).toBe(clock.now());
    }
    await clock.advance(hour);
    expect(await sessions.get(id)).toBeNull();
  });
});
