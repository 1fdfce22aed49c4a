import { countCalls } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { SessionManager } from '../src/index.js';
import { requestSessions } from '../src/request.js';
import { WebSessions } from '../src/web-sessions.js';
import { startProcesses, times } from './processes.js';
import { minute } from './world.js';

const alice = ['a@example.com', [] as string[]] as [string, string[]];
const latencyMs = 10;

/** What a call costs in store calls, and in round trips one after the other. */
async function world() {
  const { clock, all } = startProcesses(2, { latencyMs, ttlMs: 30 * minute });
  const [{ faulty }, other] = all as [(typeof all)[0], (typeof all)[0]];
  const store = countCalls(faulty);
  const sessions = new SessionManager(store, 30 * minute, { clock });
  const cost = async <Result>(
    call: () => Promise<Result>,
  ): Promise<[calls: number, trips: number, Result]> => {
    store.reset();
    const startedAt = clock.monotonic();
    const result = await clock.run(call());
    return [store.calls.total, (clock.monotonic() - startedAt) / latencyMs, result];
  };
  return { clock, cost, store, sessions, other: other.sessions };
}

describe('store calls and round trips', () => {
  it('of a sign-in, and of the next one of that user', async () => {
    const { cost, sessions } = await world();
    expect((await cost(() => sessions.create('alice', ...alice))).slice(0, 2)).toEqual([4, 4]);
    expect((await cost(() => sessions.create('alice', ...alice))).slice(0, 2)).toEqual([3, 3]);
  });

  it('of a sign-in that tells what its cookie needs: no more, also as the session of a request', async () => {
    const { cost, sessions } = await world();
    expect((await cost(() => sessions.signIn('alice', ...alice))).slice(0, 2)).toEqual([4, 4]);
    const request = await requestSessions(sessions)(null);
    expect((await cost(() => request.signIn('alice', ...alice))).slice(0, 2)).toEqual([3, 3]);
    expect((await cost(() => request.signIn('alice', ...alice))).slice(0, 2)).toEqual([5, 5]);
  });

  it('of a look: one round trip once the user of a session is known, a use of it now and then', async () => {
    const { clock, cost, sessions } = await world();
    const [, , id] = await cost(() => sessions.create('alice', ...alice));
    expect((await cost(() => sessions.get(id))).slice(0, 2)).toEqual([2, 2]);
    expect((await cost(() => sessions.get(id))).slice(0, 2)).toEqual([2, 1]);
    expect((await cost(() => sessions.validate(id))).slice(0, 2)).toEqual([2, 1]);
    await clock.advance(3 * minute);
    const [calls] = await cost(() => sessions.get(id));
    expect(calls).toBeLessThanOrEqual(4);
    expect((await cost(() => sessions.get(id))).slice(0, 2)).toEqual([2, 1]);
  });

  it('of the others', async () => {
    const { clock, cost, sessions, other } = await world();
    const id = await clock.run(other.create('alice', ...alice));
    await clock.run(sessions.get(id));
    const [updateCalls, updateTrips] = await cost(() => sessions.update(id, (data) => data));
    expect([updateCalls, updateTrips]).toEqual([4, 3]);
    const [regenerateCalls, regenerateTrips, newId] = await cost(() => sessions.regenerate(id));
    expect(regenerateCalls).toBeLessThanOrEqual(9);
    expect(regenerateTrips).toBeLessThanOrEqual(8);
    const [destroyCalls, destroyTrips] = await cost(() => sessions.destroy(newId));
    expect(destroyCalls).toBeLessThanOrEqual(4);
    expect(destroyTrips).toBeLessThanOrEqual(4);
  });

  it('of a new id for the session of a request: no more than of the manager', async () => {
    const { cost, sessions } = await world();
    const request = await requestSessions(sessions)(null);
    const [, , id] = await cost(() => sessions.create('alice', ...alice));
    await cost(() => request.signIn('alice', ...alice));
    const own = await cost(() => sessions.regenerate(id));
    expect(await cost(() => request.regenerate())).toEqual([...own.slice(0, 2), true]);
  });

  it('of a save of a session nobody has signed in to', async () => {
    const { clock, cost, store } = await world();
    const sessions = new WebSessions(store, { clock }, 'test');
    const save = (mustExist: boolean) =>
      cost(() => sessions.save('sid', { cookie: { originalMaxAge: null, expires: null } }, mustExist));
    expect((await save(false)).slice(0, 2)).toEqual([2, 2]);
    expect((await save(true)).slice(0, 2)).toEqual([1, 1]);
  });

  it('of logging out everywhere: as many round trips for 50 sessions as for one', async () => {
    const { clock, cost, sessions, other } = await world();
    const found = [];
    for (const count of [1, 50]) {
      await clock.run(Promise.all(times(count, () => other.create('alice', ...alice))));
      const [calls, trips, ended] = await cost(() => sessions.revokeAll('alice'));
      expect(ended).toBe(count);
      expect(calls).toBeLessThanOrEqual(2 + 2 * count);
      found.push(trips);
    }
    expect(found).toEqual([4, 4]);
  });

  it('of many looks at once at one session', async () => {
    const { clock, cost, sessions, other } = await world();
    const id = await clock.run(other.create('alice', ...alice));
    await clock.advance(3 * minute);
    const [calls] = await cost(() => Promise.all(times(100, () => sessions.get(id))));
    expect(calls).toBeLessThanOrEqual(203);
  });
});
