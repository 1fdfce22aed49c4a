import { runInNewContext } from 'node:vm';
import { FakeClock } from '@norikv/testkit';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  type ListedSession,
  type Session,
  SessionManager,
  type SessionManagerOptions,
  type StandardSchema,
} from '../src/index.js';
import { memoryStore } from './engines.js';
import { describeOnEngines } from './world.js';

interface Basket {
  readonly items: readonly string[];
  readonly note?: string | undefined;
}

/** As zod and others make one: trims, and requires items. */
const basketSchema: StandardSchema<Basket> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate(value) {
      const { items, note } = value as Partial<Basket>;
      if (!Array.isArray(items)) return { issues: [{ message: 'is required', path: ['items'] }] };
      const at = items.findIndex((item) => typeof item !== 'string');
      if (at >= 0)
        return { issues: [{ message: 'is no text', path: [{ key: 'items' }, at] }, { message: 'bad' }] };
      return {
        value: { items: items.map((item: string) => item.trim()), ...(note !== undefined && { note }) },
      };
    },
  },
};

describeOnEngines('data of your own', (open) => {
  it('come back as they were given, whatever JSON can say', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = new SessionManager<Record<string, unknown>>(store, 60_000, { clock });
    const reserved = ['userId', 'createdAt', 'lastAccessedAt', '__proto__'];
    const key = fc.string({ unit: 'grapheme' }).filter((name) => !reserved.includes(name));
    const json = fc.jsonValue({ noUnicodeString: false, maxDepth: 4 });
    await fc.assert(
      fc.asyncProperty(fc.dictionary(key, json, { noNullPrototype: true }), async (data) => {
        fc.pre(!/"(__proto__)":/.test(JSON.stringify(data)) && JSON.stringify(data).isWellFormed());
        const id = await sessions.create('user', data);
        const times = { createdAt: clock.now(), lastAccessedAt: clock.now() };
        const expected = { ...JSON.parse(JSON.stringify(data)), userId: 'user', ...times };
        expect(await sessions.get(id)).toEqual(expected);
        expect(await sessions.update(id, (session) => session)).toBe(true);
        expect(await sessions.get(id)).toEqual(expected);
        await sessions.destroy(id);
      }),
      // A text that was cut within a character.
      { numRuns: 100, examples: [[{ '\udfff': '\ud800' }]] },
    );
  });
});

describe('types', () => {
  it('follow the data', () => {
    const baskets = new SessionManager<Basket>(memoryStore());
    expectTypeOf(baskets.get).returns.resolves.toEqualTypeOf<Session<Basket> | null>();
    expectTypeOf(baskets.create).parameters.toExtend<
      [userId: string, data: Basket, options?: { ttlMs?: number | undefined } | undefined]
    >();
    const profiles = new SessionManager(memoryStore());
    expectTypeOf(profiles.create).toBeCallableWith('user', 'a@example.com', ['role']);
    expectTypeOf(profiles.create).toBeCallableWith('user', { email: 'a@example.com', roles: [] });
    const inferred = new SessionManager(memoryStore(), 1_000, { schema: basketSchema });
    expectTypeOf(inferred).toEqualTypeOf<SessionManager<Basket>>();
    expectTypeOf(profiles.get).returns.resolves.toEqualTypeOf<Session | null>();
    expectTypeOf(profiles.list).returns.resolves.items.toEqualTypeOf<ListedSession>();
    expectTypeOf(SessionManager).toBeConstructibleWith(memoryStore(), 1_000, {} as SessionManagerOptions);
  });
});

describe('what JSON cannot say is refused with its place', () => {
  class Money {
    readonly amount = 1;
  }
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  it.each([
    [{ at: new Date(0) }, 'session data.at is a Date'],
    [{ a: [{ b: new Map() }] }, 'session data.a[0].b is a Map'],
    [{ a: [undefined] }, 'session data.a[0] is a undefined'],
    [{ n: Number.NaN }, 'session data.n is NaN'],
    [{ n: -Number.POSITIVE_INFINITY }, 'session data.n is -Infinity'],
    [{ n: 1n }, 'session data.n is a bigint'],
    [{ f: () => 1 }, 'session data.f is a function'],
    [{ s: Symbol('s') }, 'session data.s is a symbol'],
    [{ m: new Money() }, 'session data.m is a Money'],
    [{ p: JSON.parse('{"__proto__":1}') }, 'session data.p is an object with "__proto__"'],
    [cycle, 'nested deeper than 32'],
    [{ big: 'x'.repeat(65_536) }, 'session data is 65546 bytes long; use at most 65536 (maxDataBytes)'],
    [[], 'session data is an array'],
    [new Date(0), 'session data is a Date'],
    [null, 'session data is null'],
    [7, 'session data is 7'],
  ])('%#', async (data, message) => {
    const store = memoryStore();
    const sessions = new SessionManager<object>(store);
    const rejection = { code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) };
    await expect(sessions.create('user', data as object)).rejects.toMatchObject(rejection);
    const id = await sessions.create('user', { fine: true });
    await expect(sessions.update(id, () => data as object)).rejects.toMatchObject(rejection);
    expect(await sessions.get(id)).toMatchObject({ fine: true });
  });

  it('objects of another realm are none of that', async () => {
    const sessions = new SessionManager<object>(memoryStore());
    const id = await sessions.create('user', runInNewContext('({ cart: { items: [{ n: 1 }] } })'));
    expect(await sessions.get(id)).toMatchObject({ cart: { items: [{ n: 1 }] } });
    for (const foreign of ['new Date(0)', 'new Map()', '[]', 'new (class Money {})()', 'Promise.resolve()']) {
      const creation = sessions.create('user', runInNewContext(foreign));
      await expect(creation).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
  });

  it('a property that is undefined is left out', async () => {
    const sessions = new SessionManager<Basket>(memoryStore());
    const id = await sessions.create('user', { items: [], note: undefined });
    expect(Object.keys((await sessions.get(id)) ?? {})).not.toContain('note');
  });
});

describe('a change', () => {
  it('gets a copy, and what it throws is thrown and changes nothing', async () => {
    const sessions = new SessionManager(memoryStore());
    const id = await sessions.create('user', 'a@example.com', ['user']);
    const mutate = sessions.update(id, (session) => {
      session.roles.push('admin');
      throw new Error('no');
    });
    await expect(mutate).rejects.toThrow('no');
    expect((await sessions.get(id))?.roles).toEqual(['user']);
    await sessions.update(id, (session) => {
      session.roles.push('admin');
      return session;
    });
    expect((await sessions.get(id))?.roles).toEqual(['user', 'admin']);
  });

  it('cannot give the session to somebody else, or change its times', async () => {
    const sessions = new SessionManager<{
      readonly a?: number;
      readonly userId?: string;
      createdAt?: number;
    }>(memoryStore());
    const id = await sessions.create('user', {});
    await expect(sessions.update(id, () => ({ userId: 'root' }))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('userId of the session data is "root"'),
    });
    const before = await sessions.get(id);
    await sessions.update(id, () => ({ createdAt: 0, a: 1 }));
    expect(await sessions.get(id)).toMatchObject({ a: 1, userId: 'user', createdAt: before?.createdAt });
    await expect(sessions.create('user', { userId: 'root' })).rejects.toThrow('userId');
  });

  it('must be made at once', async () => {
    const sessions = new SessionManager<object>(memoryStore());
    const id = await sessions.create('user', {});
    await expect(sessions.update(id, async () => ({}))).rejects.toThrow('a Promise');
    const late = (): Promise<never> => Promise.reject(new Error('late'));
    await expect(sessions.update(id, late)).rejects.toThrow('a Promise');
  });

  it('of several at once, none is lost', async () => {
    const sessions = new SessionManager<{ readonly n: number }>(memoryStore());
    const id = await sessions.create('user', { n: 0 });
    await Promise.all(Array.from({ length: 50 }, () => sessions.update(id, ({ n }) => ({ n: n + 1 }))));
    expect((await sessions.get(id))?.n).toBe(50);
  });
});

describe('a schema', () => {
  it('checks what is created and changed, and its result is what is kept', async () => {
    const sessions = new SessionManager(memoryStore(), 60_000, { schema: basketSchema });
    const id = await sessions.create('user', { items: [' tea '] });
    expect((await sessions.get(id))?.items).toEqual(['tea']);
    await expect(sessions.create('user', {} as Basket)).rejects.toMatchObject({
      code: 'SESSION_DATA',
      issues: ['items: is required'],
    });
    const items = ['tea', 7] as string[];
    await expect(sessions.update(id, () => ({ items }))).rejects.toMatchObject({
      code: 'SESSION_DATA',
      issues: ['items.1: is no text', 'bad'],
      message: expect.stringContaining('items.1: is no text; bad'),
    });
    expect((await sessions.get(id))?.items).toEqual(['tea']);
  });

  it('and its result are what a sign-in tells, as a look does; whoever changes that changes nothing else', async () => {
    const clock = new FakeClock();
    const sessions = new SessionManager(memoryStore({ clock }), 60_000, { schema: basketSchema, clock });
    const { id, session, ownMs } = await sessions.signIn('user', { items: [' tea '] });
    expect(session).toEqual(await sessions.get(id));
    expect([session.items, ownMs]).toEqual([['tea'], null]);
    (session.items as string[]).push('coffee');
    expect((await sessions.get(id))?.items).toEqual(['tea']);
  });

  it('that does not accept what it made itself signs nobody in', async () => {
    const dateSchema: StandardSchema<{ at: unknown }> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) =>
          Object(value).at === 'text' ? { value: { at: 7 } } : { issues: [{ message: 'no text' }] },
      },
    };
    const sessions = new SessionManager(memoryStore(), 60_000, { schema: dateSchema });
    await expect(sessions.signIn('user', { at: 'text' })).rejects.toMatchObject({ code: 'SESSION_DATA' });
    expect(await sessions.revokeAll('user')).toBe(0);
  });

  it('refuses what was stored without it', async () => {
    const store = memoryStore();
    const id = await new SessionManager<object>(store).create('user', { other: true });
    const sessions = new SessionManager(store, 60_000, { schema: basketSchema });
    await expect(sessions.get(id)).rejects.toMatchObject({ code: 'SESSION_DATA' });
    await expect(sessions.update(id, (basket) => basket)).rejects.toMatchObject({ code: 'SESSION_DATA' });
    expect(await sessions.destroy(id)).toBe(true);
  });

  it('that makes no object is refused', async () => {
    const counting: StandardSchema<object> = {
      '~standard': { version: 1, vendor: 'test', validate: () => ({ value: 7 as unknown as object }) },
    };
    const sessions = new SessionManager(memoryStore(), 60_000, { schema: counting });
    await expect(sessions.create('user', {})).rejects.toThrow('session data is 7; use an object');
  });

  it('that waits is refused', async () => {
    const waiting: StandardSchema<Basket> = {
      '~standard': { version: 1, vendor: 'test', validate: async () => Promise.reject(new Error('late')) },
    };
    const sessions = new SessionManager(memoryStore(), 60_000, { schema: waiting });
    await expect(sessions.create('user', { items: [] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('synchronously'),
    });
  });

  it('that waits by a promise of another realm is refused, and lets nobody in', async () => {
    const store = memoryStore();
    const id = await new SessionManager<{ a: number }>(store).create('u', { a: 1 });
    const waiting = {
      '~standard': { version: 1, vendor: 'test', validate: () => runInNewContext('Promise.resolve({})') },
    } as const;
    const sessions = new SessionManager<{ a: number }>(store, undefined, { schema: waiting });
    await expect(sessions.get(id)).rejects.toThrow('synchronously');
  });
});
