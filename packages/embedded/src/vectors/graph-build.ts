import type { IndexConfig } from 'usearch';
import type { Graph } from './graph.js';
import { type GraphKeys, sealGraphFile } from './graph-file.js';
import { scaledBy, scaleOf } from './graph-scale.js';
import { GraphWorker, type WorkerOrder } from './graph-worker.js';
import type { VectorRows } from './vector-rows.js';

// Numbers that are copied and handed over at a time: well under a millisecond.
const numbersTogether = 0x2_0000;

/** What to build. */
export interface GraphPlan {
  /** The library to load. */
  readonly library: string;
  readonly config: IndexConfig;
  /** A graph to change, with the keys that come out; without one all vectors go into a new one. */
  readonly base: { readonly graph: Graph; readonly outdated: readonly number[] } | undefined;
  /** The vectors to put in. */
  readonly ids: readonly string[];
}

/**
 * Builds a graph in another thread and writes it to a file. Vectors may change meanwhile: each is taken as it is
 * when its turn comes, and a vector that is gone is left out.
 *
 * @param rowsNow - the vectors as they are in memory.
 */
export async function buildGraph(
  file: string,
  plan: GraphPlan,
  rowsNow: () => VectorRows,
  signal: AbortSignal,
): Promise<void> {
  const { library, config, base, ids } = plan;
  signal.throwIfAborted();
  const worker = new GraphWorker({ library, config, base: base?.graph.file });
  const stop = (): void => void worker.stop();
  signal.addEventListener('abort', stop);
  try {
    const keys = keysOf(base, rowsNow());
    if (base) await worker.ask({ remove: BigUint64Array.from(base.outdated, BigInt) });
    const together = Math.max(1, Math.floor(numbersTogether / config.dimensions));
    for (let from = 0; from < ids.length; from += together) {
      await worker.ask(batchOf(rowsNow(), ids.slice(from, from + together), keys));
    }
    await worker.ask({ save: file });
    await sealGraphFile(file, keys, rowsNow().shape);
  } finally {
    signal.removeEventListener('abort', stop);
    await worker.stop();
  }
}

function keysOf(base: GraphPlan['base'], { shape, highestSquare }: VectorRows): GraphKeys {
  if (base === undefined) {
    return { ids: [], versions: [], removed: 0, scale: scaleOf(shape.distance, highestSquare) };
  }
  const { ids, versions, removed, scale } = base.graph.keys;
  const keys = {
    ids: ids.slice(),
    versions: versions.slice(),
    removed: removed + base.outdated.length,
    scale,
  };
  for (const key of base.outdated) keys.ids[key] = '';
  return keys;
}

/** Gives each vector the next key. */
function batchOf(
  rows: VectorRows,
  ids: readonly string[],
  keys: GraphKeys,
): Required<Pick<WorkerOrder, 'keys' | 'vectors'>> {
  const places = ids.map((id) => rows.rowOf(id)).filter((row) => row !== undefined);
  const { dimensions } = rows.shape;
  const vectors = new Float32Array(places.length * dimensions);
  const numbers = new BigUint64Array(places.length);
  for (const [place, row] of places.entries()) {
    numbers[place] = BigInt(keys.ids.length);
    vectors.set(scaledBy(rows.numbersOf(row), keys.scale), place * dimensions);
    keys.ids.push(rows.idOf(row));
    keys.versions.push(rows.termOf(row), rows.indexOf(row));
  }
  return { keys: numbers, vectors };
}
