import { Worker } from 'node:worker_threads';
import type { IndexConfig } from 'usearch';

/** What a worker starts from. */
export interface WorkerSetup {
  /** The library to load. */
  readonly library: string;
  readonly config: IndexConfig;
  /** The file of a graph to change; without it a new one is made. */
  readonly base: string | undefined;
}

/** What a worker is asked to do next; several things are done in this order. Arrays are given away. */
export interface WorkerOrder {
  readonly remove?: BigUint64Array<ArrayBuffer>;
  readonly keys?: BigUint64Array<ArrayBuffer>;
  /** One behind the other, one for each key. */
  readonly vectors?: Float32Array<ArrayBuffer>;
  /** A file to write the graph to. */
  readonly save?: string;
}

// Text, as a file would have to be found from the sources and from both builds. What fails ends the worker.
const program = `
const { parentPort, workerData } = require('node:worker_threads');
const { Index } = require(workerData.library);
const index = new Index(workerData.config);
if (workerData.base !== undefined) index.load(workerData.base);
parentPort.on('message', ({ remove, keys, vectors, save }) => {
  if (remove) index.remove(remove);
  if (keys) index.add(keys, vectors, 1);
  if (save) index.save(save);
  parentPort.postMessage('done');
});
`;

/** A thread that builds a graph: adding, loading and saving would hold up this one. */
export class GraphWorker {
  readonly #worker: Worker;
  #onDone: (() => void) | undefined;
  #onFailure: ((error: Error) => void) | undefined;
  #failure: Error | undefined;

  constructor(setup: WorkerSetup) {
    this.#worker = new Worker(program, { eval: true, workerData: setup, execArgv: [] });
    // It does not keep the process alive.
    this.#worker.unref();
    this.#worker.on('message', () => this.#onDone?.());
    this.#worker.on('error', (error: Error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('The thread that builds the graph has ended')));
  }

  /** Resolves when it is done. One at a time. */
  ask(order: WorkerOrder): Promise<void> {
    // Copies would be garbage, whose collection holds up this thread.
    const given = [order.remove, order.keys, order.vectors].flatMap((array) => (array ? [array.buffer] : []));
    return new Promise((resolve, reject) => {
      this.#onDone = resolve;
      this.#onFailure = reject;
      if (this.#failure) reject(this.#failure);
      else this.#worker.postMessage(order, given);
    });
  }

  async stop(): Promise<void> {
    // Now somebody waits for its end.
    this.#worker.ref();
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#onFailure?.(this.#failure);
  }
}
