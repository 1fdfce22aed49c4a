import { bytesToString, stringToBytes } from '@norikv/store';
import { countCalls, createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { type Codec, createUpdater, keep, type Updater, write } from '../src/index.js';
import { increment, numberCodec } from './simulation.js';

/** An updater that remembers 1, while another program has stored 100 since. */
async function outdated(): Promise<ReturnType<typeof setUp>> {
  const setup = setUp();
  await increment(setup.updater);
  await setup.memory.put('n', stringToBytes('100'));
  setup.store.reset();
  return setup;
}

function setUp(options = {}): {
  memory: ReturnType<typeof createMemoryStore>;
  store: ReturnType<typeof countCalls>;
  updater: ReturnType<typeof createUpdater>;
} {
  const memory = createMemoryStore({ mismatchCarriesEntry: false });
  const store = countCalls(memory);
  return { memory, store, updater: createUpdater(store, options) };
}

function refuseText(text: string): never {
  throw new RangeError(`${text.length} is too long`);
}

describe('remembered state', () => {
  it('saves the read of a sole writer', async () => {
    const { store, updater } = setUp();
    await increment(updater);
    store.reset();
    await increment(updater);
    expect(store.calls).toMatchObject({ total: 1, put: 1 });
  });

  it('never decides an error: the transition sees current state before its caller hears of it', async () => {
    const { updater } = await outdated();
    const seen: unknown[] = [];
    const refuseSmall = updater.update('n', numberCodec, (current = 0) => {
      seen.push(current);
      if (current < 50) throw new RangeError(`too small: ${current}`);
      return write(current + 1, current + 1);
    });
    expect(await refuseSmall).toBe(101);
    expect(seen).toEqual([1, 100]);
  });

  it('never decides that a record is too large, or that its state cannot be encoded', async () => {
    for (const [limit, code] of [
      ['of the store', 'RECORD_TOO_LARGE'],
      ['of the codec', 'INVALID_ARGUMENT'],
    ]) {
      const memory = createMemoryStore({ capabilities: { maxValueBytes: 300 } });
      const store = countCalls(memory);
      const most = limit === 'of the codec' ? 100 : 1_000;
      const codec: Codec<string> = {
        encode: (text) => (text.length > most ? refuseText(text) : stringToBytes(text)),
        decode: bytesToString,
      };
      const append = (updater: Updater): Promise<number> =>
        updater.update('n', codec, (text = '') => write(`${text}${'x'.repeat(90)}`, text.length + 90));
      const [here, there] = [createUpdater(store), createUpdater(memory)];
      const lengths: number[] = [];
      const refused = async (): Promise<unknown> => {
        for (;;) lengths.push(await append(here));
      };
      await expect(refused()).rejects.toMatchObject({ code });
      store.reset();
      await expect(append(here)).rejects.toMatchObject({ code });
      expect(store.calls).toMatchObject({ total: 1, find: 1 });
      await there.update('n', codec, () => write('', 0));
      expect(await append(here)).toBe(90);
    }
  });

  it('never decides that a record cannot be read', async () => {
    const { memory, updater } = setUp();
    const textCodec: Codec<string> = { encode: stringToBytes, decode: bytesToString };
    await updater.update('n', textCodec, () => write('no number', 0));
    await memory.put('n', stringToBytes('5'));
    expect(await increment(updater)).toBe(6);
    await memory.put('n', stringToBytes('no number either'));
    await expect(increment(updater)).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
  });

  it('never decides that nothing changes', async () => {
    const { updater, store } = await outdated();
    const answer = await updater.update('n', numberCodec, (current = 0) => keep(current));
    expect(answer).toBe(100);
    expect(store.calls).toMatchObject({ total: 1, find: 1 });
  });

  it('never overwrites what another program wrote', async () => {
    const { updater } = await outdated();
    expect(await increment(updater)).toBe(101);
    expect(await updater.read('n', numberCodec)).toBe(101);
  });

  it('is not shared with callers: changing a result changes nothing', async () => {
    const { updater } = setUp();
    const codec = { encode: (s: number[]) => stringToBytes(s.join()), decode: (b: Uint8Array) => [...b] };
    const list = await updater.update('list', codec, () => {
      const next = [1];
      return write(next, next);
    });
    list.push(2);
    await updater.update('list', codec, (current = []) =>
      keep(expect(current).toEqual([...stringToBytes('1')])),
    );
  });

  it('is not shared with callers either where the store gives buffers, of which a slice is no copy', async () => {
    const memory = createMemoryStore();
    const store: typeof memory = {
      ...memory,
      async find(key, options) {
        const found = await memory.find(key, options);
        return found && { ...found, value: Buffer.from(found.value) };
      },
    };
    await memory.put('plain', 'hello');
    const copying: Codec<Uint8Array> = { encode: (state) => state.slice(), decode: (bytes) => bytes.slice() };
    const updater = createUpdater(store);
    const held = await updater.update('plain', copying, (state) => keep(state));
    held?.fill(0);
    await updater.update('plain', copying, (state = new Uint8Array()) => write(state, undefined));
    expect(bytesToString((await updater.read('plain', copying)) ?? new Uint8Array())).toBe('hello');
  });

  it('stops being relied on when it is mostly wrong, and starts again when it is right', async () => {
    const { memory, store, updater } = setUp();
    const foreignWrite = (value: number): Promise<unknown> => memory.put('n', stringToBytes(String(value)));
    for (let round = 0; round < 20; round += 1) {
      await foreignWrite(round);
      await increment(updater);
    }
    store.reset();
    await foreignWrite(7);
    expect(await increment(updater)).toBe(8);
    expect(store.calls).toMatchObject({ find: 1, put: 1 });
    for (let round = 0; round < 20; round += 1) await increment(updater);
    store.reset();
    await increment(updater);
    expect(store.calls).toMatchObject({ total: 1 });
  });

  it('is relied on while it is right two times in three', async () => {
    const { memory, store, updater } = setUp();
    const rounds = 60;
    for (let round = 0; round < rounds; round += 1) {
      await memory.put('n', stringToBytes(String(round)));
      for (let update = 0; update < 3; update += 1) await increment(updater);
    }
    expect(store.calls.total).toBeLessThanOrEqual(5 * rounds);
  });

  it('costs a foreign write every other update at most 1.05 of a plain get and put', async () => {
    const { memory, store, updater } = setUp();
    for (let round = 0; round < 400; round += 1) {
      if (round % 2 === 0) await memory.put('n', stringToBytes(String(round)));
      await increment(updater);
    }
    expect(store.calls.total).toBeLessThanOrEqual(1.05 * 2 * 400);
  });

  it('can be switched off: each write is preceded by a read', async () => {
    const { store, updater } = setUp({ memo: false });
    for (let round = 0; round < 5; round += 1) await increment(updater);
    expect(store.calls).toMatchObject({ find: 5, put: 5 });
  });

  it('is not built on put versions where they are not usable', async () => {
    const store = countCalls(createMemoryStore({ capabilities: { putVersionUsable: false } }));
    const updater = createUpdater(store);
    for (let round = 0; round < 5; round += 1) await increment(updater);
    expect(store.calls).toMatchObject({ find: 5, put: 5 });
  });
});

describe('an answer without a write', () => {
  it('comes from a read that began after the question', async () => {
    const memory = createMemoryStore();
    let reads = 0;
    let questionDuringFirstRead: Promise<number> | undefined;
    const store = {
      ...memory,
      capabilities: memory.capabilities,
      async find(key: string) {
        const entry = await memory.find(key);
        reads += 1;
        if (reads === 1) {
          await memory.put('n', stringToBytes('5'));
          questionDuringFirstRead = updater.update('n', numberCodec, (current = 0) => keep(current));
        }
        return entry;
      },
      get: memory.get.bind(memory),
      put: memory.put.bind(memory),
      delete: memory.delete.bind(memory),
    };
    const updater = createUpdater(store as never);
    const before = await updater.update('n', numberCodec, (current = 0) => keep(current));
    expect(before).toBe(0);
    expect(await questionDuringFirstRead).toBe(5);
  });

  it('is never made from an outdated read that goes backwards: the write is refused and decided anew', async () => {
    const memory = createMemoryStore();
    await memory.put('n', '1');
    const old = await memory.get('n');
    await memory.put('n', '2');
    const store = countCalls(memory);
    const lagging = Object.assign(Object.create(store), {
      find: async () => (store.calls.put === 0 ? old : memory.find('n')),
    });
    const updater = createUpdater(lagging, { memo: false });
    expect(await increment(updater)).toBe(3);
  });
});
