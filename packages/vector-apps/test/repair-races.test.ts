import { isNoriKVError } from '@norikv/store';
import { createMemoryVectorStore, seededRandom } from '@norikv/testkit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { VectorKvStore } from '../src/core/vector-kv-store.js';
import { VectorRecords } from '../src/core/vector-records.js';
import { storeMethods, watchedStore } from './support/watched-store.js';

/** The store as another process sees it: every call takes a few turns on its way there and back. */
function distant(inner: VectorKvStore, random: () => number): VectorKvStore {
  const store = Object.create(inner) as VectorKvStore;
  const someTurns = async (): Promise<void> => {
    for (let turns = Math.floor(random() * 4); turns > 0; turns -= 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  for (const name of storeMethods) {
    const call = Reflect.get(inner, name) as (...args: unknown[]) => Promise<unknown>;
    Reflect.set(store, name, async (...args: unknown[]) => {
      await someTurns();
      const answer = await call.apply(inner, args);
      await someTurns();
      return answer;
    });
  }
  return store;
}

const vectorOf = (text: string): Float32Array => Float32Array.of(1, text.length, text.charCodeAt(0));

it('keeps every record whole while writers, deletes and repairs of several processes race, and some die', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.nat({ max: 60 }), async (seed, dieAfter) => {
      const random = seededRandom(seed);
      const memory = createMemoryVectorStore();
      const open = (store: VectorKvStore): VectorRecords<string> =>
        new VectorRecords<string>(store, {
          prefix: 'x:',
          namespace: 'x',
          dimensions: 3,
          fingerprint: '',
          decode: String,
          random,
        });
      await open(memory).initialize();
      const doomed = watchedStore(distant(memory, random));
      doomed.dieAfter(dieAfter, random() < 0.5);
      const processes = [doomed.store, distant(memory, random), distant(memory, random)].map(open);
      const written = new Map<string, Set<string>>();

      const live = async (records: VectorRecords<string>, name: string): Promise<void> => {
        for (let step = 0; step < 5; step += 1) {
          const id = random() < 0.5 ? 'a' : 'b';
          const choice = random();
          const text = `${name}${'.'.repeat(step)}`;
          if (choice < 0.55) {
            written.set(id, (written.get(id) ?? new Set()).add(text));
            await records.put(id, text, [vectorOf(text), vectorOf(`${text}!`)]);
          } else if (choice < 0.75) await records.delete(id);
          else if (choice < 0.9) await records.repair();
          else {
            const { matches } = await records.nearest(vectorOf('x'), 2);
            for (const { record } of matches) expect(written.get(record.id)).toContain(record.data);
          }
        }
      };
      const ends = await Promise.allSettled(processes.map((records, place) => live(records, `${place}`)));
      for (const end of ends) {
        if (end.status === 'rejected' && !isNoriKVError(end.reason)) throw end.reason;
      }

      const survivor = open(memory);
      await survivor.repair();
      expect(await survivor.verify()).toMatchObject({ ghosts: 0, missing: 0, resumed: 0, isClean: true });
      const known: string[] = [];
      for await (const id of survivor.ids()) {
        known.push(id);
        const record = await survivor.get(id);
        expect(written.get(id)).toContain(record?.data);
        const text = record?.data ?? '';
        expect(record && (await survivor.vectorsOf(record))).toEqual([vectorOf(text), vectorOf(`${text}!`)]);
      }
      for (const id of ['a', 'b']) expect(known.includes(id)).toBe((await survivor.get(id)) !== null);
    }),
    { numRuns: 150 },
  );
});
