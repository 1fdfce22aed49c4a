import type { Clock, KvStore } from '@norikv/store';
import { FakeClock, withLyingServer } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { SessionManager } from '../src/index.js';
import { memoryStore } from './engines.js';
import { describeOnEngines, hour, minute } from './world.js';

const idle = 30 * minute;

describeOnEngines('how long a session lives', (open) => {
  it('ends when it was not used for the idle time', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = new SessionManager(store, idle, { clock });
    const id = await sessions.create('user', 'a@example.com', []);
    await clock.advance(idle - 1);
    expect(await sessions.validate(id)).toBe(true);
    await clock.advance(1);
    expect(await sessions.validate(id)).toBe(false);
    expect(await sessions.get(id)).toBeNull();
    expect(await sessions.update(id, (data) => data)).toBe(false);
    expect(await sessions.regenerate(id)).toBeNull();
    expect(await sessions.destroy(id)).toBe(false);
    expect(await sessions.list('user')).toEqual([]);
  });

  it('ends at its absolute time, however busy it is', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = new SessionManager(store, idle, { clock, absoluteMs: 2 * hour });
    let id = await sessions.create('user', 'a@example.com', []);
    for (let minutes = 0; minutes < 115; minutes += 5) {
      await clock.advance(5 * minute);
      expect(await sessions.update(id, (data) => data)).toBe(true);
      id = (await sessions.regenerate(id)) ?? '';
    }
    await clock.advance(5 * minute - 1);
    expect(await sessions.get(id)).not.toBeNull();
    await clock.advance(1);
    expect(await sessions.get(id)).toBeNull();
  });

  it('writes a use once in a tenth of the idle time, and a look without a use never', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = new SessionManager(store, idle, { clock });
    const id = await sessions.create('user', 'a@example.com', []);
    store.reset();
    await clock.advance(idle / 10 - 1);
    await sessions.get(id);
    expect(store.calls.put).toBe(0);
    await clock.advance(1);
    await sessions.validate(id);
    expect(store.calls.put).toBe(0);
    await Promise.all([sessions.get(id), sessions.get(id), sessions.get(id)]);
    expect(store.calls.put).toBe(1);
    await clock.advance(idle - 1);
    expect(await sessions.get(id)).not.toBeNull();
  });

  it('is told for the cookie where the sign-in chose it', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = new SessionManager(store, idle, { clock });
    const usual = await sessions.create('user', 'a@example.com', []);
    const own = await sessions.create('user', 'a@example.com', [], { ttlMs: 24 * hour });
    await clock.advance(minute);
    expect(await sessions.ownTimeOf(own)).toBe(24 * hour - minute);
    for (const id of [usual, null]) expect(await sessions.ownTimeOf(id)).toBeNull();
  });

  it('may be set for one session, as in "remember me"', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = new SessionManager(store, minute, { clock, absoluteMs: hour });
    const short = await sessions.create('user', 'a@example.com', []);
    const long = await sessions.create('user', 'a@example.com', [], { ttlMs: 2 * hour });
    const both = await sessions.create('user', 'a@example.com', [], {
      ttlMs: 2 * hour,
      absoluteMs: 3 * hour,
    });
    const alive = async (): Promise<boolean[]> =>
      Promise.all([short, long, both].map((id) => sessions.validate(id)));
    await clock.advance(minute);
    expect(await alive()).toEqual([false, true, true]);
    await clock.advance(2 * hour - 2 * minute);
    await sessions.get(both);
    await clock.advance(minute);
    expect(await alive()).toEqual([false, false, true]);
    await clock.advance(hour);
    expect(await alive()).toEqual([false, false, false]);
  });
});

describe('a store that expires late', () => {
  it('does not keep a session alive beyond its idle or its absolute time', async () => {
    const clock = new FakeClock();
    const memory = memoryStore({ clock });
    const store = withLyingServer(memory, { ignores: ['ttlMs'], capabilities: memory.capabilities });
    const sessions = new SessionManager(store, idle, { clock, absoluteMs: hour });
    const [unused, busy] = [
      await sessions.create('user', 'a@example.com', []),
      await sessions.create('user', 'a@example.com', []),
    ];
    await clock.advance(idle / 2);
    await sessions.get(busy);
    await clock.advance(idle / 2);
    expect(await sessions.get(unused)).toBeNull();
    expect(await sessions.update(unused, (data) => data)).toBe(false);
    expect(await sessions.list('user')).toHaveLength(1);
    expect(await sessions.get(busy)).not.toBeNull();
    await clock.advance(hour - idle - 1);
    expect(await sessions.get(busy)).not.toBeNull();
    await clock.advance(1);
    expect(await sessions.get(busy)).toBeNull();
    expect(await sessions.list('user')).toEqual([]);
  });
});

describe('wall clocks that differ', () => {
  it('one that is ahead does not keep others from writing a use', async () => {
    const world = memoryStoreWithClocks();
    const id = await world.ahead.create('user', 'a@example.com', []);
    for (let step = 0; step < 5; step += 1) {
      await world.clock.advance(20 * minute);
      expect(await world.behind.get(id)).not.toBeNull();
    }
  });

  it('one that is behind does not keep a session alive that nobody uses', async () => {
    const world = memoryStoreWithClocks();
    const id = await world.ahead.create('user', 'a@example.com', []);
    await world.clock.advance(idle);
    expect(await world.behind.get(id)).toBeNull();
  });

  it('a user keeps other sessions when a clock that is ahead ends one', async () => {
    const world = memoryStoreWithClocks();
    const kept = await world.behind.create('user', 'a@example.com', []);
    const ended = await world.behind.create('user', 'a@example.com', []);
    expect(await world.ahead.destroy(ended)).toBe(true);
    for (let step = 0; step < 20; step += 1) {
      await world.clock.advance(20 * minute);
      expect(await world.behind.get(kept)).not.toBeNull();
    }
  });
});

describe('a wall clock that is set', () => {
  it.each([
    ['back', [-hour * 24 * 365]],
    ['ahead and back', [hour * 24 * 365, -hour * 24 * 365]],
    ['before 1970', [-hour * 24 * 365 * 60]],
  ])('%s brings no session back that was ended, and keeps none alive that nobody uses', async (_, steps) => {
    const clock = new FakeClock();
    const own = clock.drifted(1);
    const sessions = new SessionManager(memoryStore({ clock }), idle, { clock: own });
    const create = () => sessions.create('user', 'a@example.com', []);
    const [unused, destroyed, revoked] = [await create(), await create(), await create()];
    await sessions.destroy(destroyed);
    await sessions.revoke('user', (await sessions.handleOf(revoked)) ?? '');
    for (const step of steps) {
      own.jumpWallClock(step);
      expect([await sessions.get(destroyed), await sessions.get(revoked)]).toEqual([null, null]);
    }
    expect(await sessions.validate(unused)).toBe(true);
    const later = await create();
    expect(await sessions.validate(later)).toBe(true);
    await clock.advance(idle + minute);
    for (const id of [unused, destroyed, revoked, later]) expect(await sessions.get(id)).toBeNull();
    expect(await sessions.list('user')).toEqual([]);
  });
});

function memoryStoreWithClocks() {
  const clock = new FakeClock();
  const store = memoryStore({ clock });
  const behind = new SessionManager(store, idle, { clock });
  const ahead = new SessionManager({ ...bound(store) }, idle, { clock: clock.drifted(1, 10 * minute) });
  return { clock, behind, ahead };
}

/** Another object over the same data, as another process has it. */
function bound(store: KvStore): KvStore {
  return {
    capabilities: store.capabilities,
    get: (...args) => store.get(...args),
    put: (...args) => store.put(...args),
    delete: (...args) => store.delete(...args),
  };
}

describe('a clock that counts parts of milliseconds', () => {
  it('makes sessions that can be read', async () => {
    const whole = new FakeClock();
    const clock: Clock = {
      now: () => whole.now() + 0.75,
      monotonic: () => whole.monotonic(),
      startTimer: (callback, delayMs) => whole.startTimer(callback, delayMs),
    };
    const sessions = new SessionManager(memoryStore(), idle, { clock });
    const id = await sessions.create('user', 'a@example.com', []);
    const next = await sessions.regenerate(id, { overlapMs: 1_000 });
    expect(await sessions.get(id)).toEqual(await sessions.get(next));
    expect((await sessions.get(next))?.createdAt).toBe(whole.now());
  });
});
