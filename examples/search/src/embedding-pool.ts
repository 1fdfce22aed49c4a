import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { EmbeddingModel } from '@norikv/vector-apps';
import type { EmbeddingReply, EmbeddingRequest } from './embedding-worker.js';

/** A model that runs beside the event loop. */
export interface EmbeddingPool extends EmbeddingModel, AsyncDisposable {
  embed(text: string): Promise<Float32Array>;
  embedBatch(texts: readonly string[]): Promise<Float32Array[]>;
}

interface Waiting {
  resolve(vectors: Float32Array[]): void;
  reject(error: Error): void;
}

const mostWorkers = 2;

const workerFile = fileURLToPath(new URL('./embedding-worker.ts', import.meta.url));

/** Starts processes with the model in each: computing takes milliseconds for a sentence, all of them blocking. */
export function openEmbeddingPool(): EmbeddingPool {
  const waiting = new Map<number, Waiting>();
  let isClosing = false;
  const fail = (error: Error): void => {
    for (const caller of waiting.values()) caller.reject(error);
    waiting.clear();
  };
  const start = (): ChildProcess => {
    const worker = fork(workerFile, { serialization: 'advanced' });
    worker.on('message', ({ number, vectors, failure }: EmbeddingReply) => {
      const caller = waiting.get(number);
      waiting.delete(number);
      if (vectors) caller?.resolve([...vectors]);
      else caller?.reject(new Error(failure));
    });
    worker.on('error', fail);
    worker.on('exit', (code, signal) => {
      if (!isClosing) fail(new Error(`A process that embeds has ended: ${code ?? signal}`));
    });
    return worker;
  };
  const workers = Array.from({ length: Math.min(mostWorkers, availableParallelism()) }, start);
  let asked = 0;

  const embedBatch = (texts: readonly string[]): Promise<Float32Array[]> =>
    new Promise((resolve, reject) => {
      const request: EmbeddingRequest = { number: asked, texts };
      waiting.set(asked, { resolve, reject });
      workers[asked % workers.length]?.send(request);
      asked += 1;
    });

  return {
    dimensions: 512,
    fingerprint: 'use-lite-en-0.2.0-lower',
    embedBatch,
    async embed(text) {
      const [vector = new Float32Array(0)] = await embedBatch([text]);
      return vector;
    },
    async [Symbol.asyncDispose]() {
      isClosing = true;
      const running = workers.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
      await Promise.all(
        running.map((worker) => {
          const ended = once(worker, 'exit');
          worker.kill('SIGKILL');
          return ended;
        }),
      );
    },
  };
}
