import { CorruptRecordError } from '@norikv/cas-retry';
import { type Clock, systemClock, UnavailableError } from '@norikv/store';
import { createMemoryStore, createMemoryVectorStore, FakeClock, withFaults } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import type { VectorKvStore } from '../src/core/vector-kv-store.js';
import { VectorRecords } from '../src/core/vector-records.js';
import type { VectorRecordsOptions } from '../src/core/vector-records-options.js';
import { watchedStore } from './support/watched-store.js';

function decode(json: unknown, key: string): string {
  if (typeof json === 'string') return json;
  throw new CorruptRecordError(`"${key}" is no text`);
}

const defaults: VectorRecordsOptions<string> = {
  prefix: 'texts:',
  namespace: 'texts',
  dimensions: 2,
  fingerprint: 'model-1',
  decode,
};

async function open(
  store: VectorKvStore = createMemoryVectorStore(),
  options: Partial<VectorRecordsOptions<string>> = {},
): Promise<VectorRecords<string>> {
  const records = new VectorRecords(store, { ...defaults, ...options });
  await records.initialize();
  return records;
}

const at = (degrees: number): Float32Array => {
  const angle = (degrees / 180) * Math.PI;
  return Float32Array.of(Math.cos(angle), Math.sin(angle));
};

async function collect(ids: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const id of ids) all.push(id);
  return all.sort();
}

describe('VectorRecords', () => {
  it('writes, reads, replaces and deletes a record with its vectors', async () => {
    const { store, vectorIds } = watchedStore();
    const records = await open(store);
    const first = await records.put('a', 'one', [at(0), at(90)]);
    expect(first).toEqual({ id: 'a', generation: 1, data: 'one', vectorCount: 2 });
    expect(await records.get('a')).toEqual(first);
    expect(await records.vectorsOf(first)).toEqual([at(0), at(90)]);
    expect(await records.hasVectors(first)).toBe(true);

    const second = await records.put('a', 'two', [at(45)]);
    expect(second.generation).toBeGreaterThan(first.generation);
    expect(await vectorIds('texts', 2)).toEqual([`a#${second.generation}#0`]);
    expect(await records.hasVectors(first)).toBe(false);
    await expect(records.vectorsOf(first)).rejects.toMatchObject({ code: 'VECTOR_MISSING' });

    expect(await records.delete('a')).toBe(true);
    expect(await records.delete('a')).toBe(false);
    expect(await records.get('a')).toBeNull();
    expect(await vectorIds('texts', 2)).toEqual([]);
    expect(await collect(records.ids())).toEqual([]);
    expect(await records.verify()).toMatchObject({ checked: 0, isClean: true });
  });

  it('never uses a generation of an id again, not even after it was deleted', async () => {
    const records = await open();
    const { generation } = await records.put('a', 'one', [at(0)]);
    await records.delete('a');
    expect((await records.put('a', 'two', [at(0)])).generation).toBeGreaterThan(generation);
  });

  it('keeps records without vectors, and ids of any kind', async () => {
    const records = await open();
    const ids = ['__proto__', 'a#1#0', 'a\n#2#1', '0', 'ключ/ 🔑', 'constructor'];
    for (const id of ids) await records.put(id, id, id === '0' ? [] : [at(10)]);
    expect(await collect(records.ids())).toEqual([...ids].sort());
    expect((await records.getMany([...ids, 'none'])).map((record) => record?.data ?? null)).toEqual([
      ...ids,
      null,
    ]);
    const zero = await records.get('0');
    expect(zero && (await records.hasVectors(zero))).toBe(true);
    const { matches } = await records.nearest(at(10), 10);
    expect(matches.map(({ record }) => record.id).sort()).toEqual(ids.filter((id) => id !== '0').sort());
  });

  it('refuses what cannot be stored before anything is written', async () => {
    const { store, calls } = watchedStore();
    const records = await open(store);
    calls.length = 0;
    const wrong = { code: 'INVALID_ARGUMENT' };
    await expect(records.put('', 'x', [])).rejects.toMatchObject(wrong);
    await expect(records.put('é'.repeat(201), 'x', [])).rejects.toThrow(/402 bytes/);
    await expect(records.put('\ud800', 'x', [])).rejects.toMatchObject(wrong);
    await expect(records.put('a', 'x', [Float32Array.of(1)])).rejects.toThrow(/1 numbers; this space has 2/);
    await expect(records.put('a', 'x', [Float32Array.of(1, Number.NaN)])).rejects.toThrow(/not finite/);
    await expect(records.put('a', 'x', [Float32Array.of(0, 0)])).rejects.toThrow(/all zeros/);
    await expect(records.nearest(at(0), 0)).rejects.toThrow(/k is 0/);
    await expect(records.nearest(at(0), 1, { maxScan: 0.5 })).rejects.toThrow(/maxScan is 0.5/);
    expect(calls).toEqual([]);
    expect(() => new VectorRecords(store, { ...defaults, concurrency: 0 })).toThrow(/concurrency is 0/);
    const plain = createMemoryStore() as unknown as VectorKvStore;
    expect(() => new VectorRecords(plain, defaults)).toThrow(/vector/);
  });

  it('refuses the vectors of another model, and takes a name it did not have before', async () => {
    const store = createMemoryVectorStore();
    await open(store, { fingerprint: '' });
    await open(store);
    await open(store, { fingerprint: '' });
    await expect(open(store, { fingerprint: 'model-2' })).rejects.toMatchObject({ code: 'MODEL_MISMATCH' });
    await expect(open(store, { dimensions: 3 })).rejects.toThrow(/dimensions 2, not 3/);
  });

  it('says so when the stored bytes are something else', async () => {
    const store = createMemoryVectorStore();
    const records = await open(store);
    await store.put('texts:doc/a', '{"live":7}');
    await expect(records.get('a')).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    await store.put('texts:meta', '{}');
    await expect(records.initialize()).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    for (let shard = 0; shard < 64; shard += 1) await store.put(`texts:led/${shard}`, '{"next":"x"}');
    await expect(collect(records.ids())).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
  });

  it('ends a call at its time limit or signal', async () => {
    const clock = new FakeClock();
    const records = await open(createMemoryVectorStore(), { clock });
    const signal = AbortSignal.abort();
    await expect(records.get('a', { signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    const slow = await clock.run(open(createMemoryVectorStore({ clock, latencyMs: 40 }), { clock }));
    const late = expect(slow.put('a', 'one', [at(0)], { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    await clock.run(late);
    await expect(records.get('a', { timeoutMs: 0 })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });

  it('lets the write that was begun last stay', async () => {
    const watched = watchedStore();
    const records = await open(watched.store);
    const reached = watched.hold('vectorInsert');
    const early = records.put('a', 'early', [at(0)]);
    const release = await reached;
    const late = await records.put('a', 'late', [at(90)]);
    release();
    await early;
    expect(await records.get('a')).toEqual(late);
    expect(await watched.vectorIds('texts', 2)).toEqual([`a#${late.generation}#0`]);
    expect(await records.verify()).toMatchObject({ checked: 1, isClean: true });
  });

  it('begins again when a repair took it for dead, and goes on after a delete', async () => {
    const watched = watchedStore();
    const records = await open(watched.store);
    await records.put('a', 'old', [at(30)]);
    for (const interrupt of [() => records.repair(), () => records.delete('a')]) {
      const reached = watched.hold('vectorInsert');
      const writing = records.put('a', 'new', [at(0), at(10)]);
      const release = await reached;
      await interrupt();
      release();
      const { generation } = await writing;
      expect((await records.get('a'))?.data).toBe('new');
      expect(await watched.vectorIds('texts', 2)).toEqual([`a#${generation}#0`, `a#${generation}#1`]);
      expect(await records.verify()).toMatchObject({ checked: 1, isClean: true });
    }
  });

  it('leaves no vector behind that came after a repair had removed it, and before it has taken note', async () => {
    const memory = createMemoryVectorStore();
    const [writer, remover] = [watchedStore(memory), watchedStore(memory)];
    const [written, removed] = [await open(writer.store), await open(remover.store)];
    await written.put('a', 'old', [at(30)]);
    const inserting = writer.hold('vectorInsert');
    const writing = written.put('a', 'new', [at(0)]);
    const insert = await inserting;
    const removing = remover.hold('vectorDelete');
    const repairing = removed.repair();
    const remove = await removing;
    const noting = remover.hold('put');
    remove();
    const note = await noting;
    const insertingAgain = writer.hold('vectorInsert');
    insert();
    const insertAgain = await insertingAgain;
    note();
    await repairing;
    insertAgain();
    const { generation } = await writing;
    expect(await writer.vectorIds('texts', 2)).toEqual([`a#${generation}#0`]);
  });

  it('gives up when it is fenced again and again', async () => {
    const watched = watchedStore();
    const records = await open(watched.store);
    const insert = watched.store.vectorInsert.bind(watched.store);
    watched.store.vectorInsert = async (...args) => {
      await records.repair();
      return insert(...args);
    };
    await expect(records.put('a', 'new', [at(0)])).rejects.toMatchObject({ code: 'CONTENTION' });
    expect(await records.get('a')).toBeNull();
    await records.repair();
    expect(await records.verify()).toMatchObject({ checked: 0, isClean: true });
  });

  it('does not begin with a generation that was allotted before tombstones could have expired', async () => {
    let suspendedMs = 0;
    const clock: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + suspendedMs };
    const inner = createMemoryVectorStore();
    const store: VectorKvStore = Object.assign(Object.create(inner), {
      async put(...args: Parameters<VectorKvStore['put']>) {
        const version = await inner.put(...args);
        if (String(args[0]).includes('led/') && suspendedMs === 0) suspendedMs = 2_000_000;
        return version;
      },
    });
    const records = await open(store, { clock });
    expect((await records.put('a', 'text', [at(0)])).generation).toBe(2);
    expect((await store.vectorGet('texts', 'a#2#0'))?.length).toBe(2);
  });

  it('fences a writer that has not begun, by a tombstone', async () => {
    const watched = watchedStore();
    const records = await open(watched.store);
    await records.put('a', 'one', [at(0)]);
    await records.delete('a');
    const find = watched.store.find?.bind(watched.store);
    let isFirst = true;
    const slow: VectorKvStore = Object.assign(Object.create(watched.store), {
      async find(...args: Parameters<NonNullable<VectorKvStore['find']>>) {
        if (String(args[0]).includes('doc/a') && isFirst) {
          isFirst = false;
          await records.repair();
        }
        return find?.(...args);
      },
    });
    const other = new VectorRecords(slow, defaults);
    const written = await other.put('a', 'two', [at(0)]);
    expect(written.generation).toBe(4);
    expect(await records.get('a')).toEqual(written);
    expect(await collect(records.ids())).toEqual(['a']);
  });

  it('keeps tombstones where nothing expires', async () => {
    const records = await open(createMemoryVectorStore({ capabilities: { ttl: 'none' } }));
    await records.put('a', 'one', [at(0)]);
    expect(await records.delete('a')).toBe(true);
    expect((await records.put('a', 'two', [at(0)])).data).toBe('two');
  });

  it('repeats vector calls and reads while the store cannot be reached', async () => {
    const clock = new FakeClock();
    const memory = createMemoryVectorStore({ clock });
    const faulty = withFaults(memory, { clock });
    let failures = 0;
    const store = Object.assign(Object.create(memory), faulty, {
      async vectorInsert(...args: Parameters<VectorKvStore['vectorInsert']>) {
        const version = await memory.vectorInsert(...args);
        failures += 1;
        if (failures < 3) throw new UnavailableError('lost');
        return version;
      },
    }) as VectorKvStore;
    const records = await open(store, { clock });
    expect((await clock.run(records.put('a', 'one', [at(0)]))).data).toBe('one');
    expect(failures).toBe(3);
    faulty.faults.next('put', 'lost-reply', 'lost-request', 'lost-reply');
    const written = await clock.run(records.put('a', 'two', [at(0)]));
    faulty.faults.next('get', 'lost-reply', 'lost-request');
    expect(await clock.run(records.get('a'))).toEqual(written);
    faulty.faults.next('get', 'lost-reply', 'lost-reply', 'lost-reply', 'lost-reply');
    await expect(clock.run(records.get('a'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
