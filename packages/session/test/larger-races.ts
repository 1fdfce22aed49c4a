import type { RaceProcess } from '@norikv/testkit';
import { expect } from 'vitest';
import { answerOf, isTold } from '../../testkit/test/every-schedule/every-schedule.js';
import { type WebSession, WebSessions } from '../src/web-sessions.js';
import { type Place, sessionsIn, signIn, type World } from './schedules.js';
import { hour, minute } from './world.js';

interface Stored extends WebSession {
  readonly user: string;
  readonly page?: number;
}

const webIn = ({ store, clock, random }: Place): WebSessions<Stored> =>
  new WebSessions<Stored>(store, { clock, random, userIdOf: ({ user }) => user }, 'test');

/** A cookie that makes its session last for longer. */
const lasting = ({ clock }: Place): Stored => {
  const originalMaxAge = 30 * 24 * hour;
  return { cookie: { originalMaxAge, expires: new Date(clock.now() + originalMaxAge) }, user: 'alice' };
};

const add = async (process: Place, id: string, role: string): Promise<string | undefined> => {
  const sessions = sessionsIn(process);
  const isAdded = await sessions.update(id, (session) => ({ ...session, roles: [...session.roles, role] }));
  return isAdded ? role : undefined;
};

/** Two calls give a session another id, and two change it: under its old id it has all that was acknowledged. */
export const renewedByTwo = async (world: World): Promise<void> => {
  const id = await signIn(world);
  const renew = (process: RaceProcess): Promise<string | null> =>
    sessionsIn(process).regenerate(id, { overlapMs: minute });
  const ends = await world.race(
    (process) => add(process, id, 'first'),
    renew,
    async (process) => {
      await renew(process);
      return add(process, id, 'second');
    },
  );
  if (!ends.every(isTold)) return;
  const roles = [answerOf(ends[0]), answerOf(ends[2])].filter((role) => role !== undefined);
  const sessions = sessionsIn(world);
  const listed = await sessions.list('alice');
  expect(listed.map(({ session }) => session.roles.toSorted())).toEqual([roles.toSorted()]);
  expect((await sessions.get(id))?.roles.toSorted()).toEqual(roles.toSorted());
  expect(await sessions.destroy(id)).toBe(true);
  expect(await sessions.list('alice')).toEqual([]);
};

/** One ends a session of a web framework while others save it, let it live for longer, and look at it. */
export const endedWhileSaved = (end: (process: Place, sid: string) => Promise<unknown>) => {
  return async (world: World): Promise<void> => {
    const sid = 'A'.repeat(43);
    const saved: Stored = { cookie: {}, user: 'alice' };
    await webIn(world).save(sid, saved, false);
    await world.clock.advance(3 * hour);
    const [, ended] = await world.race(
      async (process) => {
        const web = webIn(process);
        const found = await web.find(sid);
        if (!found) return;
        await web.touch(sid, lasting(process), found.session);
        await web.save(sid, { ...lasting(process), page: 1 }, true);
      },
      (process) => end(process, sid),
      async (process) => {
        await sessionsIn(process).get(sid);
        await webIn(process).save(sid, { ...saved, page: 2 }, true);
      },
    );
    if (!isTold(ended)) return;
    expect(await webIn(world).find(sid)).toBeUndefined();
    expect(await sessionsIn(world).list('alice')).toEqual([]);
  };
};
