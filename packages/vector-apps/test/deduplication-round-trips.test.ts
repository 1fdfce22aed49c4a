import { countCalls, createMemoryStore, createMemoryVectorStore, FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { atCosine, DocumentDeduplicator, handle, modelOf, passage } from './deduplication/world.js';

const latencyMs = 10;

/** What a call costs: store calls, writes among them, and round trips one after the other. */
async function costOf(
  before: (dedup: DocumentDeduplicator) => Promise<unknown>,
  act: (dedup: DocumentDeduplicator) => Promise<unknown>,
  { isSameProcess = false, ...options }: { readonly near?: false; readonly isSameProcess?: boolean } = {},
) {
  const clock = new FakeClock();
  const base = createMemoryStore({ clock, latencyMs });
  const store = countCalls(base);
  const dedup = new DocumentDeduplicator(store, null, 0.95, { ...options, clock });
  const first = isSameProcess
    ? dedup
    : new DocumentDeduplicator(handle(base), null, 0.95, { ...options, clock });
  await clock.run(() => before(first));
  await clock.run(() => dedup.initialize());
  store.reset();
  const startedAt = clock.monotonic();
  await clock.run(() => act(dedup));
  const { total, put } = store.calls;
  return { calls: total, writes: put, roundTrips: (clock.monotonic() - startedAt) / latencyMs };
}

const nothing = async (): Promise<void> => {};
const store = (id: string, text: string) => (dedup: DocumentDeduplicator) => dedup.checkAndStore(id, text);

describe('round trips, with a process that remembers nothing', () => {
  it('a duplicate of the text or a near copy: 2, and no write', async () => {
    const first = store('a', passage('a'));
    expect(await costOf(first, store('b', passage('a')))).toEqual({ calls: 35, writes: 0, roundTrips: 2 });
    expect(await costOf(first, store('b', passage('a', 3)))).toEqual({ calls: 35, writes: 0, roundTrips: 2 });
  });

  it('a new document', async () => {
    expect(await costOf(nothing, store('a', passage('a')))).toEqual({
      calls: 106,
      writes: 37,
      roundTrips: 9,
    });
  });

  it('a new document where near copies are not sought', async () => {
    expect(await costOf(nothing, store('a', passage('a')), { near: false })).toEqual({
      calls: 10,
      writes: 5,
      roundTrips: 9,
    });
  });

  it('the same document again: 1', async () => {
    const first = store('a', passage('a'));
    expect(await costOf(first, first)).toEqual({ calls: 34, writes: 0, roundTrips: 1 });
  });

  it('a removal', async () => {
    const first = store('a', passage('a'));
    const remove = (dedup: DocumentDeduplicator) => dedup.removeDocument('a');
    expect(await costOf(first, remove)).toEqual({ calls: 73, writes: 37, roundTrips: 9 });
    const isSameProcess = true;
    expect(await costOf(first, remove, { isSameProcess })).toEqual({ calls: 38, writes: 37, roundTrips: 6 });
    expect(await costOf(first, remove, { near: false })).toEqual({ calls: 9, writes: 5, roundTrips: 9 });
  });

  it('with a model: two searches and an insert for a new text, one search for a duplicate by meaning', async () => {
    const calls: string[] = [];
    const store = new Proxy(createMemoryVectorStore(), {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...call: unknown[]) => {
          if (String(name).startsWith('vector')) calls.push(String(name));
          return value.apply(target, call);
        };
      },
    });
    const dedup = new DocumentDeduplicator(store, modelOf({ one: [1], two: atCosine(0.97) }), 0.95);
    await dedup.initialize();
    calls.length = 0;
    await dedup.checkAndStore('a', 'one');
    expect(calls.sort()).toEqual(['vectorInsert', 'vectorSearch', 'vectorSearch']);
    calls.length = 0;
    await dedup.checkAndStore('b', 'two');
    expect(calls).toEqual(['vectorSearch']);
    calls.length = 0;
    await dedup.checkAndStore('c', 'ONE');
    expect(calls).toEqual([]);
  });
});
