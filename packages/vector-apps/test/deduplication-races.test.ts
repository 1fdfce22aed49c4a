import { createMemoryStore, createMemoryVectorStore, FakeClock, seededRandom } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import {
  atCosine,
  DocumentDeduplicator,
  handle,
  modelOf,
  passage,
  processes,
} from './deduplication/world.js';

function race(processCount: number) {
  const clock = new FakeClock();
  const random = seededRandom(7);
  const store = createMemoryStore({ clock, latencyMs: () => 1 + 3 * random() });
  const members = processes(store, processCount, { clock, random });
  return { clock, members };
}

describe('copies that race from several processes', () => {
  it('admits one of 200 equal texts', async () => {
    const { clock, members } = race(5);
    const ids = Array.from({ length: 200 }, (_, number) => `copy-${number}`);
    const results = await clock.run(() =>
      Promise.all(ids.map((id, number) => members[number % 5]?.checkAndStore(id, passage('a')))),
    );
    const admitted = ids.filter((_, number) => results[number]?.isDuplicate === false);
    expect(admitted).toHaveLength(1);
    for (const result of results) {
      if (result?.isDuplicate) expect(result.duplicateOf).toBe(admitted[0]);
    }
    expect(await clock.run(async () => members[0]?.verify())).toMatchObject({ checked: 1, isClean: true });
  });

  it.each([1, 2, 3, 4, 5])('admits one of 12 near copies, whoever comes first (%i)', async (seed) => {
    const clock = new FakeClock();
    const random = seededRandom(seed);
    const store = createMemoryStore({ clock, latencyMs: () => 1 + 20 * random() });
    const members = processes(store, 4, { clock, random });
    const ids = Array.from({ length: 12 }, (_, number) => `copy-${number}`);
    const results = await clock.run(() =>
      Promise.all(
        ids.map((id, number) =>
          members[number % 4]?.checkAndStore(id, passage('a', 2, `v${'abcdefghijkl'[number]}`)),
        ),
      ),
    );
    const admitted = ids.filter((_, number) => results[number]?.isDuplicate === false);
    expect(admitted).toHaveLength(1);
    expect(new Set(results.map((result) => result?.duplicateOf))).toEqual(new Set([null, admitted[0]]));
    expect(await clock.run(async () => members[0]?.verify())).toMatchObject({ checked: 1, isClean: true });
  });

  it('admits one of 12 texts that mean the same', async () => {
    const clock = new FakeClock();
    const random = seededRandom(3);
    const store = createMemoryVectorStore({ clock, latencyMs: () => 1 + 20 * random() });
    const texts = Array.from({ length: 12 }, (_, number) => `It says ${'abcdefghijkl'[number]}.`);
    const known = Object.fromEntries(texts.map((text, number) => [text, atCosine(0.999 - number / 1_000)]));
    const members = Array.from(
      { length: 4 },
      () => new DocumentDeduplicator(handle(store), modelOf(known), 0.95, { clock, random }),
    );
    const results = await clock.run(() =>
      Promise.all(texts.map((text, number) => members[number % 4]?.checkAndStore(text, text))),
    );
    const admitted = texts.filter((_, number) => results[number]?.isDuplicate === false);
    expect(admitted).toHaveLength(1);
    expect(new Set(results.map((result) => result?.duplicateOf))).toEqual(new Set([null, admitted[0]]));
    expect(await clock.run(async () => members[0]?.verify())).toMatchObject({ checked: 1, isClean: true });
  });
});
