import { describe, expect, it } from 'vitest';
import type { UserRecord, UserSession } from '../src/user-record.js';
import {
  admit,
  makeRoom,
  revoke,
  revokeAll,
  revokeOthers,
  withdraw,
  withdrawAll,
  withdrawFor,
} from '../src/user-transitions.js';

const now = 1_000_000;
const hour = 3_600_000;
const day = 24 * hour;

/** A session that was begun so many milliseconds ago. */
const session = (key: string, agoMs: number, facts: Partial<UserSession> = {}): UserSession => ({
  key,
  handle: key,
  createdAt: now - agoMs,
  expiresAt: now + hour,
  namedAt: now - agoMs,
  ...facts,
});
const userWith = (...sessions: UserSession[]): UserRecord => ({ generation: 3, sessions });
const keysOf = (user: UserRecord | undefined): string[] => (user?.sessions ?? []).map(({ key }) => key);

const [old, middle, young] = [session('old', 300), session('middle', 200), session('young', 100)];
const user = userWith(middle, old, young);
const candidate = { key: 'new', createdAt: now, expiresAt: now + hour };
const quota = { maxSessions: 3, whenFull: 'refuse' } as const;

describe('a session that wants to be named', () => {
  it('is, after the others, where there is room', () => {
    const { state, result } = admit(candidate, { ...quota, maxSessions: 4 })(user, now);
    expect(result).toEqual({ kind: 'admitted', isOverfull: false });
    expect(state).toEqual({
      generation: 3,
      sessions: [middle, old, young, { ...candidate, handle: 'new', namedAt: now }],
    });
  });

  it('finds a user full, then is refused, or asks for room, once it was looked who is over', () => {
    const dead = new Set<string>();
    const full = { kind: 'full', sessions: [middle, old, young] };
    expect(admit(candidate, quota)(user, now)).toMatchObject({ kind: 'keep', result: full });
    expect(admit(candidate, { ...quota, dead })(user, now)).toMatchObject({
      kind: 'keep',
      result: { kind: 'refused' },
    });
    const admitted = admit(candidate, { ...quota, whenFull: 'evict-oldest', dead })(user, now);
    expect(admitted.result).toEqual({ kind: 'admitted', isOverfull: true });
    expect(keysOf(admitted.state)).toEqual(['middle', 'old', 'young', 'new']);
  });

  it('takes the place of those that are over, by their time or as it was seen', () => {
    const expired = userWith(session('over', 500, { expiresAt: now }), old, young);
    expect(keysOf(admit(candidate, quota)(expired, now).state)).toEqual(['old', 'young', 'new']);
    const dead = new Set(['middle']);
    expect(keysOf(admit(candidate, { ...quota, dead })(user, now).state)).toEqual(['old', 'young', 'new']);
  });

  it('keeps its place if it is named already', () => {
    const again = { ...candidate, key: 'old' };
    const { state, result } = admit(again, quota)(user, now);
    expect(result).toEqual({ kind: 'admitted', isOverfull: false });
    expect(keysOf(state)).toEqual(['middle', 'old', 'young']);
    const crowd = userWith(session('over', 500, { expiresAt: now }), middle, old, young);
    expect(keysOf(admit(again, quota)(crowd, now).state)).toEqual(['middle', 'old', 'young']);
  });

  it('goes on as the session it continues, and takes no more room', () => {
    const { state, result } = admit({ ...candidate, continues: 'old' }, quota)(user, now);
    expect(result).toEqual({ kind: 'admitted', isOverfull: false });
    expect(state?.sessions.at(-1)).toMatchObject({ key: 'new', handle: 'old' });
  });

  it('has the room of the session it replaces, which stays until it is ended', () => {
    const { state, result } = admit({ ...candidate, replaces: 'middle' }, quota)(user, now);
    expect(result).toEqual({ kind: 'admitted', isOverfull: false });
    expect(keysOf(state)).toEqual(['middle', 'old', 'young', 'new']);
    for (const replaces of [undefined, 'gone'])
      expect(admit({ ...candidate, replaces }, quota)(user, now).result).toMatchObject({ kind: 'full' });
  });

  it.each([{ generation: 2 }, { continues: 'gone' }])('is told that it was revoked: %j', (facts) => {
    expect(admit({ ...candidate, ...facts }, quota)(user, now)).toMatchObject({
      kind: 'keep',
      result: { kind: 'revoked' },
    });
  });
});

describe('the record of a user', () => {
  it('is kept for a day at least, and a minute longer than its last session', () => {
    const ttlOf = (expiresAt: number): unknown => admit({ ...candidate, expiresAt }, quota)(userWith(), now);
    expect(ttlOf(now + hour)).toMatchObject({ ttlMs: day });
    expect(ttlOf(now + day)).toMatchObject({ ttlMs: day + 60_000 });
  });

  it('loses the oldest sessions to make room for a new one, in whichever order they stand', () => {
    const crowd = userWith(young, middle, old, session('new', 0));
    const { state, result } = makeRoom('new', 2)(crowd, now);
    expect(keysOf(state)).toEqual(['young', 'new']);
    expect(result).toEqual([middle, old]);
    expect(makeRoom('gone', 2)(crowd, now)).toMatchObject({ kind: 'keep', result: [] });
    expect(makeRoom('old', 2)(crowd, now).result).toEqual([young, middle]);
  });

  it('loses none for one that is about to be ended, and not that one', () => {
    const crowd = userWith(old, middle, young, session('new', 0));
    expect(makeRoom('new', 3, 'old')(crowd, now)).toMatchObject({ kind: 'keep', result: [] });
    expect(makeRoom('new', 2, 'old')(crowd, now).result).toEqual([middle]);
  });

  it('counts a session with two ids once', () => {
    const copy = session('copy', 300, { handle: 'old' });
    expect(makeRoom('new', 3)(userWith(old, copy, young, session('new', 0)), now)).toMatchObject({
      kind: 'keep',
      result: [],
    });
  });
});

describe('ids that are named no more', () => {
  const [first, second] = [session('first', 300, { handle: 'h' }), session('second', 200, { handle: 'h' })];
  const third = session('third', 100, { handle: 'h' });
  const other = session('other', 50);
  const several = userWith(first, second, other, third);

  it.each([
    ['one id', withdraw('second'), ['first', 'other', 'third']],
    ['an id that has a successor, and those before that', withdrawFor('third')('first'), ['other', 'third']],
    [
      'an id whose successor came earlier than others',
      withdrawFor('second')('first'),
      ['second', 'other', 'third'],
    ],
    ['an id whose successor is not named', withdrawFor('gone')('first'), ['second', 'other', 'third']],
    ['a session, by any of its ids', withdrawAll('second'), ['other']],
    ['a session, by its handle', revoke('h'), ['other']],
    ['all sessions', revokeAll, []],
    ['all sessions but that of an id', revokeOthers('second'), ['first', 'second', 'third']],
  ])('are those of %s', (_what, transition, left) => {
    const { kind, state, result } = transition(several, now);
    expect(kind).toBe('write');
    expect(keysOf(state)).toEqual(left);
    expect(result).toEqual(several.sessions.filter(({ key }) => !left.includes(key)));
  });

  it.each([
    ['an id', withdraw('gone'), []],
    ['a handle', revoke('gone'), []],
    ['all of an id', withdrawAll('gone'), []],
    ['all but an id', revokeOthers('gone'), undefined],
  ])('are none where %s is not named, and nothing is written', (_what, transition, result) => {
    for (const each of [several, undefined]) {
      expect(transition(each, now)).toEqual({ kind: 'keep', result });
    }
  });

  it('make sign-ins void that are on their way, also where there was no session', () => {
    expect(revokeAll(undefined, now).state).toEqual({ generation: now, sessions: [] });
    expect(revokeOthers('other')(several, now).state?.generation).toBe(now);
    for (const generation of [now, now + 5]) {
      expect(revokeAll({ ...several, generation }, now).state?.generation).toBe(generation + 1);
    }
    expect(withdraw('first')(several, now).state?.generation).toBe(3);
  });
});
