import { runInNewContext } from 'node:vm';
import { bytesToString, find, type KvStore, UnavailableError } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import {
  type CacheCodec,
  type CacheEvent,
  createCache,
  type LoadContext,
  type StandardSchema,
} from '../src/index.js';
import { NoriKVKeyvStore } from '../src/keyv.js';

const schemaOf = <Value>(validate: (value: unknown) => unknown): StandardSchema<Value> =>
  ({ '~standard': { version: 1, vendor: 'test', validate } }) as StandardSchema<Value>;

describe('what a caller changes after a call', () => {
  it('is not kept: a value is what it was when it was set', async () => {
    const store = createMemoryStore();
    const [cache, keyv] = [createCache<{ a: number }>(store), new NoriKVKeyvStore(store)];
    const value = { a: 1 };
    const [set, write] = [cache.set('key', value), keyv.set('key', value)];
    value.a = 2;
    await Promise.all([set, write]);
    expect(await cache.get('key')).toEqual({ a: 1 });
    expect(await keyv.get('key')).toEqual({ a: 1 });
  });

  it('is not shared with others, where a schema froze the outside of a value only', async () => {
    const schema = schemaOf<{ list: number[] }>((value) => ({ value: Object.freeze(value) }));
    const cache = createCache(createMemoryStore(), { schema });
    await cache.set('key', { list: [1] });
    const read = await cache.get('key');
    expect(() => read?.list.push(2)).toThrow(TypeError);
    const ring: { self?: unknown } = {};
    ring.self = ring;
    const rings = createCache(createMemoryStore(), { schema: schemaOf<object>(() => ({ value: ring })) });
    await rings.set('key', {});
    expect(Object.isFrozen(await rings.get('key'))).toBe(true);
  });

  it('is not shared with who waited for the same load either, where what it gives is not kept', async () => {
    const memory = createMemoryStore();
    const down: KvStore = { ...memory, find: () => Promise.reject(new UnavailableError('down')) };
    const value = { at: new Date(0), list: [1] };
    const unkept = ({ keepFor }: LoadContext): unknown => {
      keepFor(0);
      return value;
    };
    const large = (): unknown => ({ ...value, text: 'x'.repeat(2 ** 20) });
    for (const [store, loader] of [
      [memory, unkept],
      [memory, large],
      [down, unkept],
      [down, large],
    ] as const) {
      const cache = createCache(store);
      const [one, other] = [cache.getOrSet('key', loader), cache.getOrSet('key', loader)];
      expect(await one).toMatchObject({ at: '1970-01-01T00:00:00.000Z', list: [1] });
      expect(await one).toBe(await other);
      expect(Object.isFrozen(await one)).toBe(true);
      expect(await cache.get('key')).toBeUndefined();
    }
    expect(Object.isFrozen(value)).toBe(false);
  });

  it('is not what the store has: bytes of a Buffer are copied, those of a codec too', async () => {
    const buffer = new Uint8Array(1);
    const bytes: CacheCodec<Uint8Array> = {
      encode(value) {
        buffer.set(value);
        return buffer;
      },
      decode: (stored) => stored,
    };
    const memory = createMemoryStore();
    const kept = new Map<string, Buffer>();
    const store: KvStore = {
      ...memory,
      async find(key, options) {
        const entry = await find(memory, key, options);
        const value = entry && (kept.get(bytesToString(entry.value)) ?? Buffer.from(entry.value));
        if (value) kept.set(bytesToString(value), value);
        return entry && value ? { ...entry, value } : null;
      },
    };
    const cache = createCache(store, { codec: bytes, maxEntries: 0 });
    const [one, two] = [cache.set('one', Uint8Array.of(1)), cache.set('two', Uint8Array.of(2))];
    await Promise.all([one, two]);
    const read = await cache.get('one');
    expect(read).toEqual(Uint8Array.of(1));
    read?.fill(9);
    expect(await cache.get('one')).toEqual(Uint8Array.of(1));
    expect(await cache.get('two')).toEqual(Uint8Array.of(2));
  });
});

describe('what works later where it should at once', () => {
  it('a codec is refused by name, and its rejections end no process', async () => {
    const events: CacheEvent[] = [];
    const late = (): never => Promise.reject(new Error('late')) as never;
    const codec: CacheCodec<string> = { encode: late, decode: bytesToString };
    const cache = createCache(createMemoryStore(), { codec, onEvent: (event) => events.push(event) });
    const message = 'value cannot be cached: codec.encode answers [object Promise]; use bytes, at once';
    await expect(cache.set('key', 'text')).rejects.toThrow(message);
    expect(await cache.getOrSet('key', () => 'text')).toBe('text');
    expect(events.map(({ kind }) => kind)).toContain('uncacheable');
  });

  it('a schema may, also by a promise of another realm', async () => {
    const schema = schemaOf<string>(() => runInNewContext("Promise.resolve({ value: 'seen' })"));
    const cache = createCache(createMemoryStore(), { schema });
    await cache.set('key', 'text');
    expect(await cache.get('key')).toBe('seen');
  });
});
