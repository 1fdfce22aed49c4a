import { type Codec, jsonCodec, keep, type Transition, write } from '@norikv/cas-retry';

/** A chunk that nobody works on, that is counted, or that the worker of this incarnation holds. */
type ChunkState = 'free' | 'done' | number;

/** The record of a job: who counts what. */
export interface Job {
  /** The plan this job follows. */
  readonly plan: string;
  /** How many workers there ever were. Each gets the next number: its incarnation. */
  readonly hired: number;
  readonly chunks: readonly ChunkState[];
}

/** The store holds the job of another plan. */
export class OtherJobError extends Error {
  override readonly name: string = 'OtherJobError';
}

/** Begins a job, or goes on with it. Its workers are gone when this is called, so their claims are dropped. */
export function begin(plan: string, chunks: number): Transition<Job, Job> {
  return (job) => {
    if (!job) {
      const fresh: Job = { plan, hired: 0, chunks: Array<ChunkState>(chunks).fill('free') };
      return write(fresh, fresh);
    }
    if (job.plan !== plan) throw new OtherJobError('It holds a job over other text');
    if (!job.chunks.some(isClaimed)) return keep(job);
    const next = withChunks(job, (chunk) => (isClaimed(chunk) ? 'free' : chunk));
    return write(next, next);
  };
}

/** Takes a new worker in. The result is its incarnation. */
export const hire: Transition<Job, number> = (job) => {
  const { hired, ...rest } = existing(job);
  return write({ ...rest, hired: hired + 1 }, hired + 1);
};

/** Claims a chunk for a worker. The result is its number, or undefined if none is free. */
export function claim(incarnation: number): Transition<Job, number | undefined> {
  return (job) => {
    const current = existing(job);
    const free = current.chunks.indexOf('free');
    if (free < 0) return keep(undefined);
    return write(
      withChunks(current, (chunk, position) => (position === free ? incarnation : chunk)),
      free,
    );
  };
}

/**
 * Marks a chunk as counted. It need not be this worker's any more: whoever has counted it to the end, it is
 * counted.
 */
export function finish(counted: number): Transition<Job, void> {
  return (job) =>
    write(
      withChunks(existing(job), (chunk, position) => (position === counted ? 'done' : chunk)),
      undefined,
    );
}

/** Frees what a dead worker held. */
export function release(incarnation: number): Transition<Job, void> {
  return (job) => {
    const current = existing(job);
    if (!current.chunks.includes(incarnation)) return keep(undefined);
    return write(
      withChunks(current, (chunk) => (chunk === incarnation ? 'free' : chunk)),
      undefined,
    );
  };
}

export const jobCodec: Codec<Job> = jsonCodec((data) => {
  const { plan, hired, chunks } = data as Partial<Job>;
  if (typeof plan === 'string' && typeof hired === 'number' && Array.isArray(chunks)) {
    return { plan, hired, chunks };
  }
  throw new TypeError('not the record of a job');
});

function isClaimed(chunk: ChunkState): boolean {
  return typeof chunk === 'number';
}

function withChunks(job: Job, change: (chunk: ChunkState, position: number) => ChunkState): Job {
  return { ...job, chunks: job.chunks.map(change) };
}

function existing(job: Job | undefined): Job {
  if (job) return job;
  throw new Error('The record of the job is gone');
}
