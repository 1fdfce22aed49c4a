import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { openEmbedded } from '@norikv/embedded';
import { seededRandom } from '@norikv/testkit';
import { Index, MetricKind, ScalarKind } from 'usearch';
import { latencyFigures } from '../latency-figures.js';
import { compare, type Figures, type Row } from '../row.js';
import { temporaryFolder } from '../temporary-folder.js';
import {
  clustered,
  clusterSize,
  dimensions,
  longestPause,
  neighbours,
  pauseDuring,
  recallOf,
} from './vector-measures.js';

/** The graph of a namespace of type `hnsw`, beside the bare library with the same settings on the same vectors. */
export async function vectorGraphs(
  count: number,
  shape: 'clustered' | 'uniform',
  durationMs: number,
): Promise<Row[]> {
  await using folder = await temporaryFolder();
  await using store = await openEmbedded({ path: join(folder.path, 'norikv'), hnswFrom: count });
  const random = seededRandom(count);
  const clusters = shape === 'clustered' ? count / clusterSize : 0;
  const stored = clustered(random, count, clusters);
  const queries = clustered(random, 200, clusters);
  await store.vectorCreateIndex('bench', dimensions, 'cosine', 'hnsw');
  await store.vectorInsertMany(
    'bench',
    stored.map((vector, row) => ({ id: `${row}`, vector })),
  );
  const search = async (query: Float32Array): Promise<readonly string[]> => {
    const { matches } = await store.vectorSearch('bench', query, neighbours);
    return matches.map(({ id }) => id);
  };
  const exactly = async (query: Float32Array): Promise<readonly string[]> => {
    const { matches } = await store.vectorSearch('bench', query, neighbours, { filter: () => true });
    return matches.map(({ id }) => id);
  };
  const [query = new Float32Array(dimensions)] = queries;
  const startedAt = performance.now();
  await search(query);
  const buildPause = await pauseDuring(async () => {
    while (!(await isServing(store))) await new Promise((resolve) => setTimeout(resolve, 20));
  });
  const buildMs = performance.now() - startedAt;
  const bare = bareLibrary(stored);
  const searchBare = async (asked: Float32Array): Promise<readonly string[]> =>
    [...bare.index.search(asked, neighbours, 1).keys].map(String);

  const name = 'ours: embedded, hnsw';
  const title = `hnsw, ${count} ${shape} vectors of ${dimensions} dimensions`;
  let next = 0;
  const asked = (): Float32Array => queries[next++ % queries.length] ?? query;
  const operations = { [name]: () => search(asked()), [bare.name]: () => searchBare(asked()) };
  const { rates, p99s } = await latencyFigures(operations, 1, durationMs);
  const exact = { search: exactly };
  const recalls = [
    await recallOf({ search }, exact, queries.slice(0, 50)),
    await recallOf({ search: searchBare }, exact, queries.slice(0, 50)),
  ] as const;
  const pauses = [
    await longestPause(queries.slice(0, 20), search),
    await longestPause(queries.slice(0, 20), searchBare),
  ];
  const figures = (one: number | undefined, other: number | undefined): Figures => [
    { contender: name, value: one ?? Number.NaN },
    { contender: bare.name, value: other ?? Number.NaN },
  ];
  return [
    ...compare(`${title}: ${neighbours} nearest`, 'queries/s', 'more', rates),
    ...compare(`${title}: ${neighbours} nearest, p99`, 'ms', 'less', p99s),
    ...compare(`${title}: recall@${neighbours}`, 'share', 'more', figures(...recalls)),
    ...compare(`${title}: building`, 'ms', 'less', figures(buildMs, bare.buildMs)),
    ...compare(`${title}: longest pause of the event loop while building`, 'ms', 'less', [
      ...figures(buildPause, bare.buildMs),
      {
        contender: 'idle, beside a busy thread',
        value: await idlePause(),
        note: 'what the machine does to it',
      },
    ]),
    ...compare(
      `${title}: longest pause of the event loop in a search`,
      'ms',
      'less',
      figures(pauses[0], pauses[1]),
    ),
  ];
}

/** How long an event loop with nothing to do stands still at most, in a process with one busy thread. */
async function idlePause(): Promise<number> {
  const busy = new Worker('for (;;);', { eval: true });
  try {
    return await pauseDuring(() => new Promise((resolve) => setTimeout(resolve, 10_000)));
  } finally {
    await busy.terminate();
  }
}

async function isServing(store: Awaited<ReturnType<typeof openEmbedded>>): Promise<boolean> {
  const { vectors: figures } = await store.stats();
  const [hnsw] = figures.namespaces.map((namespace) => namespace.hnsw);
  if (hnsw?.reason) throw new Error(hnsw.reason);
  return hnsw?.isServing ?? false;
}

function bareLibrary(stored: readonly Float32Array[]): {
  readonly name: string;
  readonly index: Index;
  readonly buildMs: number;
} {
  const startedAt = performance.now();
  const index = new Index({
    dimensions,
    metric: MetricKind.Cos,
    quantization: ScalarKind.F32,
    connectivity: 16,
    expansion_add: 128,
    expansion_search: 64,
    multi: false,
  });
  for (const [row, vector] of stored.entries()) index.add(BigInt(row), vector, 1);
  return { name: 'usearch, bare', index, buildMs: performance.now() - startedAt };
}
