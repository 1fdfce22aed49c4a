import { InvalidArgumentError, type KvStore, stringToBytes, systemClock } from '@norikv/store';
import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import {
  type Change,
  type Codec,
  createUpdater,
  jsonCodec,
  keep,
  type UpdateOptions,
  type UpdaterOptions,
  write,
} from '../src/index.js';
import { increment, numberCodec } from './simulation.js';

const lists = jsonCodec((data) => data as readonly number[]);
const later = async (): Promise<never> => {
  throw new Error('later');
};

describe('a caller whose types are not checked', () => {
  const missing = undefined as never;

  it.each([undefined, Promise.resolve(createMemoryStore())])('is told that this is no store: %s', (store) => {
    const make = (): unknown => createUpdater(store as unknown as KvStore);
    expect(make).toThrow(InvalidArgumentError);
    expect(make).toThrow(/^store is .*; use an open store/);
  });

  it.each<[string, (updater: ReturnType<typeof createUpdater>) => Promise<unknown>]>([
    ['codec.encode', (updater) => updater.update('n', missing, () => write(1, 1))],
    ['codec.decode', (updater) => updater.read('n', { ...numberCodec, decode: missing })],
    ['transition', (updater) => updater.update('n', numberCodec, missing)],
  ])('is told which argument is no function: %s', async (name, call) => {
    const store = createMemoryStore();
    await store.put('n', '1');
    const error = await call(createUpdater(store)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(String(error)).toContain(`${name} is undefined; use a function`);
    expect((await store.get('n')).value).toEqual(stringToBytes('1'));
  });
});

it.each([undefined, {}])('a codec that checks nothing is refused when it is made: %s', (check) => {
  // Else every record would look like a damaged one.
  expect(() => jsonCodec(check as never)).toThrow(/^check is .*; use a function$/);
});

describe('the answer kept for an operation id', () => {
  it('stays as it was, whatever its callers do to it', async () => {
    const store = createMemoryStore();
    const updater = createUpdater(store);
    const seat = (): Promise<number[]> =>
      updater.update('n', lists, (list = []) => write([...list, 1], [7]), { opId: 'a' });
    await seat();
    (await seat()).push(8);
    await updater.update('n', lists, (list = []) => write([...list, 2], undefined));
    expect(await seat()).toEqual([7]);
  });
});

describe('a change', () => {
  it('that a transition uses again answers each caller with its own result', async () => {
    const updater = createUpdater(createMemoryStore());
    const change = { kind: 'write' as const, state: 0, result: 0 };
    const next = (current = 0): Change<number, number> =>
      Object.assign(change, { state: current + 1, result: current + 1 });
    const results = [1, 2, 3].map(() => updater.update('n', numberCodec, next));
    expect(await Promise.all(results)).toEqual([1, 2, 3]);
  });

  it('to a state that is a promise is refused', async () => {
    const store = createMemoryStore();
    const updater = createUpdater(store);
    const promised = updater.update('n', lists, () => write(later() as unknown as number[], 1));
    await expect(promised).rejects.toThrow('state is [object Promise]; use what it resolves to');
    expect(await updater.read('n', lists)).toBeUndefined();
  });
});

describe('what would make a record that nobody can read', () => {
  it.each<[string, UpdaterOptions, UpdateOptions]>([
    ['random()', { random: () => Number.NaN }, {}],
    ['random()', { random: later as unknown as () => number }, {}],
    ['clock.now()', { clock: Object.assign(new FakeClock(), { now: () => Number.NaN }) }, {}],
    ['clock.now()', { clock: Object.assign(new FakeClock(), { now: later as unknown as () => number }) }, {}],
    ['fingerprint', {}, { opId: 'a', fingerprint: 5 as unknown as string }],
    ['fingerprint', {}, { opId: 'a', fingerprint: null as unknown as string }],
  ])('is refused: %s', async (name, settings, options) => {
    const store = createMemoryStore();
    const updater = createUpdater(store, settings);
    const adding = updater.update('n', numberCodec, (n = 0) => write(n + 1, n + 1), options);
    const error = await adding.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(String((error as Error).cause ?? error)).toContain(`${name} is `);
    expect(await increment(createUpdater(store))).toBe(1);
  });

  it.each<[string, unknown]>([
    ['text', () => '{"a":1}'],
    ['a promise', later],
  ])('is refused: encode that gives %s', async (_, encode) => {
    const store = createMemoryStore();
    const codec = { ...lists, encode } as Codec<readonly number[]>;
    for (const plain of [false, true]) {
      const writing = createUpdater(store).update('n', { ...codec, plain }, () => write([1], 1));
      const error = await writing.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(InvalidArgumentError);
      expect(String((error as Error).cause)).toContain('encode() is ');
    }
    await expect(createUpdater(store).read('n', lists)).resolves.toBeUndefined();
  });
});

describe('a clock', () => {
  it.each([
    ['clock is null; use object', null],
    ['clock.now is undefined; use a function', {}],
    ['clock.now is 3; use a function', { now: 3 }],
    ['clock.monotonic is undefined; use a function', { ...systemClock, monotonic: undefined }],
    ['clock.startTimer is "soon"; use a function', { ...systemClock, startTimer: 'soon' }],
  ])('that is none is refused when the updater is made: %s', (message, clock) => {
    expect(() => createUpdater(createMemoryStore(), { clock: clock as never })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) }),
    );
  });

  it('before 1970 stands there: records hold no time below 0', async () => {
    const updater = createUpdater(createMemoryStore(), { clock: new FakeClock({ nowMs: -86_400_000.5 }) });
    expect(await updater.update('n', numberCodec, (_, now) => write(now, now))).toBe(0);
  });
});

describe('a codec', () => {
  it('whose decode gives a promise is refused', async () => {
    const store = createMemoryStore();
    await createUpdater(store).update('n', lists, () => write([1], 1));
    const codec = { ...lists, decode: later as unknown as () => number[] };
    const updater = createUpdater(store);
    await expect(updater.update('n', codec, () => keep(1))).rejects.toThrow('decode() is [object Promise]');
    await expect(updater.read('n', codec)).rejects.toThrow('decode() is [object Promise]');
  });

  it('may encode into a Node.js Buffer: a slice of what it gets back is a copy', async () => {
    const store = createMemoryStore();
    const codec: Codec<Uint8Array> = {
      encode: (state) => Buffer.from(state),
      decode: (bytes) => bytes.slice(),
    };
    const updater = createUpdater(store);
    await updater.update('n', codec, () => write(stringToBytes('abc'), undefined));
    const spoiling = updater.update('n', codec, (state): never => {
      state?.fill(0);
      throw new Error('spoilt');
    });
    const going = updater.update('n', codec, (state = new Uint8Array(0)) => write(state, undefined));
    await expect(spoiling).rejects.toThrow('spoilt');
    await going;
    expect(await updater.read('n', codec)).toEqual(stringToBytes('abc'));
  });
});
