import { createUpdater } from '@norikv/cas-retry';
import type { KvStore } from '@norikv/store';
import { begin, claim, finish, hire, type Job, jobCodec, release } from './job.js';
import type { Plan } from './plan.js';

/** The record of the job in the store, as coordinator and workers use it. */
export interface Board {
  begin(plan: Plan): Promise<Job>;
  hire(): Promise<number>;
  claim(incarnation: number): Promise<number | undefined>;
  finish(chunk: number): Promise<void>;
  release(incarnation: number): Promise<void>;
}

const key = 'word-count:job';

/** Claims save work, no more: a chunk that two workers count is counted once all the same. */
export function openBoard(store: KvStore): Board {
  const updater = createUpdater(store);
  return {
    begin: ({ id, chunks }) => updater.update(key, jobCodec, begin(id, chunks.length)),
    hire: () => updater.update(key, jobCodec, hire),
    claim: (incarnation) => updater.update(key, jobCodec, claim(incarnation)),
    finish: (chunk) => updater.update(key, jobCodec, finish(chunk)),
    release: (incarnation) => updater.update(key, jobCodec, release(incarnation)),
  };
}
