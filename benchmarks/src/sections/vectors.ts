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
import { vectorGraphs } from './vector-graphs.js';
import { clustered, clusterSize, dimensions, longestPause, neighbours, recallOf } from './vector-measures.js';

const unlimited = { most: Number.POSITIVE_INFINITY, limit: '' };

interface Contender {
  readonly name: string;
  readonly note: string;
  /** The most vectors it is measured with, and why no more. */
  readonly most: number;
  readonly limit: string;
  build(vectors: readonly number[][]): Promise<(query: number[]) => Promise<readonly string[]>>;
}

interface Built {
  readonly name: string;
  readonly note: string;
  readonly search: (query: number[]) => Promise<readonly string[]>;
  readonly buildMs: number;
  readonly bytesPerVector: number;
}

/** All sizes that can be measured in the time. */
export async function vectors(durationMs: number): Promise<Row[]> {
  const rows = await scans(1_000, durationMs);
  // Too long for a look at whether it works.
  if (durationMs < 100) return rows;
  rows.push(...(await scans(20_000, durationMs)), ...(await scans(100_000, durationMs)));
  rows.push(...(await vectorGraphs(100_000, 'clustered', durationMs)));
  rows.push(...(await vectorGraphs(100_000, 'uniform', durationMs)));
  return rows;
}

/** Building an index of clustered vectors and searching it, beside two others that need nothing but npm. */
async function scans(count: number, durationMs: number): Promise<Row[]> {
  await using folder = await temporaryFolder();
  await using store = await openEmbedded({ path: join(folder.path, 'norikv') });
  const random = seededRandom(count);
  const stored = clustered(random, count, count / clusterSize).map(plain);
  const queries = clustered(random, 200, count / clusterSize).map(plain);
  const first = await built(ours(store), stored);
  const rest: Built[] = [];
  for (const contender of [langchain, vectra(folder.path)]) {
    if (count <= contender.most) rest.push(await built(contender, stored));
    else console.log(`${contender.name} is left out at ${count} vectors: ${contender.limit}`);
  }
  const all = [first, ...rest] as const;

  const title = `${count} vectors of ${dimensions} dimensions`;
  const recalls = await Promise.all(all.map((one) => recallOf(one, first, queries.slice(0, 20))));
  let next = 0;
  const operations = Object.fromEntries(
    all.map(({ name, search }) => [name, () => search(queries[next++ % queries.length] ?? [])]),
  );
  const { rates, p99s } = await latencyFigures(operations, 1, durationMs);
  const pauses: number[] = [];
  for (const { search } of all) pauses.push(await longestPause(queries.slice(0, 20), search));
  return [
    ...compare(`${title}: ${neighbours} nearest`, 'queries/s', 'more', rates),
    ...compare(`${title}: ${neighbours} nearest, p99`, 'ms', 'less', p99s),
    ...compare(
      `${title}: longest pause of the event loop in a search`,
      'ms',
      'less',
      figuresOf(all, (one) => pauses[all.indexOf(one)] ?? Number.NaN),
    ),
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

/** A plain array of floating-point numbers. Spreading would make one of objects, which is slower and larger. */
function plain(vector: Float32Array): number[] {
  return Array.from({ length: vector.length }, (_, place) => vector[place] ?? 0);
}

function ours(store: Awaited<ReturnType<typeof openEmbedded>>): Contender {
  return {
    name: 'ours: embedded',
    note: 'on the disk, flushed; several processes',
    ...unlimited,
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
  ...unlimited,
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
    most: 20_000,
    limit: 'it writes all of them as one text, which would be longer than a string can be',
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

function figuresOf(all: readonly [Built, ...Built[]], value: (one: Built) => number): Figures {
  const [first, ...rest] = all.map((one) => ({ contender: one.name, value: value(one), note: one.note }));
  if (!first) throw new Error('no contender was measured');
  return [first, ...rest];
}

/** Bytes in use after a collection, numbers outside the heap included. */
async function memoryInUse(): Promise<number> {
  setFlagsFromString('--expose-gc');
  // Twice, as buffers are only freed after the collection that finds them.
  for (let times = 0; times < 2; times++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    (runInNewContext('gc') as () => void)();
  }
  const { heapUsed, arrayBuffers, external } = process.memoryUsage();
  return heapUsed + Math.max(arrayBuffers, external);
}
