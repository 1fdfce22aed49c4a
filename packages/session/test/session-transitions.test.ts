import { stringToBytes } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import { type LiveSession, sessionCodec, successorOf } from '../src/session-record.js';
import {
  change,
  end,
  endOf,
  expiryOf,
  isSame,
  open,
  replace,
  saveAnonymous,
  touch,
} from '../src/session-transitions.js';

const now = 1_000_000;
const minute = 60_000;
const session: LiveSession = {
  kind: 'live',
  userId: 'alice',
  createdAt: now - minute,
  lastSeenAt: now - minute,
  idleMs: 10 * minute,
  expiresAt: now + 30 * minute,
  data: { visits: 1 },
};
const { userId: _, ...anonymous } = session;
const tombstone = { kind: 'ended', endedAt: now } as const;

describe('a session', () => {
  it('stays in the store as long as it may be idle, and no longer than it may live', () => {
    expect(open(session)(undefined, now)).toMatchObject({ kind: 'write', result: true, ttlMs: 10 * minute });
    const short = { ...session, expiresAt: now + minute };
    expect(open(short)(undefined, now)).toMatchObject({ state: short, ttlMs: minute });
    for (const taken of [session, tombstone]) {
      expect(open(session)(taken, now)).toEqual({ kind: 'keep', result: false });
    }
  });

  it('is written as seen ten times in its idle time', () => {
    expect(touch()(session, now)).toMatchObject({ kind: 'write', result: true, state: { lastSeenAt: now } });
    expect(touch()({ ...session, lastSeenAt: now - minute + 1 }, now)).toEqual({
      kind: 'keep',
      result: false,
    });
    expect(touch()({ ...session, lastSeenAt: now + minute }, now)).toMatchObject({ kind: 'write' });
    for (const over of [undefined, tombstone, { ...session, expiresAt: now }]) {
      expect(touch()(over, now)).toEqual({ kind: 'keep', result: false });
    }
  });

  it('gets the terms of its cookie where they differ by a tenth, and keeps its data', () => {
    const seen = { ...session, lastSeenAt: now };
    const terms = (idleMs: number) =>
      touch({ idleMs, longestMs: 60 * minute, cookie: { path: '/' } })(seen, now);
    expect(terms(11 * minute - 1)).toEqual({ kind: 'keep', result: false });
    for (const idleMs of [11 * minute, 9 * minute]) {
      expect(terms(idleMs).state).toEqual({ ...seen, idleMs, data: { visits: 1, cookie: { path: '/' } } });
    }
  });

  it('lasts so long from its beginning, or from now if it was to last longer, and never longer than it was to', () => {
    const { createdAt, expiresAt } = session;
    expect(expiryOf(session, 31 * minute, now)).toBe(expiresAt);
    expect(expiryOf(session, 60 * minute, now)).toBe(createdAt + 60 * minute);
    expect(expiryOf(session, 20 * minute, now)).toBe(now + 20 * minute);
    expect(expiryOf(session, 30 * minute + 1, now)).toBe(expiresAt);
    const touched = (longestMs: number) =>
      touch({ idleMs: minute, longestMs, cookie: {} })(session, now).state;
    expect(touched(60 * minute)).toMatchObject({ expiresAt });
    expect(touched(20 * minute)).toMatchObject({ expiresAt: now + 20 * minute });
  });

  it('is changed only while it lives, and may be left as it is', () => {
    const next = { ...session, data: { visits: 2 } };
    expect(change(() => next)(session, now)).toMatchObject({ kind: 'write', result: true, state: next });
    expect(change(() => undefined)(session, now)).toEqual({ kind: 'keep', result: false });
    expect(change(() => next)(tombstone, now)).toEqual({ kind: 'keep', result: false });
  });
});

describe('a session nobody has signed in to', () => {
  it('is opened where there is none, if it is new', () => {
    expect(saveAnonymous(anonymous, false)(undefined, now)).toMatchObject({
      result: 'opened',
      state: anonymous,
    });
    expect(saveAnonymous(anonymous, true)(undefined, now)).toEqual({ kind: 'keep', result: 'over' });
  });

  it('goes on from when it was created, and lives as long as it is to live now', () => {
    const again = { ...anonymous, createdAt: now, lastSeenAt: now, expiresAt: now + 60 * minute };
    const { createdAt } = anonymous;
    for (const mustExist of [true, false]) {
      expect(saveAnonymous(again, mustExist)(anonymous, now)).toMatchObject({
        result: 'changed',
        state: { ...again, createdAt, expiresAt: createdAt + 60 * minute },
      });
    }
  });

  it('is no other one: not that of a user, nor one that is over', () => {
    expect(saveAnonymous(anonymous, false)(session, now)).toEqual({ kind: 'keep', result: 'owned' });
    expect(saveAnonymous(anonymous, false)(tombstone, now)).toEqual({ kind: 'keep', result: 'over' });
  });
});

describe('a session that ends', () => {
  it('leaves a tombstone for as long as it could have lived, and for five minutes at least', () => {
    expect(end()(session, now)).toMatchObject({ state: tombstone, result: session, ttlMs: 10 * minute });
    expect(end()({ ...session, expiresAt: now + 1 }, now)).toMatchObject({ ttlMs: 5 * minute });
    for (const over of [undefined, tombstone])
      expect(end()(over, now)).toEqual({ kind: 'keep', result: over });
  });

  it('for a copy ends only while both are the same', () => {
    const successor = { replacedBy: 'next' };
    expect(replace({ ...session, lastSeenAt: 0 }, successor)(session, now)).toMatchObject({
      state: { ...tombstone, ...successor },
    });
    for (const other of [
      { ...session, userId: 'bob' },
      { ...session, data: { visits: 2 } },
    ]) {
      expect(isSame(session, other)).toBe(false);
      expect(replace(session, successor)(other, now)).toEqual({ kind: 'keep', result: other });
    }
  });

  it('for its user is of that user', () => {
    expect(endOf('alice')(session, now)).toMatchObject({ kind: 'write', result: session });
    for (const other of [undefined, tombstone, anonymous]) {
      expect(endOf('alice')(other, now)).toEqual({ kind: 'keep', result: undefined });
    }
    expect(endOf('bob')(session, now)).toEqual({ kind: 'keep', result: undefined });
  });
});

describe('a record of a session', () => {
  const decode = (value: unknown): unknown => sessionCodec.decode(stringToBytes(JSON.stringify(value)));

  it.each([session, anonymous, tombstone, { ...tombstone, replacedBy: 'next', followUntil: 5 }])(
    'is %j',
    (record) => {
      expect(decode(record)).toEqual(record);
    },
  );

  it.each([
    {},
    [],
    null,
    { ...session, kind: 'dead' },
    { ...session, userId: '' },
    { ...session, userId: 7 },
    { ...session, data: [] },
    { ...session, idleMs: -1 },
    { ...session, expiresAt: undefined },
    { ...tombstone, endedAt: 'now' },
    { ...tombstone, replacedBy: '' },
    { ...tombstone, followUntil: 0.5 },
  ])('is not %j', (record) => {
    expect(() => decode(record)).toThrow();
  });

  it('leads on, but never back', () => {
    expect(successorOf({ ...tombstone, replacedBy: 'b' }, ['a'])).toBe('b');
    expect(successorOf({ ...tombstone, replacedBy: 'a' }, ['a', 'b'])).toBeUndefined();
    expect(successorOf(tombstone, ['a'])).toBeUndefined();
  });
});
