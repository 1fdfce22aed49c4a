import type { HnswStats } from '../vector-options.js';
import type { Follower } from './follow.js';
import { Graph } from './graph.js';
import { buildGraph, type GraphPlan } from './graph-build.js';
import { readGraphFile } from './graph-file.js';
import { type GraphLibrary, isOpenable, loadGraphLibrary } from './graph-library.js';
import type { Pacer } from './pacer.js';
import type { Turns } from './turns.js';
import type { GraphSettings, VectorHost } from './vector-host.js';
import type { VectorRows } from './vector-rows.js';

// The part of the vectors that may be left to the scan before a graph is made that holds them.
const mostScanned = 1 / 16;
// The part of the vectors that may be replaced in a graph before one is built anew.
const mostReplaced = 1 / 2;
const otherBuilderMs = 1_000;
const failureMs = 60_000;

/** What a keeper works with. */
export interface KeeperParts {
  readonly host: VectorHost;
  readonly settings: GraphSettings;
  readonly follower: Follower;
  /** In which searches take their turns. */
  readonly turns: Turns;
  readonly pacer: Pacer;
}

/** Keeps a graph for a namespace, in the background: takes over the newest there is, and builds a newer one. */
export class GraphKeeper {
  readonly #parts: KeeperParts;
  readonly #closing = new AbortController();
  #library: GraphLibrary | undefined;
  #graph: Graph | undefined;
  /** The rows that the graph has settled. */
  #settled: VectorRows | undefined;
  #work: Promise<void> | undefined;
  #waitsUntilMs = 0;
  #failure: unknown;
  #fileBytes = 0;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** The graph for these rows, if there is one. Called in a turn. If a better one is due, it begins to make it. */
  graphFor(rows: VectorRows): Graph | undefined {
    if (rows.size < this.#parts.settings.from) return undefined;
    if (this.#work === undefined && this.#isDue(rows)) {
      this.#work = this.#improve().finally(() => {
        this.#work = undefined;
      });
    }
    return this.#settled === rows ? this.#graph : undefined;
  }

  stats(): HnswStats {
    const { follower, settings } = this.#parts;
    const isServing = this.#settled === follower.rows && follower.rows.size >= settings.from;
    return {
      isServing,
      isBuilding: this.#work !== undefined,
      vectors: isServing ? follower.rows.settled : 0,
      fileBytes: this.#fileBytes,
      reason: this.#failure === undefined ? undefined : String(this.#failure),
    };
  }

  /** Resolves when the work in the background has ended. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#work;
  }

  #isDue(rows: VectorRows): boolean {
    if (this.#closing.signal.aborted || this.#parts.host.clock.monotonic() < this.#waitsUntilMs) return false;
    return this.#settled !== rows || this.#isOutdated();
  }

  #isOutdated(): boolean {
    const graph = this.#graph;
    const rows = this.#parts.follower.rows;
    if (graph === undefined || this.#settled !== rows) return true;
    return rows.size + graph.size - 2 * rows.settled > rows.size * mostScanned;
  }

  async #improve(): Promise<void> {
    try {
      this.#library ??= await loadGraphLibrary();
      await this.#adoptNewest(this.#library);
      if (this.#isOutdated()) await this.#build(this.#library);
      this.#failure = undefined;
    } catch (error) {
      // A graph that serves goes on: what it does not hold is scanned.
      this.#failure = error;
      this.#wait(failureMs);
    }
  }

  #wait(durationMs: number): void {
    this.#waitsUntilMs = this.#parts.host.clock.monotonic() + durationMs;
  }

  /** Takes over the newest graph that is good, whoever made it, and removes those that are not. */
  async #adoptNewest(library: GraphLibrary): Promise<void> {
    const { settings, follower } = this.#parts;
    for (const { file, position } of await settings.folder.list(follower.space.number)) {
      if (this.#graph && position <= this.#graph.position) break;
      const graph = await this.#open(library, file, position);
      if (graph) {
        await this.#adopt(graph);
        return;
      }
      await settings.folder.remove(file);
    }
    if (this.#graph && this.#settled !== follower.rows) await this.#adopt(this.#graph);
  }

  async #open(library: GraphLibrary, file: string, position: number): Promise<Graph | undefined> {
    const { settings, follower, pacer } = this.#parts;
    const { space } = follower;
    const keys = await readGraphFile(file, space, pacer);
    return keys && new Graph(file, position, keys, library.view(file, library.configOf(space, settings.ef)));
  }

  #adopt(graph: Graph): Promise<void> {
    const { settings, follower, turns, pacer } = this.#parts;
    return turns.next(async () => {
      const rows = await follower.catchUp();
      // If it cannot settle them all, no graph fits them.
      this.#settled = undefined;
      await graph.settle(rows, pacer);
      this.#graph = graph;
      this.#settled = rows;
      this.#fileBytes = await settings.folder.bytesOf(graph.file);
    });
  }

  async #build(library: GraphLibrary): Promise<void> {
    const { settings, follower } = this.#parts;
    const { number } = follower.space;
    const position = follower.position;
    const claimed = await settings.folder.claim(number, position);
    if (claimed === undefined) {
      this.#wait(otherBuilderMs);
      return;
    }
    try {
      // Since it looked, another may have finished one.
      const before = this.#graph;
      await this.#adoptNewest(library);
      if (this.#graph !== before) return;
      const plan = await this.#plan(library);
      await buildGraph(claimed, plan, () => follower.rows, this.#closing.signal);
      const file = await settings.folder.publish(claimed, number);
      const graph = await this.#open(library, file, position);
      if (graph === undefined) throw new Error('The graph that was built cannot be read');
      await this.#adopt(graph);
    } finally {
      await settings.folder.remove(claimed);
    }
  }

  /** What to build: the graph there is with what has changed, or a new one if much has been replaced in it. */
  #plan(library: GraphLibrary): Promise<GraphPlan> {
    const { settings, follower, turns, pacer } = this.#parts;
    const config = library.configOf(follower.space, settings.ef);
    return turns.next(async () => {
      const rows = await follower.catchUp();
      const graph = this.#settled === rows ? this.#graph : undefined;
      const outdated = (await graph?.outdatedKeys(rows, pacer)) ?? [];
      const replaced = (graph?.keys.removed ?? 0) + outdated.length;
      const isKept =
        graph &&
        replaced < rows.size * mostReplaced &&
        isOpenable(graph.keys.places, rows.size) &&
        (await settings.folder.bytesOf(graph.file)) > 0;
      const base = isKept ? { graph, outdated } : undefined;
      return { library: library.file, config, base, ids: rows.ids().slice(base ? rows.settled : 0) };
    });
  }
}
