import { statSync } from 'node:fs';
import type { WriteQueue } from './write-queue.js';

// On globalThis, because the ESM and the CJS copy of this package share the thread, and that is what counts.
const registryKey = Symbol.for('norikv.embedded.queues');

type Registry = Map<string, Set<WriteQueue>>;

/**
 * Opens a file while no other store of this thread is inside a transaction on it, and without a break
 * between the last look and `open`, which must {@link enlist} what it opened.
 *
 * LMDB opens by waiting for the write lock, and a neighbour that holds the lock waits for this thread.
 */
export async function openBesideNeighbours<T>(dataFile: string, open: () => T): Promise<T> {
  const resumes = new Map<WriteQueue, () => void>();
  try {
    for (;;) {
      const busy = [...neighboursOf(dataFile)].find((queue) => !resumes.has(queue));
      if (busy === undefined) return open();
      resumes.set(busy, await busy.pause());
    }
  } finally {
    for (const resume of resumes.values()) resume();
  }
}

/** Makes a store known to those of this thread that open the same file later; returns how to undo that. */
export function enlist(dataFile: string, queue: WriteQueue): () => void {
  const name = nameOf(dataFile);
  const queues = registry().get(name) ?? new Set();
  registry().set(name, queues.add(queue));
  return () => {
    queues.delete(queue);
    if (queues.size === 0) registry().delete(name);
  };
}

function neighboursOf(dataFile: string): ReadonlySet<WriteQueue> {
  return registry().get(nameOf(dataFile)) ?? new Set();
}

function nameOf(dataFile: string): string {
  const stats = statSync(dataFile, { bigint: true, throwIfNoEntry: false });
  return `${stats?.dev} ${stats?.ino}`;
}

function registry(): Registry {
  const holder = globalThis as { [registryKey]?: Registry };
  holder[registryKey] ??= new Map();
  return holder[registryKey];
}
