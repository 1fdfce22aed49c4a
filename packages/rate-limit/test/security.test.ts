import { createMemoryStore, FakeClock, withLyingServer } from '@norikv/testkit';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { hashIdentifier, RateLimiter, rateLimitHeaders } from '../src/index.js';
import { startProcesses, times } from './processes.js';

const limit = { maxRequests: 10, windowMs: 60_000 };

describe('identifiers that a client chooses', () => {
  it('different ones never share a limit, however they are spelled', async () => {
    const hostile = fc.oneof(
      fc.string({ minLength: 1, unit: 'binary' }),
      fc.string({ minLength: 250, maxLength: 600 }),
      fc.constantFrom(
        'a:b',
        'a',
        '#',
        'a#b',
        '__proto__',
        'constructor',
        '\u0000',
        '\ud800',
        '\udfff',
        ';',
        ' ',
        '\n',
      ),
    );
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (one, other) => {
        const limiter = new RateLimiter(createMemoryStore());
        await limiter.checkLimit(one, limit, { cost: 10 });
        expect((await limiter.checkLimit(other, limit)).allowed).toBe(one !== other);
      }),
    );
  });

  it('long ones are hashed: a key has a bounded length and cannot be forged', async () => {
    const { all } = startProcesses(1);
    const [{ limiter, store }] = all;
    const long = 'x'.repeat(1_000_000);
    await limiter.checkLimit(long, limit, { cost: 10 });
    const key = `ratelimit#${await hashIdentifier(JSON.stringify(long))}`;
    expect(store.callsTo(key).total).toBeGreaterThan(0);
    expect(key.length).toBeLessThan(150);
    expect((await limiter.checkLimit(key.slice('ratelimit#'.length), limit)).allowed).toBe(true);
    expect(await hashIdentifier('abc')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  it('long ones are hashed once, also where several are checked together', async () => {
    const limiter = new RateLimiter(createMemoryStore());
    const account = { identifier: 'account'.repeat(100), limits: limit };
    const address = { identifier: 'address'.repeat(100), limits: { ...limit, maxRequests: 1 } };
    const digest = vi.spyOn(crypto.subtle, 'digest');
    try {
      expect((await limiter.checkAll([account, address])).allowed).toBe(true);
      expect(digest).toHaveBeenCalledTimes(2);
      digest.mockClear();
      const { identifier } = address;
      expect(
        (await limiter.checkAll([account, { identifier, limits: address.limits, cost: 2 }])).allowed,
      ).toBe(false);
      expect(digest).toHaveBeenCalledTimes(2);
    } finally {
      digest.mockRestore();
    }
  });

  it.each(['', undefined, null, 7, {}])(
    '%o is refused, and nobody shares a limit by mistake',
    async (identifier) => {
      const limiter = new RateLimiter(createMemoryStore());
      await expect(limiter.checkLimit(identifier as string, limit)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('identifier'),
      });
    },
  );

  it('prefixes keep limiters apart', async () => {
    const store = createMemoryStore();
    await new RateLimiter(store, { prefix: 'a' }).checkLimit('b:c', limit, { cost: 10 });
    expect((await new RateLimiter(store, { prefix: 'a#b' }).checkLimit('c', limit)).allowed).toBe(true);
  });

  it('cannot make memory grow: what was denied, reserved or counted locally is forgotten', async () => {
    const { all } = startProcesses(1, { maxIdentifiers: 3, chunk: 2 });
    const [{ limiter, store }] = all;
    const one = { maxRequests: 1, windowMs: 60_000 };
    for (const position of times(5, (index) => index)) {
      await limiter.checkLimit(`client ${position}`, one);
      await limiter.checkLimit(`client ${position}`, one);
    }
    store.reset();
    for (const position of [4, 3, 2]) {
      expect((await limiter.checkLimit(`client ${position}`, one)).source).toBe('memory');
    }
    expect(store.calls.total).toBe(0);
    expect((await limiter.checkLimit('client 0', one)).source).toBe('store');
  });
});

describe('numbers', () => {
  const limiter = new RateLimiter(createMemoryStore());
  const wrong = [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 1e17, '5', null, {}];

  it.each(wrong)('maxRequests %o is refused', async (value) => {
    const maxRequests = value as number;
    await refused(limiter.checkLimit('a', { maxRequests, windowMs: 1_000 }), 'maxRequests');
  });

  it.each(wrong)('windowMs %o is refused', async (value) => {
    await refused(limiter.checkLimit('a', { maxRequests: 1, windowMs: value as number }), 'windowMs');
  });

  it.each(wrong)('cost %o is refused: a negative cost would be a refund', async (value) => {
    const cost = value as number;
    await refused(limiter.checkLimit('a', limit, { cost }), 'cost');
    await refused(limiter.peek('a', limit, { cost }), 'cost');
    await refused(limiter.refund('a', limit, { cost }), 'cost');
  });

  it.each(wrong)('a block of %o ms is refused', async (value) => {
    await refused(limiter.block('a', value as number), 'durationMs');
  });

  it.each([
    [{ ...limit, burst: 0 }, 'burst'],
    [{ maxRequests: 1, windowMs: 366 * 86_400_000, burst: 101 }, 'within 100 years'],
    [{ ...limit, burst: 2, algorithm: 'fixed-window' }, 'burst'],
    [{ ...limit, algorithm: 'leaky' }, 'algorithm'],
    [{ ...limit, algorithm: '__proto__' }, 'algorithm'],
    [{ ...limit, name: '' }, 'name'],
    [{ ...limit, name: 'a"\r\nSet-Cookie: b' }, 'name'],
    [{ ...limit, name: 'x'.repeat(25) }, 'name'],
    [[], 'at least one'],
    [[limit, limit], 'twice'],
    [null, 'limit'],
    [[5], 'limit'],
  ])('the limit %o is refused', async (config, message) => {
    await refused(limiter.checkLimit('a', config as typeof limit), message);
  });

  it.each([
    [{ prefix: '' }, 'prefix'],
    [{ prefix: 'x'.repeat(65) }, 'prefix'],
    [{ prefix: '\ud800' }, 'prefix'],
    [{ prefix: 7 }, 'prefix'],
    [{ onFailure: 'ignore' }, 'onFailure'],
    [{ maxRequests: 5 }, 'an option is "maxRequests"; use prefix, onFailure, '],
    [{ instances: 0 }, 'instances'],
    [{ chunk: 1.5 }, 'chunk'],
    [{ maxIdentifiers: -1 }, 'maxIdentifiers'],
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ denyCacheMs: Number.NaN }, 'denyCacheMs'],
    [{ chunkHoldMs: 2 ** 40 }, 'chunkHoldMs'],
    [{ onFailed: 'closed' }, 'onFailed'],
    [{ clock: 5 }, 'clock'],
    [{ clock: {} }, 'clock.now is undefined; use a function'],
    [{ random: 1 }, 'random'],
    [{ onEvent: 'log' }, 'onEvent'],
    [null, 'options'],
  ])('the option %o is refused', (options, message) => {
    expect(() => new RateLimiter(createMemoryStore(), options as object)).toThrow(message);
  });

  it.each([[[]], [null]])('the checks %o are refused', async (checks) => {
    await refused(limiter.checkAll(checks as unknown as Parameters<RateLimiter['checkAll']>[0]), 'checks');
  });

  it('undefined options are defaults', () => {
    new RateLimiter(createMemoryStore(), { onFailure: undefined, chunk: undefined });
  });
});

describe('a store without the guarantees', () => {
  it('is refused, unless the caller says so', () => {
    const offered = createMemoryStore().capabilities;
    for (const capability of ['atomicCas', 'createIfAbsent', 'linearizableReads'] as const) {
      const store = withLyingServer(createMemoryStore(), {
        capabilities: { ...offered, [capability]: false },
      });
      expect(() => new RateLimiter(store)).toThrow(capability);
      new RateLimiter(store, { unsafeAllowNonAtomicCas: true });
    }
    const forgetful = withLyingServer(createMemoryStore(), { capabilities: { ...offered, ttl: 'none' } });
    expect(() => new RateLimiter(forgetful)).toThrow('ttl');
  });
});

describe('what leaves the process', () => {
  it('no header and no event names the client', async () => {
    const events: unknown[] = [];
    const clock = new FakeClock();
    const limiter = new RateLimiter(createMemoryStore({ clock }), {
      clock,
      onEvent: (event) => events.push(event),
    });
    for (const _ of times(12, () => 0)) {
      const result = await limiter.checkLimit('secret@example.org', limit);
      expect(JSON.stringify([result, rateLimitHeaders(result)])).not.toContain('secret');
    }
    expect(events).toHaveLength(12);
    expect(JSON.stringify(events)).not.toContain('secret');
  });

  it('a listener that throws changes nothing', async () => {
    const onEvent = (): never => {
      throw new Error('broken listener');
    };
    const limiter = new RateLimiter(createMemoryStore(), { onEvent });
    expect((await limiter.checkLimit('a', limit)).allowed).toBe(true);
  });

  it('no timer is left behind', async () => {
    const { clock, all } = startProcesses(2);
    for (const { limiter } of all) await limiter.checkLimit('a', limit);
    expect(clock.pendingTimers).toBe(0);
  });
});

async function refused(call: Promise<unknown>, message: string): Promise<void> {
  await expect(call).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(message),
  });
}
