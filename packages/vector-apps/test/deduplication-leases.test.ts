import { createUpdater } from '@norikv/cas-retry';
import { systemClock } from '@norikv/store';
import { createMemoryStore, FakeClock, withFaults } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { documentCodec, unknownDocument } from '../src/deduplication/document-state.js';
import type { DeduplicatorOptions } from '../src/index.js';
import { Inspector } from './deduplication/inspector.js';
import { mortal } from './deduplication/mortal-store.js';
import { DocumentDeduplicator, handle, passage, processes } from './deduplication/world.js';

/** Calls of a first document until its traces are in the index and it is not yet decided upon. */
const undecided = 106;
const text = passage('a');

async function worldWithTheDead(callsToLive: number, options: DeduplicatorOptions = {}) {
  const clock = new FakeClock();
  const inspector = new Inspector(createMemoryStore({ clock, latencyMs: 1 }));
  const doomed = mortal(inspector.store, callsToLive, false);
  const dead = new DocumentDeduplicator(doomed.store, null, 0.95, { ...options, clock });
  const failure = await clock.run(() => dead.checkAndStore('dead', text).catch((error: unknown) => error));
  return { clock, inspector, failure };
}

async function isUndecided(inspector: Inspector): Promise<boolean> {
  return Boolean((await inspector.documents()).get('dead')?.candidate);
}

describe('a process that dies while its document is undecided', () => {
  it('holds up nobody who goes before it', async () => {
    const { clock, inspector, failure } = await worldWithTheDead(undecided);
    expect(failure).toBeInstanceOf(Error);
    expect(await clock.run(() => isUndecided(inspector))).toBe(true);
    const other = clock.drifted(1, -86_400_000);
    const dedup = new DocumentDeduplicator(handle(inspector.store), null, 0.95, {
      clock: other,
      leaseMs: 3_000,
    });
    const before = clock.monotonic();
    // By the wall clock this one is a day earlier, so it goes first and need not wait.
    expect((await clock.run(() => dedup.checkAndStore('early', text))).action).toBe('admitted');
    expect(clock.monotonic() - before).toBeLessThan(3_000);
    expect(await clock.run(() => inspector.doubles())).toEqual([]);
  });

  it('is replaced after the lease, and its late write is refused', async () => {
    const clock = new FakeClock();
    const inspector = new Inspector(createMemoryStore({ clock }));
    let calls = 0;
    const held: (() => void)[] = [];
    const slow = new Proxy(handle(inspector.store), {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return async (...parameters: unknown[]) => {
          calls += 1;
          // Stands still before it can be decided upon, with everything in the index.
          if (name === 'put' && calls > undecided) await new Promise<void>((resume) => held.push(resume));
          return value.apply(target, parameters);
        };
      },
    });
    const sleeper = new DocumentDeduplicator(slow, null, 0.95, { clock });
    const sleeping = sleeper.checkAndStore('dead', text);
    await clock.advance(50);
    expect(await clock.run(() => isUndecided(inspector))).toBe(true);
    const dedup = new DocumentDeduplicator(handle(inspector.store), null, 0.95, { clock, leaseMs: 3_000 });
    const before = clock.monotonic();
    expect((await clock.run(() => dedup.checkAndStore('b', text))).action).toBe('admitted');
    expect(clock.monotonic() - before).toBeGreaterThanOrEqual(3_000);
    for (const resume of held) resume();
    calls = Number.NEGATIVE_INFINITY;
    expect(await clock.run(sleeping)).toMatchObject({ duplicateOf: 'b' });
    expect(await clock.run(() => inspector.doubles())).toEqual([]);
    expect(await clock.run(() => dedup.verify())).toMatchObject({ checked: 1, isClean: true });
  });

  it('is completed by the same call from anywhere, without waiting', async () => {
    const { clock, inspector } = await worldWithTheDead(undecided);
    const dedup = new DocumentDeduplicator(handle(inspector.store), null, 0.95, { clock });
    const before = clock.monotonic();
    expect((await clock.run(() => dedup.checkAndStore('dead', text))).action).toBe('admitted');
    expect(clock.monotonic() - before).toBeLessThan(1_000);
    expect(await clock.run(() => dedup.repair())).toMatchObject({ checked: 1, isClean: true });
    expect(await clock.run(() => dedup.verify())).toMatchObject({ checked: 1, isClean: true });
  });

  it('is replaced by one of those who wait for its claim', async () => {
    const { clock, inspector } = await worldWithTheDead(10, { near: false });
    expect(await clock.run(() => isUndecided(inspector))).toBe(true);
    const members = processes(inspector.store, 3, { clock, near: false, leaseMs: 3_000, random: () => 0.5 });
    const results = await clock.run(() =>
      Promise.all(members.map((dedup, number) => dedup.checkAndStore(`w${number}`, text))),
    );
    expect(results.filter(({ isDuplicate }) => !isDuplicate)).toHaveLength(1);
    expect(await clock.run(() => inspector.doubles())).toEqual([]);
  });

  it('holds up other content under its own id for one lease', async () => {
    const { clock, inspector } = await worldWithTheDead(undecided);
    const dedup = new DocumentDeduplicator(handle(inspector.store), null, 0.95, { clock, leaseMs: 3_000 });
    expect((await clock.run(() => dedup.checkAndStore('dead', passage('b')))).action).toBe('admitted');
    await clock.run(() => dedup.repair());
    expect(await clock.run(() => inspector.ghosts())).toEqual([]);
  });

  it('can be removed at once', async () => {
    const { clock, inspector } = await worldWithTheDead(undecided);
    const dedup = new DocumentDeduplicator(handle(inspector.store), null, 0.95, { clock });
    expect(await clock.run(() => dedup.removeDocument('dead'))).toBe(true);
    expect(await clock.run(() => inspector.ghosts())).toEqual([]);
    expect(await clock.run(() => dedup.verify())).toMatchObject({ checked: 0, isClean: true });
  });
});

it('says that the outcome is unknown when it is, and completes it when called again', async () => {
  const clock = new FakeClock();
  const inspector = new Inspector(createMemoryStore({ clock }));
  let isLost = false;
  const faulty = withFaults(inspector.store, {
    clock,
    decide: ({ operation, key, value }) => {
      // The write that admits the document is applied, and from then on nothing gets through.
      isLost ||= operation === 'put' && String(key).endsWith('doc/a') && /"standing":\{/.test(textOf(value));
      return isLost ? (operation === 'put' ? 'lost-reply' : 'lost-request') : undefined;
    },
  });
  const dedup = new DocumentDeduplicator(faulty, null, 0.95, { clock });
  const error = await clock.run(() => dedup.checkAndStore('a', text).catch((thrown: unknown) => thrown));
  expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN', outcome: 'unknown' });
  const elsewhere = new DocumentDeduplicator(handle(inspector.store), null, 0.95, { clock });
  expect(await clock.run(() => elsewhere.checkAndStore('a', text))).toMatchObject({
    isDuplicate: false,
    action: 'unchanged',
  });
  expect((await clock.run(() => elsewhere.checkAndStore('b', text))).duplicateOf).toBe('a');
});

it('stops waiting when the signal ends', async () => {
  const { clock, inspector } = await worldWithTheDead(undecided);
  const dedup = new DocumentDeduplicator(handle(inspector.store), null, 0.95, { clock });
  const controller = new AbortController();
  const waiting = dedup
    .checkAndStore('x', text, { signal: controller.signal })
    .catch((error: unknown) => error);
  const next = dedup.checkAndStore('y', text, { signal: controller.signal }).catch((error: unknown) => error);
  await clock.advance(500);
  const late = dedup.checkAndStore('w', text, { signal: AbortSignal.abort() });
  await expect(late).rejects.toMatchObject({ name: 'AbortError' });
  controller.abort();
  expect(await clock.run(waiting)).toMatchObject({ name: 'AbortError' });
  expect(await clock.run(next)).toMatchObject({ name: 'AbortError' });
  await expect(dedup.checkAndStore('z', text, { signal: controller.signal })).rejects.toMatchObject({
    name: 'AbortError',
  });
});

function textOf(value: unknown): string {
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : String(value);
}

it('gives up, with nothing stored, when it is fenced again and again', async () => {
  const store = createMemoryStore();
  const fenced = { ...unknownDocument, floor: 1_000_000 };
  await store.put('dedup:doc_fingerprints:doc/a', JSON.stringify(fenced));
  const dedup = new DocumentDeduplicator(store);
  await expect(dedup.checkAndStore('a', text)).rejects.toMatchObject({ code: 'CONTENTION' });
  expect(await dedup.get('a')).toBeNull();
});

it('takes another generation when it stood still until the fence may be gone', async () => {
  let stoodStillMs = 0;
  const clock = { ...systemClock, monotonic: () => performance.now() + stoodStillMs };
  const store = new Proxy(createMemoryStore(), {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return async (...call: unknown[]) => {
        const answer = await value.apply(target, call);
        if (name === 'put' && String(call[0]).includes(':led/') && stoodStillMs === 0)
          stoodStillMs = 3_000_000;
        return answer;
      };
    },
  });
  const dedup = new DocumentDeduplicator(store, null, 0.95, { clock });
  expect((await dedup.checkAndStore('a', text)).action).toBe('admitted');
  const state = await createUpdater(store).read('dedup:doc_fingerprints:doc/a', documentCodec);
  expect(state?.standing?.generation).toBe(2);
});
