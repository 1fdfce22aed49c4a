import { bytesToString, InvalidArgumentError, stringToBytes } from '@norikv/store';
import { countCalls, createMemoryStore, FakeClock } from '@norikv/testkit';
import { describe, expect, expectTypeOf, it, onTestFinished, vi } from 'vitest';
import { type Codec, createUpdater, jsonCodec, keep, remove, type Updater, write } from '../src/index.js';
import { increment, numberCodec } from './simulation.js';

const plainCodec = { ...numberCodec, plain: true };
const addPlain = (updater: Updater): Promise<number> =>
  updater.update('n', plainCodec, (current = 0) => write(current + 1, current + 1));
const drop = (updater: Updater, codec = numberCodec): Promise<string> =>
  updater.update('n', codec, () => remove('dropped'));

describe('a record', () => {
  it('is one header line and the encoded state', async () => {
    const store = createMemoryStore();
    await createUpdater(store, { random: () => 0 }).update('n', numberCodec, () => write(41, 'x'), {
      opId: 'a',
      fingerprint: 'f',
    });
    const text = bytesToString((await store.get('n')).value);
    expect(text).toMatch(/^norikv:1 \{"w":\[\["[0-9a-f]{20}",1\]\],"o":\[\["a","f","x"\]\]\}\n41$/);
  });

  it('is numbered by the Math.random of now, such as a double that a test has set', async () => {
    const double = vi.spyOn(Math, 'random').mockReturnValue(0);
    onTestFinished(() => double.mockRestore());
    const store = createMemoryStore();
    await increment(createUpdater(store));
    expect(bytesToString((await store.get('n')).value)).toContain(',1]]');
  });

  it('keeps the mark of each writer once, newest first', async () => {
    const memory = createMemoryStore();
    const writers = [1, 2, 3].map(() => createUpdater(countCalls(memory)));
    for (const writer of [...writers, ...writers]) await increment(writer);
    const header = JSON.parse(
      bytesToString((await memory.get('n')).value)
        .split('\n')[0]
        ?.slice(9) ?? '',
    );
    const numbers = header.w.map(([, writeNumber]: [string, number]) => writeNumber);
    expect(header.w).toHaveLength(3);
    expect(numbers).toEqual([numbers[0], numbers[0] - 1, numbers[0] - 2]);
  });

  it('of a kind that could not be read again is not written', async () => {
    const updater = createUpdater(createMemoryStore());
    const cents = jsonCodec((data) => {
      if (typeof data !== 'number') throw new TypeError('no number of cents');
      return data;
    });
    await updater.update('cents', cents, () => write(5, null));
    const spoiling = updater.update('cents', cents, () => write(Number.NaN, null));
    await expect(spoiling).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', outcome: 'not-applied' });
    expect(await updater.update('cents', cents, (current = 0) => write(current + 1, current))).toBe(5);
  });

  it('takes over a value that something else wrote', async () => {
    const store = createMemoryStore();
    await store.put('n', '41');
    expect(await increment(createUpdater(store))).toBe(42);
  });

  it('keeps an empty payload apart from absence', async () => {
    const store = createMemoryStore();
    const textCodec = { encode: stringToBytes, decode: bytesToString };
    await store.put('t', '');
    const updater = createUpdater(store);
    expect(await updater.update('t', textCodec, (current) => keep(current))).toBe('');
    await updater.update('t', textCodec, () => write('', undefined));
    expect(await updater.read('t', textCodec)).toBe('');
    expect(await updater.read('absent', textCodec)).toBeUndefined();
  });

  it.each([
    ['norikv:2 {}\n1', /^The record "n" was left as it is.*does not know.*upgrade/s],
    ['norikv:', /does not know/],
    ['norikv:1 {"w":[["a"', /does not know/],
    ['norikv:1 {"w":[["a"\n1', /damaged/],
    ['norikv:1 {}\n1', /damaged/],
    ['norikv:1 {"w":[["a","b"]]}\n1', /damaged/],
    ['norikv:1 {"w":[[1,1]]}\n1', /damaged/],
    [`norikv:1 {"w":[["a",${Number.MAX_SAFE_INTEGER}]]}\n1`, /damaged/],
    ['norikv:1 {"w":[{"0":"a","1":1}]}\n1', /damaged/],
    ['norikv:1 {"w":[["a",1]],"o":[[1]]}\n1', /damaged/],
    ['norikv:1 {"w":[["a",1]],"o":[[1,"f"]]}\n1', /damaged/],
    ['norikv:1 {"w":[["a",1]],"o":[["a",1]]}\n1', /damaged/],
    ['norikv:1 {"w":[["a",1]],"o":[{"0":"a","1":"f"}]}\n1', /damaged/],
    [`norikv:2 ${'x'.repeat(9_999)}\n1`, /^.{1,200}$/],
    [`norikv:1 ${'x'.repeat(9_999)}\n1`, /^.{1,200}$/],
    ['norikv:1 {"w":[["a",1]]}\nforty', /not a record of this kind; if a newer version wrote it upgrade/],
    ['forty', /not a record of this kind/],
  ])('that reads %j is refused by name and left as it is', async (stored, message) => {
    const store = createMemoryStore();
    await store.put('n', stored);
    const updater = createUpdater(store);
    const named = { code: 'CORRUPT_RECORD', key: 'n', message: expect.stringMatching(message) };
    await expect(increment(updater)).rejects.toMatchObject(named);
    await expect(updater.read('n', numberCodec)).rejects.toMatchObject(named);
    expect(bytesToString((await store.get('n')).value)).toBe(stored);
  });

  it('that cannot be read is named by the length of its key if that is bytes, and by what the codec has to say', async () => {
    const key = new Uint8Array([0, 255]);
    const store = createMemoryStore();
    await store.put(key, '5');
    const decode = (): never => {
      throw new InvalidArgumentError('five is right out');
    };
    await expect(createUpdater(store).read(key, { ...numberCodec, decode })).rejects.toMatchObject({
      code: 'CORRUPT_RECORD',
      key,
      message: expect.stringMatching(
        /^The record under a key of 2 bytes .*: five is right out; if a newer version/,
      ),
      cause: new InvalidArgumentError('five is right out'),
    });
  });

  it('that was damaged is used again at once when it is repaired', async () => {
    const store = createMemoryStore();
    const updater = createUpdater(store);
    await increment(updater);
    await store.put('n', 'garbage');
    await expect(increment(updater)).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    await store.put('n', '41');
    expect(await increment(updater)).toBe(42);
  });

  it.each([
    ['a function', () => 1],
    ['a symbol', Symbol('state')],
    ['what has no JSON by its own word', { toJSON: () => undefined }],
  ])('is not made of %s', async (_name, state) => {
    const updater = createUpdater(createMemoryStore());
    const anything = jsonCodec((data) => data);
    await updater.update('n', anything, () => write<unknown, void>(1, undefined));
    const writing = updater.update('n', anything, () => write<unknown, void>(state, undefined));
    await expect(writing).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', outcome: 'not-applied' });
    expect(await updater.read('n', anything)).toBe(1);
  });

  it('of the wrong shape is refused by the codec', async () => {
    const store = createMemoryStore();
    await store.put('n', '[]');
    const codec = jsonCodec((data) => {
      if (!Array.isArray(data)) return data;
      throw new TypeError('a list');
    });
    await expect(createUpdater(store).read('n', codec)).rejects.toMatchObject({
      cause: new TypeError('a list'),
    });
  });
});

describe('the result', () => {
  it('has the types of all that a transition may decide', async () => {
    const updater = createUpdater(createMemoryStore());
    const taken = await updater.update('n', numberCodec, (seats = 1) =>
      seats > 0 ? write(seats - 1, { ok: true as const, seats }) : keep({ ok: false as const }),
    );
    expectTypeOf(taken).toEqualTypeOf<{ ok: true; seats: number } | { ok: false }>();
    expect(taken).toEqual({ ok: true, seats: 1 });
    const left = await updater.update('n', numberCodec, (seats) => (seats ? remove(seats) : keep('none')));
    expectTypeOf(left).toEqualTypeOf<number | string>();
    expect(left).toBe('none');
  });
});

describe('removing', () => {
  it('leaves a tombstone for a while, which reads as absent', async () => {
    const clock = new FakeClock();
    const store = createMemoryStore({ clock });
    const updater = createUpdater(store, { clock, tombstoneTtlMs: 1_000 });
    await clock.run(increment(updater));
    expect(await clock.run(drop(updater))).toBe('dropped');
    expect(bytesToString((await store.get('n')).value)).toMatch(/"d":1\}\n$/);
    expect(await updater.read('n', numberCodec)).toBeUndefined();
    await clock.advance(1_001);
    expect(await store.find?.('n')).toBeNull();
    expect(await clock.run(increment(updater))).toBe(1);
  });

  it('leaves the tombstone for good where the store has no time to live', async () => {
    const store = createMemoryStore({ capabilities: { ttl: 'none' } });
    const updater = createUpdater(store);
    await increment(updater);
    await drop(updater);
    expect(await increment(updater)).toBe(1);
  });

  it('is asked for by name: a write of no state is refused, and removes nothing', async () => {
    const store = countCalls(createMemoryStore());
    const updater = createUpdater(store);
    const codec = numberCodec as Codec<number | undefined>;
    const lose = (): Promise<unknown> => updater.update('n', codec, () => write(undefined, 'lost'));
    const refusal = { code: 'INVALID_ARGUMENT', message: expect.stringContaining('use remove()') };
    await expect(lose()).rejects.toMatchObject(refusal);
    expect(store.calls).toMatchObject({ total: 1, find: 1 });
    await increment(updater);
    await expect(lose()).rejects.toMatchObject(refusal);
    expect(await updater.read('n', numberCodec)).toBe(1);
  });

  it('of nothing writes nothing', async () => {
    const store = countCalls(createMemoryStore());
    const updater = createUpdater(store);
    expect(await drop(updater)).toBe('dropped');
    expect(store.calls).toMatchObject({ total: 1, find: 1 });
  });

  describe('what was added a moment ago, of a record that is not there yet', () => {
    const add = (updater: Updater): Promise<number> => increment(updater);
    const take = (updater: Updater): Promise<number | undefined> =>
      updater.update('n', numberCodec, (current) =>
        current === undefined ? keep(current) : remove(current),
      );

    it.each([
      {
        name: 'takes it, though it came when the record was being read',
        calls: [add, take],
        answers: [1, 1],
      },
      { name: 'takes what was added last', calls: [add, take, add, add, take], answers: [1, 1, 1, 2, 2] },
      { name: 'leaves what is added after it', calls: [take, add, take, add], answers: [undefined, 1, 1, 1] },
    ])('$name', async ({ calls, answers }) => {
      for (let late = 0; late <= calls.length; late += 1) {
        const clock = new FakeClock();
        const store = createMemoryStore({ clock, latencyMs: 2 });
        const updater = createUpdater(store, { clock });
        const early = calls.slice(0, late).map((call) => call(updater));
        await clock.advance(1);
        const others = calls.slice(late).map((call) => call(updater));
        expect(await clock.run(Promise.all([...early, ...others]))).toEqual(answers);
        const left = calls.at(-1) === add ? answers.at(-1) : undefined;
        expect(await clock.run(updater.read('n', numberCodec))).toBe(left);
      }
    });
  });

  it('of a plain value deletes the key, if the store can do that under a condition', async () => {
    const store = countCalls(createMemoryStore());
    const updater = createUpdater(store);
    await addPlain(updater);
    expect(await drop(updater, plainCodec)).toBe('dropped');
    expect(await store.find?.('n')).toBeNull();
    expect(await addPlain(updater)).toBe(1);
  });

  it('of a plain value asks no store to delete it that takes no condition', async () => {
    const store = countCalls(createMemoryStore({ capabilities: { deleteCas: false } }));
    for (const limited of [store, { ...store, capabilities: undefined } as never]) {
      const updater = createUpdater(limited);
      await addPlain(updater);
      await expect(drop(updater, plainCodec)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    }
    expect(store.calls.delete).toBe(0);
  });

  it('of a plain value leaves what another process wrote meanwhile, and decides on that', async () => {
    const memory = createMemoryStore();
    const removing = createUpdater(countCalls(memory));
    await addPlain(removing);
    await memory.put('n', '5');
    const seen: unknown[] = [];
    await removing.update('n', plainCodec, (current) => {
      seen.push(current);
      return current === 1 ? remove(undefined) : keep(undefined);
    });
    expect(seen).toEqual([1, 5]);
    expect(await removing.read('n', plainCodec)).toBe(5);
  });
});

describe('a plain value', () => {
  it('is stored as it is', async () => {
    const store = createMemoryStore();
    const updater = createUpdater(store);
    await addPlain(updater);
    await addPlain(updater);
    expect(bytesToString((await store.get('n')).value)).toBe('2');
  });

  it('is refused where it would be read as a record with a header', async () => {
    const store = createMemoryStore();
    const updater = createUpdater(store);
    const plainText: Codec<string> = { plain: true, encode: stringToBytes, decode: bytesToString };
    const put = (text: string): Promise<string> => updater.update('n', plainText, () => write(text, text));
    for (const text of ['norikv:1 {"w":[]}\nfoo', 'norikv:2 hello', 'norikv:']) {
      await expect(put(text)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        cause: { message: expect.stringContaining('must not begin with "norikv:"') },
      });
    }
    expect(await store.find('n')).toBeNull();
    expect(await put('norikv')).toBe('norikv');
  });
});
