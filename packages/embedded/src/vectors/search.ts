import type { Graph } from './graph.js';
import type { Pacer } from './pacer.js';

/** What is looked for. */
export interface Search {
  readonly query: Float32Array;
  readonly k: number;
  /** The rows that may be found; undefined: all. */
  readonly allowed: AllowedRows | undefined;
  /** Finds those rows that are settled; without it all are measured. */
  readonly graph: Graph | undefined;
  /** Whether nobody waits for the answer any more. */
  readonly isGivenUp: () => boolean;
}

/** Some rows of a namespace. */
export interface AllowedRows {
  readonly rows: readonly number[];
  readonly has: (row: number) => boolean;
}

/** The search was given up: there is no answer. */
export class GivenUp extends Error {}

/** Rests if it is time to. Throws GivenUp. */
export async function look({ isGivenUp }: Search, pacer: Pacer): Promise<void> {
  if (!pacer.isDue()) return;
  await pacer.rest();
  if (isGivenUp()) throw new GivenUp();
}
