import {
  CancelledError,
  find,
  type KvStore,
  stringToBytes,
  systemClock,
  UnavailableError,
  UnsupportedError,
} from '@norikv/store';
import { createMemoryStore, FakeClock, withLyingServer } from '@norikv/testkit';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import {
  type Cache,
  type CacheCodec,
  type CacheEvent,
  type CacheOptions,
  createCache,
  jsonCacheCodec,
  type StandardSchema,
} from '../src/index.js';
import { Space } from '../src/place.js';
import { decodeRecord } from '../src/record.js';

describe('options', () => {
  it.each([
    [{ ttlMs: 0 }, 'ttlMs is 0'],
    [{ ttlMs: 2 * 86_400_000 }, 'use at most maxTtlMs (86400000)'],
    [{ negativeTtlMs: -1 }, 'negativeTtlMs is -1'],
    [{ ttlJitter: 1.1 }, 'ttlJitter is 1.1; use a number from 0 to 1'],
    [{ earlyRefresh: Number.NaN }, 'earlyRefresh is NaN'],
    [{ hardTimeoutMs: 0 }, 'hardTimeoutMs is 0'],
    [{ maxStalenessMs: 0 }, 'maxStalenessMs is 0'],
    [{ maxEntries: -1 }, 'maxEntries is -1; use a whole number from 0 to 16777216'],
    [{ maxEntries: 2 ** 32 }, 'maxEntries is 4294967296; use a whole number from 0 to 16777216'],
    [{ maxBytes: 0 }, 'maxBytes is 0'],
    [{ shards: 0.5 }, 'shards is 0.5'],
    [{ ttl: 5_000 } as never, 'an option is "ttl"; use prefix, '],
    [{ onEvent: 'log' } as never, 'onEvent is "log"; use a function'],
    [{ random: 5 } as never, 'random is 5; use a function'],
    [{ clock: null } as never, 'clock.now is undefined; use a function'],
    [{ clock: { now: 3 } } as never, 'clock.now is 3; use a function'],
    [{ clock: { ...systemClock, startTimer: undefined } } as never, 'clock.startTimer is undefined; use'],
    [{ codec: jsonCacheCodec(), schema: {} } as never, 'use it without a codec'],
    [{ prefix: '' }, 'prefix is empty'],
    [{ prefix: '\ud800' }, 'use a string of well-formed Unicode'],
    [{ maxTtlMs: Number.MAX_SAFE_INTEGER }, 'use at most 3155760000000 (a century)'],
  ])('refuses %j', (options: CacheOptions<unknown>, message) => {
    expect(() => createCache(createMemoryStore(), options)).toThrow(message);
  });

  it('refuses a prefix that leaves no room for a key', () => {
    const start = (prefix: string): unknown => createCache(createMemoryStore(), { prefix });
    expect(() => start('p'.repeat(957))).toThrow('prefix has 957 bytes');
    expect(() => start('/'.repeat(319))).toThrow('"%" and "/" counted three times; use at most 956');
    expect(start('p'.repeat(956))).toBeDefined();
  });

  it('refuses them in calls and namespaces too, and namespaces without a name', async () => {
    const cache = createCache(createMemoryStore());
    await expect(cache.getOrSet('key', () => 1, { ttlMs: 1.5 })).rejects.toThrow('ttlMs is 1.5');
    expect(() => cache.namespace('a', { ttlMs: 0 })).toThrow('ttlMs is 0');
    expect(() => cache.namespace('')).toThrow('name of a namespace is empty');
  });

  it.each([
    ['a key that is no text', (cache) => cache.get(7 as never), 'a key, tag, namespace or prefix is 7'],
    ['nothing as a key', (cache) => cache.getOrSet(undefined as never, () => 1), 'prefix is undefined'],
    ['a key in a namespace', (cache) => cache.namespace('a').delete(null as never), 'prefix is null'],
    [
      'text for tags',
      (cache) => cache.getOrSet('k', () => 1, { tags: 'a' as never }),
      'tags is "a"; use an array',
    ],
    ['a tag of half a sign', (cache) => cache.getOrSet('k', () => 1, { tags: ['\ud800'] }), 'is "\\ud800"'],
    ['text to invalidate', (cache) => cache.invalidateTags('a' as never), 'tags is "a"; use an array'],
    ['no loader', (cache) => cache.getOrSet('k', undefined as never), 'loader is undefined; use a function'],
    [
      'a misspelt option',
      (cache) => cache.set('k', 1, { ttl: 5 } as never),
      'an option is "ttl"; use ttlMs,',
    ],
    [
      'a signal for a write, which it could not end',
      (cache) => cache.set('k', 1, { signal: AbortSignal.abort() } as never),
      'an option is "signal"; use ttlMs,',
    ],
    [
      'a schema beside a codec',
      async (cache) => cache.namespace('a', { codec: jsonCacheCodec(), schema: {} } as never),
      'use it without a codec',
    ],
    [
      'a misspelt option of a namespace',
      async (cache) => cache.namespace('a', { tags: [] } as never),
      'an option is "tags"',
    ],
    [
      'null for options',
      (cache) => cache.getOrSet('k', () => 1, null as never),
      'options is null; use an object',
    ],
    ['a ttl in place of options', (cache) => cache.set('k', 1, 5_000 as never), 'options is 5000; use an'],
    [
      'null for options of a namespace',
      async (cache) => cache.namespace('a', null as never),
      'options is null',
    ],
    [
      'no signal',
      (cache) => cache.getOrSet('k', () => 1, { signal: 5 as never }),
      'signal is 5; use the signal',
    ],
  ] satisfies [string, (cache: Cache<unknown>) => Promise<unknown>, string][])(
    'refuses %s',
    async (_what, call, message) => {
      const caught = await call(createCache(createMemoryStore())).catch((error: unknown) => error);
      expect(caught).toMatchObject({ code: 'INVALID_ARGUMENT' });
      expect(caught).toMatchObject({ message: expect.stringContaining(message) });
    },
  );

  it('waits for a loader with a limit that no timer reaches, and keeps what it gives', async () => {
    const store = createMemoryStore();
    const cache = createCache<unknown>(store, { hardTimeoutMs: Number.MAX_SAFE_INTEGER });
    const load = (): Promise<string> => new Promise((resolve) => setTimeout(() => resolve('loaded'), 20));
    expect(await cache.getOrSet('key', load)).toBe('loaded');
    expect(await createCache(store).get('key')).toBe('loaded');
  });

  it('refuses a store without the guarantees, unless told otherwise', async () => {
    const store = withLyingServer(createMemoryStore());
    expect(() => createCache(store)).toThrow(UnsupportedError);
    const cache = createCache(store, { unsafeAllowNonAtomicCas: true });
    expect(await cache.getOrSet('key', () => 1)).toBe(1);
  });
});

describe('random', () => {
  const broken = [
    ['NaN', () => Number.NaN],
    ['1', () => 1],
    ['[object Promise]', (async () => Promise.reject(new Error('later'))) as unknown as () => number],
  ] as const;

  it.each(broken)('that gives %s is refused by its name', async (shown, random) => {
    const cache = createCache<number>(createMemoryStore(), { random, ttlJitter: 0.5 });
    const refusal = `random() is ${shown}; use`;
    await expect(cache.getOrSet('key', () => 1)).rejects.toThrow(refusal);
    await expect(cache.set('key', 1)).rejects.toThrow(refusal);
    expect(await cache.get('key')).toBeUndefined();
  });

  it('names no leases: two processes with the same numbers do not take each other for themselves', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const options = { clock, random: () => 0.5 };
    const other = createCache<string>(memory, options);
    const slowly = (): Promise<string> =>
      new Promise((resolve) => clock.startTimer(() => resolve('other'), 100));
    let theirs: Promise<string> | undefined;
    const store: KvStore = {
      ...memory,
      async put(key, value, putOptions) {
        if (theirs) return memory.put(key, value, putOptions);
        theirs = other.getOrSet('key', slowly);
        while ((await find(memory, key)) === null);
        throw new UnavailableError('nobody knows', { outcome: 'unknown' });
      },
    };
    const own = vi.fn(() => 'own');
    expect(await clock.run(createCache<string>(store, options).getOrSet('key', own))).toBe('other');
    expect(await theirs).toBe('other');
    expect(own).not.toHaveBeenCalled();
  });
});

describe('memory', () => {
  it('is bounded by entries, least recently used first out', async () => {
    const cache = createCache(createMemoryStore(), { maxEntries: 2 });
    for (const key of ['a', 'b']) await cache.getOrSet(key, () => key);
    await cache.get('a');
    await cache.getOrSet('c', () => 'c');
    expect(cache.getStats()).toMatchObject({ entries: 2, memoryHits: 1, storeHits: 0 });
    await cache.get('a');
    await cache.get('b');
    expect(cache.getStats()).toMatchObject({ memoryHits: 2, storeHits: 1, entries: 2 });
  });

  it('is bounded by bytes', async () => {
    const cache = createCache(createMemoryStore(), { maxBytes: 1_000 });
    for (let number = 0; number < 20; number += 1)
      await cache.getOrSet(`key ${number}`, () => 'x'.repeat(200));
    const { entries, bytes } = cache.getStats();
    expect(entries).toBe(4);
    expect(bytes).toBeLessThanOrEqual(1_000);
    await cache.getOrSet('large', () => 'x'.repeat(2_000));
    expect(await cache.get('large')).toHaveLength(2_000);
    expect(cache.getStats().bytes).toBeLessThanOrEqual(1_000);
  });

  it('can be switched off', async () => {
    const cache = createCache(createMemoryStore(), { maxEntries: 0 });
    await cache.getOrSet('key', () => 1);
    expect(await cache.get('key')).toBe(1);
    expect(cache.getStats()).toMatchObject({ entries: 0, bytes: 0, memoryHits: 0, storeHits: 1 });
  });
});

describe('keys', () => {
  const name = fc.string({
    unit: fc.constantFrom('a', ':', '/', '%', '2', '5', 'F', '0', '\0', 'é', '\\'),
    maxLength: 6,
  });

  it('are different wherever namespace or key differ, in the store and in memory', () => {
    const place = fc.tuple(
      fc.array(
        name.filter((text) => text !== ''),
        { maxLength: 3 },
      ),
      name,
    );
    fc.assert(
      fc.property(place, place, ([spaces, key], [otherSpaces, otherKey]) => {
        const one = new Space(spaces).place(key, 'cache', 16, 1_024);
        const other = new Space(otherSpaces).place(otherKey, 'cache', 16, 1_024);
        const isSame = JSON.stringify([spaces, key]) === JSON.stringify([otherSpaces, otherKey]);
        expect(one.storeKey === other.storeKey).toBe(isSame);
        expect(one.memoryKey === other.memoryKey).toBe(isSame);
      }),
      { numRuns: 5_000 },
    );
  });

  it('are different however one text is divided between namespaces and key', () => {
    const part = fc.constantFrom('a', 'b', '%', '2F', '%2F', ':', '/', '\0', '%00');
    const text = fc.tuple(
      fc.array(part, { minLength: 2, maxLength: 4 }),
      fc.constantFrom('/', '%2F', '\0', ''),
    );
    fc.assert(
      fc.property(text, ([parts, separator]) => {
        const whole = { names: [] as string[], key: parts.join(separator) };
        const divided = parts.slice(1).flatMap((_, at) => {
          const [before, after] = [parts.slice(0, at + 1), parts.slice(at + 1).join(separator)];
          return [
            { names: before, key: after },
            { names: [before.join(separator)], key: after },
          ];
        });
        const all = new Map([whole, ...divided].map((each) => [JSON.stringify(each), each]));
        const places = [...all.values()].map(({ names, key }) =>
          new Space(names).place(key, 'cache', 16, 1_024),
        );
        expect(new Set(places.map(({ storeKey }) => storeKey)).size).toBe(all.size);
        expect(new Set(places.map(({ memoryKey }) => memoryKey)).size).toBe(all.size);
      }),
      { numRuns: 5_000 },
    );
  });

  it('of the cache itself are none of a namespace, though they are spelled as those are in memory', () => {
    const inside = new Space(['a']).place('key', 'cache', 16, 1_024);
    const own = new Space([]).place(inside.memoryKey, 'cache', 16, 1_024);
    expect(own.memoryKey).not.toBe(inside.memoryKey);
  });

  it('are different wherever the prefix is, though one divides where the other has a namespace', async () => {
    const store = createMemoryStore();
    await createCache(store, { prefix: 'a' }).namespace('v').set('key', 'of a');
    expect(await createCache(store, { prefix: 'a/v' }).get('key')).toBeUndefined();
  });

  it('may be of any length and content', async () => {
    const cache = createCache(createMemoryStore());
    const keys = [
      '',
      '\0',
      '__proto__',
      'x'.repeat(1_014),
      'x'.repeat(2_000),
      'x'.repeat(2_001),
      'ü'.repeat(800),
    ];
    for (const key of keys) await cache.set(key, key);
    expect(await Promise.all(keys.map((key) => cache.get(key)))).toEqual(keys);
    await cache.set('tagged', 1, { tags: ['__proto__', '', 'x'.repeat(2_000)] });
    await cache.invalidateTags(['__proto__']);
    expect(await cache.get('tagged')).toBeUndefined();
    await expect(cache.get('\ud800')).rejects.toThrow('well-formed');
  });
});

describe('codec and schema', () => {
  interface User {
    readonly name: string;
  }

  const userSchema: StandardSchema<User> = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) =>
        typeof (value as Partial<User>)?.name === 'string'
          ? { value: value as User }
          : { issues: [{ message: 'a user has a name' }] },
    },
  };
  const later: StandardSchema<User> = {
    '~standard': {
      ...userSchema['~standard'],
      validate: async (value) => userSchema['~standard'].validate(value),
    },
  };

  it.each([
    ['at once', userSchema],
    ['later', later],
  ])('what does not pass the schema, which answers %s, is a miss', async (_when, schema) => {
    const store = createMemoryStore();
    const events: CacheEvent[] = [];
    await createCache(store).set('7', { title: 'from an older release' });
    const cache = createCache(store, { schema, onEvent: (event) => events.push(event) });
    expect(await cache.get('7')).toBeUndefined();
    expect(events[0]).toMatchObject({
      kind: 'unreadable',
      key: '7',
      error: { message: 'a user has a name' },
    });
    expect(await cache.getOrSet('7', () => ({ name: 'Ada' }))).toEqual({ name: 'Ada' });
    expect(await createCache(store).get('7')).toEqual({ name: 'Ada' });
  });

  it('what was loaded and does not pass is returned and not kept', async () => {
    const cache = createCache<unknown>(createMemoryStore()).namespace('users', { schema: userSchema });
    const broken = JSON.parse('{"title":"no name"}') as User;
    expect(await cache.getOrSet('7', () => broken)).toBe(broken);
    expect(await cache.get('7')).toBeUndefined();
  });

  it('a namespace may have a codec of its own', async () => {
    const codec: CacheCodec<bigint> = {
      encode: (value) => stringToBytes(String(value)),
      decode: (bytes) => BigInt(new TextDecoder().decode(bytes)),
    };
    const cache = createCache(createMemoryStore()).namespace('sums', { codec });
    expect(await cache.getOrSet('key', () => 2n ** 70n)).toBe(2n ** 70n);
    expect(await cache.namespace('inner').getOrSet('key', () => 1n)).toBe(1n);
  });

  it('what has no encoding, or is too large for the store, is returned and not kept, or refused by set', async () => {
    const events: string[] = [];
    const cache = createCache<unknown>(createMemoryStore(), { onEvent: ({ kind }) => events.push(kind) });
    expect(await cache.getOrSet('key', () => 1n)).toBe(1n);
    expect(events).toContain('uncacheable');
    await expect(cache.set('key', () => {})).rejects.toThrow('value cannot be cached: function has no JSON');
    expect(await cache.getOrSet('large', () => 'x'.repeat(2 ** 20))).toHaveLength(2 ** 20);
    expect(await cache.get('large')).toBeUndefined();
    await expect(cache.set('large', 'x'.repeat(2 ** 20))).rejects.toThrow('and the store takes 1048576');
    events.length = 0;
    await cache.getOrSet('tagged', () => 'x'.repeat(2 ** 20 - 600), { tags: ['日'.repeat(200)] });
    expect(events).toContain('uncacheable');
  });

  it('bytes in the store that are no record are a miss, and are overwritten', async () => {
    const store = createMemoryStore();
    const cache = createCache(store);
    for (const bytes of [
      '',
      '\n',
      'no record',
      '{"at":1}\n',
      '[]',
      '{"lease":5}\n',
      '{"at":1,"fresh":9,"epochs":null}\n1',
      '{"at":"x","fresh":"y","epochs":{"n":"0"}}\n1',
    ]) {
      await store.put('cache/v/key', bytes);
      expect(await cache.get('key')).toBeUndefined();
      expect(await cache.getOrSet('key', () => 'fine')).toBe('fine');
      expect(await createCache(store).get('key')).toBe('fine');
      await cache.delete('key');
    }
    await store.put('cache/v/key', '{"at":1700000000000,"fresh":99999999999999,"epochs":{}}\n1');
    expect(await cache.get('key')).toBeUndefined();
    expect(decodeRecord(new Uint8Array([255, 10]))).toEqual({ body: undefined, lease: undefined });
  });
});

describe('waiting', () => {
  it('ends with the signal, for that caller alone', async () => {
    const clock = new FakeClock();
    const cache = createCache<string>(createMemoryStore({ clock }), { clock });
    const load = (): Promise<string> =>
      new Promise((resolve) => clock.startTimer(() => resolve('value'), 100));
    const controller = new AbortController();
    const given = cache.getOrSet('key', load, { signal: controller.signal }).catch((error: unknown) => error);
    const other = cache.getOrSet('key', load, { signal: new AbortController().signal });
    await clock.advance(10);
    controller.abort('enough');
    expect(await given).toBeInstanceOf(CancelledError);
    expect(await given).toMatchObject({ cause: 'enough', name: 'AbortError' });
    expect(await clock.run(other)).toBe('value');
    const unused = vi.fn(load);
    await expect(cache.getOrSet('new', unused, { signal: AbortSignal.abort() })).rejects.toThrow(
      CancelledError,
    );
    await clock.advance(1);
    expect(unused).not.toHaveBeenCalled();
  });

  it('adds one listener to a signal, however many wait for it', async () => {
    const clock = new FakeClock();
    const cache = createCache<string>(createMemoryStore({ clock }), { clock });
    const { signal } = new AbortController();
    const listen = vi.spyOn(signal, 'addEventListener');
    const unlisten = vi.spyOn(signal, 'removeEventListener');
    const keys = Array.from({ length: 20 }, (_, number) => `key ${number}`);
    const load = (): Promise<string> =>
      new Promise((resolve) => clock.startTimer(() => resolve('value'), 100));
    await clock.run(Promise.all(keys.map((key) => cache.getOrSet(key, load, { signal }))));
    expect([listen, unlisten].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
  });
});

describe('events', () => {
  it('report what happened, and a listener that throws harms nobody', async () => {
    const kinds: string[] = [];
    const cache = createCache(createMemoryStore(), {
      onEvent({ kind }) {
        kinds.push(kind);
        throw new Error('listener');
      },
    });
    await cache.get('key');
    await cache.getOrSet('key', () => 1);
    await cache.get('key');
    expect(kinds).toEqual(['miss', 'load', 'miss']);
    expect(cache.getStats()).toEqual({
      memoryHits: 1,
      storeHits: 0,
      staleHits: 0,
      misses: 2,
      loads: 1,
      loadErrors: 0,
      lostFills: 0,
      storeErrors: 0,
      entries: 1,
      bytes: 8,
    });
  });
});
