import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MemoryVectorStore } from '@langchain/classic/vectorstores/memory';
import { Document } from '@langchain/core/documents';
import { FakeEmbeddings } from '@langchain/core/utils/testing';
import { openEmbedded } from '@norikv/embedded';
import { seededRandom } from '@norikv/testkit';
import { LocalIndex } from 'vectra';
import { latencyFigures } from '../latency-figures.js';
import { compare, type Figures, type Row } from '../row.js';
import { temporaryFolder } from '../temporary-folder.js';

const dimensions = 512;
const neighbours = 10;
const clusters = 50;

interface Contender {
  readonly name: string;
  readonly note: string;
  build(vectors: readonly number[][]): Promise<(query: number[]) => Promise<readonly string[]>>;
}

interface Built {
  readonly name: string;
  readonly note: string;
  readonly search: (query: number[]) => Promise<readonly string[]>;
  readonly buildMs: number;
  readonly bytesPerVector: number;
}

/** Building an index of clustered vectors and searching it, beside two others that need nothing but npm. */
export async function vectors(count: number, durationMs: number): Promise<Row[]> {
  await using folder = await temporaryFolder();
  await using store = await openEmbedded({ path: join(folder.path, 'norikv') });
  const random = seededRandom(count);
  const stored = clustered(random, count);
  const queries = clustered(random, 200);
  const first = await built(ours(store), stored);
  const rest: Built[] = [];
  for (const contender of [langchain, vectra(folder.path)]) rest.push(await built(contender, stored));
  const all = [first, ...rest] as const;

  const title = `${count} vectors of ${dimensions} dimensions`;
  const recalls = await Promise.all(all.map((one) => recallOf(one, first, queries.slice(0, 20))));
  let next = 0;
  const operations = Object.fromEntries(
    all.map(({ name, search }) => [name, () => search(queries[next++ % queries.length] ?? [])]),
  );
  const { rates, p99s } = await latencyFigures(operations, 1, durationMs);
  return [
    ...compare(`${title}: ${neighbours} nearest`, 'queries/s', 'more', rates),
    ...compare(`${title}: ${neighbours} nearest, p99`, 'ms', 'less', p99s),
    ...compare(
      `${title}: building`,
      'ms',
      'less',
      figuresOf(all, ({ buildMs }) => buildMs),
    ),
    ...compare(
      `${title}: memory for each`,
      'bytes',
      'less',
      figuresOf(all, ({ bytesPerVector }) => bytesPerVector),
    ),
    ...compare(
      `${title}: the same ${neighbours} as ours`,
      'share',
      'more',
      figuresOf(all, (one) => recalls[all.indexOf(one)] ?? 0),
    ),
  ];
}

function ours(store: Awaited<ReturnType<typeof openEmbedded>>): Contender {
  return {
    name: 'ours: embedded',
    note: 'on the disk, flushed; several processes',
    async build(all) {
      await store.vectorCreateIndex('bench', dimensions, 'cosine');
      await store.vectorInsertMany(
        'bench',
        all.map((vector, row) => ({ id: `${row}`, vector })),
      );
      const search = async (query: number[]): Promise<string[]> => {
        const { matches } = await store.vectorSearch('bench', query, neighbours);
        return matches.map(({ id }) => id);
      };
      // The first search reads the vectors into memory.
      await search(all[0] ?? []);
      return search;
    },
  };
}

const langchain: Contender = {
  name: 'LangChain MemoryVectorStore',
  note: 'in memory, lost at the end',
  async build(all) {
    const memory = new MemoryVectorStore(new FakeEmbeddings());
    const documents = all.map((_, row) => new Document({ pageContent: '', metadata: { row } }));
    await memory.addVectors([...all], documents);
    return async (query) => {
      const found = await memory.similaritySearchVectorWithScore(query, neighbours);
      return found.map(([{ metadata }]) => `${metadata.row}`);
    };
  },
};

function vectra(path: string): Contender {
  return {
    name: 'vectra',
    note: 'one JSON file, written whole',
    async build(all) {
      const index = new LocalIndex(join(path, 'vectra'));
      await index.createIndex();
      await index.beginUpdate();
      for (const [row, vector] of all.entries()) {
        await index.insertItem({ id: `${row}`, vector, metadata: {} });
      }
      await index.endUpdate();
      return async (query) => {
        const found = await index.queryItems(query, '', neighbours);
        return found.map(({ item }) => item.id);
      };
    },
  };
}

async function built({ name, note, build }: Contender, all: readonly number[][]): Promise<Built> {
  const before = await memoryInUse();
  const startedAt = performance.now();
  // Copies, so that each contender pays for what it keeps.
  const search = await build(all.map((vector) => [...vector]));
  const buildMs = performance.now() - startedAt;
  const bytesPerVector = ((await memoryInUse()) - before) / all.length;
  return { name, note, search, buildMs, bytesPerVector };
}

async function recallOf(one: Built, exact: Built, queries: readonly number[][]): Promise<number> {
  let found = 0;
  for (const query of queries) {
    const expected = new Set(await exact.search(query));
    found += (await one.search(query)).filter((id) => expected.has(id)).length;
  }
  return found / (queries.length * neighbours);
}

function figuresOf(all: readonly [Built, ...Built[]], value: (one: Built) => number): Figures {
  const [first, ...rest] = all.map((one) => ({ contender: one.name, value: value(one), note: one.note }));
  if (!first) throw new Error('no contender was measured');
  return [first, ...rest];
}

/** Bytes in use after a collection, numbers outside the heap included. */
async function memoryInUse(): Promise<number> {
  setFlagsFromString('--expose-gc');
  await new Promise((resolve) => setTimeout(resolve, 50));
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers, external } = process.memoryUsage();
  return heapUsed + Math.max(arrayBuffers, external);
}

function clustered(random: () => number, count: number): number[][] {
  const center = seededRandom(1);
  const centers = Array.from({ length: clusters }, () => uniform(center));
  return Array.from({ length: count }, (_, row) => {
    const around = centers[row % clusters] ?? [];
    return uniform(random).map((number, place) => 0.5 * number + (around[place] ?? 0));
  });
}

function uniform(random: () => number): number[] {
  return Array.from({ length: dimensions }, () => random() * 2 - 1);
}
