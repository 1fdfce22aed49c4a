import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Index, IndexConfig } from 'usearch';
import type { Shape } from './vector-rows.js';

const library = 'usearch';

/** The release whose files and behaviour are known here; the only one that is used. */
export const libraryRelease = '2.25.3';

/** The library of graphs, which may not be there. */
export interface GraphLibrary {
  /** What a worker loads. */
  readonly file: string;
  configOf(shape: Shape, ef: number): IndexConfig;
  /** A graph in a file, mapped into memory: nobody may change the file. */
  view(file: string, config: IndexConfig): Index;
}

/**
 * Whether the library can open the file of a graph with so many vectors in so many places, some of which removed
 * vectors have left. It makes room for four thirds of the vectors at least, and copies all places into it: of more
 * it writes over other memory of the process.
 */
export function isOpenable(places: number, vectors: number): boolean {
  return 3 * places <= 4 * vectors;
}

/** Loads the library. Throws if it is not installed or does not run on this system. */
export async function loadGraphLibrary(): Promise<GraphLibrary> {
  let usearch: typeof import('usearch');
  let file: string;
  // Not `catch` of the promise: bundlers forgive that it is not installed only in such a block.
  try {
    usearch = await import('usearch');
    file = createRequire(import.meta.url).resolve(library);
  } catch (cause) {
    throw new Error(`usearch ${libraryRelease} cannot be loaded; install it (${String(cause)})`, { cause });
  }
  const { Index, MetricKind, ScalarKind } = usearch;
  const metrics = { cosine: MetricKind.Cos, euclidean: MetricKind.L2sq, inner_product: MetricKind.IP };
  return {
    file,
    configOf: ({ dimensions, distance }, ef) => ({
      dimensions,
      metric: metrics[distance],
      quantization: ScalarKind.F32,
      connectivity: 16,
      expansion_add: 128,
      expansion_search: ef,
      multi: false,
    }),
    view(file, config) {
      // If usearch cannot open a file, it closes the standard input of the process: so nobody may remove it meanwhile.
      const descriptor = openSync(file, 'r');
      try {
        const index = new Index(config);
        index.view(process.platform === 'linux' ? `/proc/self/fd/${descriptor}` : file);
        return index;
      } finally {
        closeSync(descriptor);
      }
    },
  };
}
