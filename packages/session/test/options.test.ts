import { describe, expect, it } from 'vitest';
import { type CreateOptions, SessionManager } from '../src/index.js';
import { memoryStore } from './engines.js';

const wrong = [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 1e17, '5', null, {}];

const wrongOptions: readonly (readonly [options: object, message: string])[] = [
  ...['absoluteMs', 'maxSessions', 'maxDataBytes', 'deadlineMs'].flatMap((name) =>
    wrong.map((value) => [{ [name]: value }, name] as const),
  ),
  [{ absoluteMs: 999 }, 'absoluteMs is 999; use at least ttlMs, which is 1000'],
  [{ maxSessions: 1_001 }, 'maxSessions'],
  [{ maxDataBytes: 1_000_001 }, 'maxDataBytes'],
  [{ whenFull: 'ignore' }, "whenFull is \"ignore\"; use 'evict-oldest' or 'refuse'"],
  [{ prefix: '' }, 'prefix is ""'],
  [{ prefix: 'a b' }, 'prefix is "a b"'],
  [{ prefix: 'x'.repeat(65) }, 'prefix'],
  [{ prefix: {} }, 'prefix is an object'],
  [{ idleMs: 5 }, '"idleMs" is no option'],
  [{ schema: {} }, 'schema is an object; use a schema'],
  [{ schema: null }, 'schema is null'],
  [{ clock: 5 }, 'clock is 5'],
  [{ clock: null }, 'clock is null'],
  [{ ttlMs: 5 }, '"ttlMs" is no option'],
];

describe('options', () => {
  it.each(wrong)('ttlMs %o is refused', (value) => {
    expect(() => new SessionManager(memoryStore(), value as number)).toThrow(/^ttlMs is/);
  });

  it.each(wrongOptions)('%o is refused', (options, message) => {
    expect(() => new SessionManager(memoryStore(), 1_000, options)).toThrow(message);
  });

  it('undefined ones are defaults', () => {
    new SessionManager(memoryStore(), undefined, {
      prefix: undefined,
      absoluteMs: undefined,
      schema: undefined,
    });
  });

  it('an idle time longer than twelve hours is its own absolute time', () => {
    new SessionManager(memoryStore(), 7 * 86_400_000);
  });

  it('prefixes keep managers apart', async () => {
    const store = memoryStore();
    const [one, two] = ['a', 'b'].map((prefix) => new SessionManager(store, 1_000, { prefix }));
    const id = await one?.create('user', 'a@example.com', []);
    expect(await one?.validate(id)).toBe(true);
    expect(await two?.validate(id)).toBe(false);
    expect(await two?.list('user')).toEqual([]);
  });
});

describe('arguments', () => {
  const sessions = new SessionManager(memoryStore());

  it.each(['', undefined, null, 7, {}, '\ud800', 'x'.repeat(257)])(
    'the user id %o is refused',
    async (value) => {
      const userId = value as string;
      for (const call of [
        () => sessions.create(userId, 'a@example.com', []),
        () => sessions.list(userId),
        () => sessions.revoke(userId, 'handle'),
        () => sessions.revokeAll(userId),
        () => sessions.generation(userId),
      ]) {
        await expect(call()).rejects.toMatchObject({
          code: 'INVALID_ARGUMENT',
          message: expect.stringContaining('userId is'),
        });
      }
    },
  );

  it.each([
    [{ ttlMs: 0 }, 'ttlMs'],
    [{ absoluteMs: 1 }, 'absoluteMs'],
    [{ generation: -1 }, 'generation'],
    [{ ttl: 5 }, 'an option of create is "ttl"'],
  ])('a session with %o is refused', async (options, message) => {
    await expect(sessions.create('user', 'a@example.com', [], options as CreateOptions)).rejects.toThrow(
      message,
    );
  });

  it('a change that is no function is refused', async () => {
    await expect(sessions.update('', 5 as never)).rejects.toThrow('updateFn is 5; use a function');
  });

  it.each([-1, 60_001, Number.NaN, '5'])('an overlap of %o is refused', async (value) => {
    const id = await sessions.create('user', 'a@example.com', []);
    await expect(sessions.regenerate(id, { overlapMs: value as number })).rejects.toThrow('overlapMs is');
    expect(await sessions.validate(id)).toBe(true);
  });
});
