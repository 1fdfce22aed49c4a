import { isNoriKVError } from '@norikv/store';
import { createMemoryVectorStore } from '@norikv/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VectorRecords } from '../src/core/vector-records.js';
import { watchedStore } from './support/watched-store.js';

const dimensions = 3;

/** Each text has vectors of its own, so that a wrong pairing shows. */
function vectorsOf(text: string): Float32Array[] {
  const [, number, count] = text.split('-').map(Number);
  return Array.from({ length: count ?? 0 }, (_, part) => Float32Array.of(1, (number ?? 0) / 10, part / 10));
}

function open(store: VectorRecordsStore): VectorRecords<string> {
  const options = { prefix: 'r:', namespace: 'r', dimensions, fingerprint: '', decode: String };
  return new VectorRecords<string>(store, { ...options, random: () => 0.5 });
}

type VectorRecordsStore = ReturnType<typeof watchedStore>['store'];
type Command =
  | { readonly kind: 'put'; readonly id: string; readonly text: string }
  | { readonly kind: 'delete'; readonly id: string };

const id = fc.constantFrom('a', 'b');
const command: fc.Arbitrary<Command> = fc.oneof(
  fc
    .tuple(id, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 3 }))
    .map(([one, number, count]) => ({ kind: 'put', id: one, text: `t-${number}-${count}` }) as const),
  id.map((one) => ({ kind: 'delete', id: one }) as const),
);

async function run(records: VectorRecords<string>, { kind, ...rest }: Command): Promise<void> {
  if (kind === 'delete') await records.delete(rest.id);
  else if ('text' in rest) await records.put(rest.id, rest.text, vectorsOf(rest.text));
}

const textAfter = (one: Command): string | undefined => (one.kind === 'put' ? one.text : undefined);

describe('repair', () => {
  it('ends clean after a crash between any two steps, and nothing wrong was ever shown', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { maxLength: 4 }),
        command,
        fc.nat({ max: 14 }),
        fc.boolean(),
        fc.boolean(),
        async (before, last, crashAt, isApplied, openOnly) => {
          const watched = watchedStore(createMemoryVectorStore());
          await open(watched.store).initialize();
          const admissible = new Map<string, (string | undefined)[]>();
          for (const one of before) {
            await run(open(watched.store), one);
            admissible.set(one.id, [textAfter(one)]);
          }
          watched.dieAfter(crashAt, isApplied);
          const isTold = await run(open(watched.store), last).then(
            () => true,
            (error) => {
              if (!isNoriKVError(error)) throw error;
              return false;
            },
          );
          const earlier = isTold ? [] : (admissible.get(last.id) ?? [undefined]);
          admissible.set(last.id, [...earlier, textAfter(last)]);
          watched.revive();

          const survivor = open(watched.store);
          // Of its own, since what a search finds out would help the repair.
          await check(open(watched.store), admissible);
          const shown = await survivor.getMany(['a', 'b']);
          await survivor.repair({ openOnly });
          await check(survivor, admissible);
          expect(await survivor.getMany(['a', 'b'])).toEqual(shown);
          expect(await survivor.verify()).toMatchObject({ ghosts: 0, missing: 0, resumed: 0, isClean: true });
          const expected = shown.flatMap(
            (record) =>
              record?.data &&
              vectorsOf(record.data).map((_, part) => `${record.id}#${record.generation}#${part}`),
          );
          expect(await watched.vectorIds('r', dimensions)).toEqual(expected.filter(Boolean).sort());
          const known: string[] = [];
          for await (const one of survivor.ids()) known.push(one);
          expect(known.sort()).toEqual(shown.flatMap((record) => (record ? [record.id] : [])));
        },
      ),
      { numRuns: 400 },
    );
  });

  it('brings back lost vectors, or names their records', async () => {
    const watched = watchedStore();
    const records = open(watched.store);
    await records.initialize();
    await records.put('a', 't-1-2', vectorsOf('t-1-2'));
    await records.put('b', 't-2-1', vectorsOf('t-2-1'));
    await watched.store.vectorDelete('r', 'a#1#1');
    const found = { checked: 2, ghosts: 0, missing: 1, resumed: 0, requeued: ['a'], isClean: false };
    expect(await records.verify()).toEqual(found);
    expect(await records.repair()).toEqual(found);
    expect(await records.repair({ restore: async () => [] })).toEqual(found);
    const restore = async ({ data }: { data: string }) => vectorsOf(data);
    expect(await records.repair({ restore })).toEqual({ ...found, requeued: [] });
    expect(await records.verify()).toMatchObject({ isClean: true });
    expect(await records.repair({ openOnly: true })).toMatchObject({ checked: 0 });
  });

  it('leaves a record alone that is written while its vectors are made', async () => {
    const watched = watchedStore();
    const records = open(watched.store);
    await records.initialize();
    await records.put('a', 't-1-1', vectorsOf('t-1-1'));
    await watched.store.vectorDelete('r', 'a#1#0');
    await records.repair({
      async restore() {
        await records.put('a', 't-2-1', vectorsOf('t-2-1'));
        return vectorsOf('t-1-1');
      },
    });
    expect(await watched.vectorIds('r', dimensions)).toEqual(['a#2#0']);
    expect(await records.verify()).toMatchObject({ isClean: true });
  });

  it('tells of what it would do', async () => {
    const watched = watchedStore();
    const records = open(watched.store);
    await records.initialize();
    watched.dieAfter(6, false);
    await expect(records.put('a', 't-1-2', vectorsOf('t-1-2'))).rejects.toThrow();
    watched.revive();
    const report = await records.verify();
    expect(report).toMatchObject({ checked: 1, resumed: 1, isClean: false });
    expect(report.ghosts).toBeGreaterThan(0);
    expect(await watched.vectorIds('r', dimensions)).toHaveLength(report.ghosts);
    expect(await records.repair()).toEqual(report);
    expect(await watched.vectorIds('r', dimensions)).toEqual([]);
  });
});

async function check(
  records: VectorRecords<string>,
  admissible: ReadonlyMap<string, readonly (string | undefined)[]>,
): Promise<void> {
  for (const one of ['a', 'b']) {
    const record = await records.get(one);
    expect(admissible.get(one) ?? [undefined]).toContain(record?.data);
    if (record) expect(await records.vectorsOf(record)).toEqual(vectorsOf(record.data));
  }
  const { matches } = await records.nearest(Float32Array.of(1, 0, 0), 10);
  for (const { record, part, distance } of matches) {
    expect(await records.get(record.id)).toEqual(record);
    const [x = 0, y = 0, z = 0] = vectorsOf(record.data)[part] ?? [];
    expect(distance).toBeCloseTo(1 - x / Math.hypot(x, y, z), 5);
  }
}
